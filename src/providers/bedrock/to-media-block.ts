import type { ContentPart } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import { parseDataUrl } from "../wire/data-url.ts";

type MediaPart = Exclude<ContentPart, { readonly type: "text" }>;
type Block = Record<string, unknown>;

/** Converse's word for a format, by the MIME type's second half; a format is its own name too. */
const images: Readonly<Record<string, string>> = { png: "png", jpeg: "jpeg", jpg: "jpeg", gif: "gif", webp: "webp" };

const documents: Readonly<Record<string, string>> = {
  pdf: "pdf",
  csv: "csv",
  msword: "doc",
  doc: "doc",
  "vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  docx: "docx",
  "vnd.ms-excel": "xls",
  xls: "xls",
  "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  xlsx: "xlsx",
  html: "html",
  markdown: "md",
  "x-markdown": "md",
  md: "md",
  plain: "txt",
  txt: "txt",
  json: "txt",
  xml: "txt",
};

const videos: Readonly<Record<string, string>> = {
  "x-matroska": "mkv",
  mkv: "mkv",
  quicktime: "mov",
  mov: "mov",
  mp4: "mp4",
  webm: "webm",
  "x-flv": "flv",
  flv: "flv",
  mpeg: "mpeg",
  mpg: "mpg",
  wmv: "wmv",
  "x-ms-wmv": "wmv",
  "3gpp": "three_gp",
};

const audios: Readonly<Record<string, string>> = {
  mpeg: "mp3",
  mp3: "mp3",
  wav: "wav",
  "x-wav": "wav",
  wave: "wav",
  aac: "aac",
  "x-aac": "x-aac",
  flac: "flac",
  "x-flac": "flac",
  ogg: "ogg",
  opus: "opus",
  mp4: "mp4",
  "x-m4a": "m4a",
  m4a: "m4a",
  webm: "webm",
};

/** Names the documents of one request: what Bedrock allows in a name, and no name twice. */
export type NameDocument = (name: string | undefined) => string;

export function createDocumentNames(): NameDocument {
  const taken = new Set<string>();
  return (name = "") => {
    const clean = name
      .replace(/\.[A-Za-z0-9]{1,8}$/, "")
      .replace(/[^A-Za-z0-9\s()[\]-]/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 190)
      .trim();
    let unique = clean === "" ? `Document ${taken.size + 1}` : clean;
    for (let count = 2; taken.has(unique); count++) unique = `${clean || "Document"} (${count})`;
    taken.add(unique);
    return unique;
  };
}

/** @throws HeadgateError `not_translatable` for what Converse cannot be shown */
export function toMediaBlock(part: MediaPart, nameDocument: NameDocument): Block {
  const source = toSource(part.url);
  const mimeType = (part.mimeType ?? source.mimeType ?? (part.type === "file" ? "application/pdf" : "")).toLowerCase();
  const [kind = "", subtype = ""] = (mimeType.split(";")[0] ?? "").trim().split("/");
  if (part.type === "image" || kind === "image") return { image: toBody(images[subtype], source, mimeType) };
  if (part.type === "audio" || kind === "audio") return { audio: toBody(audios[subtype], source, mimeType) };
  if (kind === "video") return { video: toBody(videos[subtype], source, mimeType) };
  const format = documents[subtype] ?? (kind === "text" ? "txt" : undefined);
  return { document: { name: nameDocument(part.name), ...toBody(format, source, mimeType) } };
}

interface Source {
  readonly mimeType: string | undefined;
  readonly source: Block;
}

function toSource(url: string): Source {
  const inline = parseDataUrl(url);
  if (inline) return { mimeType: inline.mimeType, source: { bytes: inline.base64 } };
  if (/^s3:\/\//i.test(url)) return { mimeType: guessType(url), source: { s3Location: { uri: url } } };
  throw refused("images and files inline or from s3://, and fetches none from other addresses");
}

/** Only the name tells of an object's type. */
function guessType(uri: string): string | undefined {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(uri)?.[1]?.toLowerCase() ?? "";
  if (extension in images) return `image/${extension}`;
  if (extension in documents) return `application/${extension}`;
  return extension in videos ? `video/${extension}` : undefined;
}

function toBody(format: string | undefined, { source }: Source, mimeType: string): Block {
  if (format !== undefined) return { format, source };
  // A type comes from the client, and is shown only if it is one.
  const shown = /^[a-z]{1,20}\/[a-z0-9.+-]{1,80}$/.test(mimeType) ? mimeType : "this type";
  throw refused(`no files of ${shown}`);
}

function refused(takes: string): HeadgateError {
  return new HeadgateError("not_translatable", { detail: `Bedrock takes ${takes}.` });
}
