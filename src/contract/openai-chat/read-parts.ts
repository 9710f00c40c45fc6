import type { CacheTtl, ContentPart } from "../../message.ts";
import type { ChatPartBody } from "./chat-request-schema.ts";
import type { LossList, LossPath } from "../loss-list.ts";

const known: ReadonlySet<string> = new Set([
  "type",
  "text",
  "refusal",
  "image_url",
  "input_audio",
  "file",
  "document_url",
  "cache_control",
]);

/** A piece of a message; none for what only providers of this dialect take. */
export function readPart(part: ChatPartBody, path: LossPath, losses: LossList): ContentPart[] {
  losses.dropOthers(path, part, known);
  const cacheTtl = readCacheTtl(part.cache_control);
  const cached = cacheTtl === undefined ? {} : { cacheTtl };
  switch (part.type) {
    case "text":
      return part.text === undefined ? [] : [{ type: "text", text: part.text, ...cached }];
    case "refusal":
      return part.refusal === undefined ? [] : [{ type: "text", text: part.refusal }];
    case "image_url":
      return readImage(part, cached);
    case "file":
    case "document_url":
      return readFile(part, cached) ?? refuse(path, "names a file that its vendor keeps", losses);
    case "input_audio":
      return readAudio(part) ?? refuse(path, "is audio without data or format", losses);
    default:
      return refuse(path, "is a part that only some providers of this dialect take", losses);
  }
}

export function readCacheTtl(control: ChatPartBody["cache_control"]): CacheTtl | undefined {
  if (control?.type !== "ephemeral") return undefined;
  return control.ttl === "1h" ? "1h" : "5m";
}

function refuse(path: LossPath, why: string, losses: LossList): ContentPart[] {
  losses.refuse(path, why);
  return [];
}

interface Cached {
  readonly cacheTtl?: CacheTtl;
}

function readImage({ image_url: image }: ChatPartBody, cached: Cached): ContentPart[] {
  if (image === undefined) return [];
  if (typeof image === "string") return [{ type: "image", url: image, ...cached }];
  const detail = (["auto", "low", "high"] as const).find((name) => name === image.detail);
  return [{ type: "image", url: image.url, ...(detail === undefined ? {} : { detail }), ...cached }];
}

function readFile({ file, document_url: document }: ChatPartBody, cached: Cached): ContentPart[] | undefined {
  if (document !== undefined) return [{ type: "file", url: document, ...cached }];
  const data = file?.file_data;
  if (typeof data !== "string") return undefined;
  const name = file?.filename;
  // The API takes bare base64 too, of PDF files.
  const url = /^(?:data|https?):/i.test(data) ? data : `data:application/pdf;base64,${data}`;
  return [{ type: "file", url, ...(typeof name === "string" ? { name } : {}), ...cached }];
}

const mimeTypes: Readonly<Record<string, string>> = { mp3: "audio/mpeg", m4a: "audio/mp4" };

function readAudio({ input_audio: audio }: ChatPartBody): ContentPart[] | undefined {
  // Mistral's: base64 or an address, in a format that is not named.
  if (typeof audio === "string") {
    const url = /^(?:data|https?):/i.test(audio) ? audio : `data:audio/mpeg;base64,${audio}`;
    return [{ type: "audio", url, mimeType: "audio/mpeg" }];
  }
  if (audio?.data === undefined || audio.format === undefined) return undefined;
  const { data, format } = audio;
  const mimeType = (Object.hasOwn(mimeTypes, format) ? mimeTypes[format] : undefined) ?? `audio/${format}`;
  return [{ type: "audio", url: `data:${mimeType};base64,${data}`, mimeType }];
}
