import { HeadgateError } from "../../errors.ts";
import type { ContentPart } from "../../message.ts";
import { parseDataUrl } from "../wire/data-url.ts";

type MediaPart = Exclude<ContentPart, { type: "text" }>;

/**
 * An image, a file or audio, as bytes or as an address that Google fetches: at AI Studio `https:` (public, signed, of
 * its Files API, or YouTube), at Vertex `gs:` as well.
 * @throws HeadgateError `not_translatable` for other addresses
 */
export function toMediaPart(part: MediaPart, isVertex: boolean): Record<string, unknown> {
  const inline = parseDataUrl(part.url);
  const named = toDisplayName(part, isVertex);
  if (inline) return { inlineData: { mimeType: part.mimeType ?? inline.mimeType, data: inline.base64, ...named } };
  const isFetched = part.url.startsWith("https://") || (isVertex && part.url.startsWith("gs://"));
  if (!isFetched) {
    const allowed = isVertex ? "data:, https: and gs: URLs" : "data: and https: URLs";
    throw new HeadgateError("not_translatable", { detail: `Gemini takes ${part.type} parts from ${allowed} only.` });
  }
  return { fileData: { mimeType: part.mimeType ?? guessMimeType(part), fileUri: part.url, ...named } };
}

// AI Studio refuses the field, and what the model reads is the same without it.
function toDisplayName(part: MediaPart, isVertex: boolean): Record<string, unknown> {
  return isVertex && part.type === "file" && part.name !== undefined ? { displayName: part.name } : {};
}

// Google wants a type with every address.
function guessMimeType({ type, url }: MediaPart): string {
  if (youtube.test(url)) return "video/mp4";
  const extension = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? "";
  return mimeTypes[extension] ?? (type === "image" ? "image/jpeg" : "application/pdf");
}

const youtube = /^https:\/\/(?:www\.)?(?:youtube\.com\/watch|youtu\.be\/)/;

const mimeTypes: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  bmp: "image/bmp",
  heic: "image/heic",
  heif: "image/heif",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/plain",
  csv: "text/csv",
  html: "text/html",
  css: "text/css",
  xml: "text/xml",
  rtf: "text/rtf",
  js: "text/javascript",
  json: "application/json",
  mp3: "audio/mp3",
  wav: "audio/wav",
  aac: "audio/aac",
  aiff: "audio/aiff",
  ogg: "audio/ogg",
  flac: "audio/flac",
  m4a: "audio/m4a",
  mp4: "video/mp4",
  mpeg: "video/mpeg",
  mpg: "video/mpg",
  mov: "video/quicktime",
  avi: "video/avi",
  flv: "video/x-flv",
  webm: "video/webm",
  wmv: "video/wmv",
  "3gp": "video/3gpp",
};
