import type { ContentPart, Message } from "../../message.ts";
import type { LossList, LossPath } from "../loss-list.ts";
import type { InputPart } from "./responses-request-schema.ts";

/** The content of a message or of a tool's result: text alone stays text. */
export function readContent(
  content: string | readonly InputPart[],
  path: LossPath,
  losses: LossList,
): Message["content"] {
  if (typeof content === "string") return content;
  const parts = content.flatMap((part, index) => readPart(part, [...path, index], losses));
  const [only] = parts;
  if (!only) return "";
  return parts.length === 1 && only.type === "text" ? only.text : parts;
}

const textFields = new Set(["type", "text", "refusal", "annotations", "logprobs", "parsed"]);
const mediaFields = new Set([
  "type",
  "image_url",
  "file_id",
  "file_url",
  "file_data",
  "filename",
  "detail",
  "input_audio",
]);
const details = ["auto", "low", "high"] as const;

function readPart(part: InputPart, path: LossPath, losses: LossList): ContentPart[] {
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
      losses.dropOthers(path, part, textFields);
      return [{ type: "text", text: part.text ?? "" }];
    case "refusal":
      return [{ type: "text", text: part.refusal ?? "" }];
    case "input_image":
    case "input_file":
    case "input_audio":
      losses.dropOthers(path, part, mediaFields);
      return readMedia(part, path, losses);
    default:
      losses.refuse(path, "is content of a type that only OpenAI's own API knows");
      return [];
  }
}

function readMedia(part: InputPart, path: LossPath, losses: LossList): ContentPart[] {
  if (typeof part.file_id === "string") {
    losses.refuse([...path, "file_id"], "the file lies in an account at OpenAI");
    return [];
  }
  const media = part.type === "input_image" ? readImage(part, path, losses) : readFile(part);
  if (!media) losses.refuse(path, "holds nothing to read");
  return media ? [media] : [];
}

function readImage({ image_url: url, detail }: InputPart, path: LossPath, losses: LossList): ContentPart | undefined {
  if (typeof url !== "string" || url === "") return undefined;
  const known = details.find((name) => name === detail);
  if (typeof detail === "string" && !known)
    losses.drop([...path, "detail"], "only OpenAI's own models know this value");
  return { type: "image", url, ...(known ? { detail: known } : {}) };
}

function readFile(part: InputPart): ContentPart | undefined {
  const { input_audio: audio, file_data: data, file_url: url, filename } = part;
  if (part.type === "input_audio") {
    if (!audio) return undefined;
    const mimeType = `audio/${audio.format === "mp3" ? "mpeg" : audio.format}`;
    return { type: "audio", url: `data:${mimeType};base64,${audio.data}`, mimeType };
  }
  const source = typeof data === "string" && data !== "" ? toDataUrl(data, filename) : url;
  if (typeof source !== "string" || source === "") return undefined;
  return { type: "file", url: source, ...(typeof filename === "string" ? { name: filename } : {}) };
}

const mimeTypes: Readonly<Record<string, string>> = {
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  xml: "application/xml",
};

// Clients send a data URL, as the vendor documents it, or the base64 alone.
function toDataUrl(data: string, filename: string | null | undefined): string {
  if (/^data:/i.test(data)) return data;
  const extension = /\.([a-z]+)$/i.exec(filename ?? "")?.[1]?.toLowerCase() ?? "";
  return `data:${mimeTypes[extension] ?? "application/pdf"};base64,${data}`;
}
