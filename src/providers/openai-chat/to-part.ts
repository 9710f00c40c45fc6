import { HeadgateError } from "../../errors.ts";
import type { CacheTtl, ContentPart } from "../../message.ts";
import { parseDataUrl } from "../wire/data-url.ts";
import type { Quirks } from "./quirks.ts";

type ForeignPart = Record<string, unknown>;

/** A piece of a message in the dialect's words. @throws HeadgateError `not_translatable` if the vendor does not take it */
export function toForeignPart(part: ContentPart, quirks: Quirks): ForeignPart {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text, ...toCacheControl(part.cacheTtl, quirks) };
    case "image":
      return { ...toImage(part, quirks), ...toCacheControl(part.cacheTtl, quirks) };
    case "file":
      return { ...toFile(part, quirks), ...toCacheControl(part.cacheTtl, quirks) };
    default:
      return toAudio(part, quirks);
  }
}

export function toCacheControl(ttl: CacheTtl | undefined, { hasCacheControl }: Quirks): ForeignPart {
  if (ttl === undefined || !hasCacheControl) return {};
  return { cache_control: { type: "ephemeral", ...(ttl === "5m" ? {} : { ttl }) } };
}

function refuse(what: string, { label }: Quirks): never {
  throw new HeadgateError("not_translatable", { detail: `${what} cannot be sent to ${label}.` });
}

function toImage({ url, detail }: Extract<ContentPart, { type: "image" }>, quirks: Quirks): ForeignPart {
  if (quirks.images === "none") refuse("An image", quirks);
  if (quirks.images === "inline" && !parseDataUrl(url)) refuse("An image by its address", quirks);
  return { type: "image_url", image_url: { url, ...(detail === undefined ? {} : { detail }) } };
}

function toFile(part: Extract<ContentPart, { type: "file" }>, quirks: Quirks): ForeignPart {
  const { url, name } = part;
  const inline = parseDataUrl(url);
  const mimeType = part.mimeType ?? inline?.mimeType ?? "application/pdf";
  // Text needs no vendor that reads files.
  if (inline && mimeType.startsWith("text/")) {
    const text = Buffer.from(inline.base64, "base64").toString();
    return { type: "text", text: name === undefined ? text : `${name}\n\n${text}` };
  }
  const what = inline ? "A file" : "A file by its address";
  switch (quirks.files) {
    case "file":
    case "file-or-url":
      if (!inline && quirks.files === "file") refuse(what, quirks);
      return { type: "file", file: { filename: name ?? toFileName(mimeType), file_data: url } };
    case "document_url":
      return { type: "document_url", document_url: url, ...(name === undefined ? {} : { document_name: name }) };
    case "file_url":
      return {
        type: "file_url",
        file_url: { url: inline?.base64 ?? url },
        ...(name === undefined ? {} : { file_name: name }),
      };
    default:
      return refuse(what, quirks);
  }
}

function toFileName(mimeType: string): string {
  return mimeType === "application/pdf" ? "document.pdf" : "document";
}

/** The dialect's names of audio formats. */
const audioFormats: ReadonlyMap<string, string> = new Map([
  ["audio/wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
  ["audio/flac", "flac"],
  ["audio/ogg", "ogg"],
  ["audio/aac", "aac"],
  ["audio/mp4", "m4a"],
  ["audio/aiff", "aiff"],
  ["audio/webm", "webm"],
]);

function toAudio({ url, mimeType }: Extract<ContentPart, { type: "audio" }>, quirks: Quirks): ForeignPart {
  const inline = parseDataUrl(url);
  if (quirks.audio === "none") refuse("Audio", quirks);
  // Mistral finds out the format by itself.
  if (quirks.audio === "any") return { type: "input_audio", input_audio: inline?.base64 ?? url };
  if (!inline) refuse("Audio by its address", quirks);
  const format = audioFormats.get(mimeType.split(";")[0]!.toLowerCase());
  if (format === undefined) refuse("Audio of this format", quirks);
  return { type: "input_audio", input_audio: { data: inline.base64, format } };
}
