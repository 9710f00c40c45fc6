import type { ContentPart } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { parseDataUrl } from "../wire/data-url.ts";
import type { SpecificationVersion } from "./foreign-model.ts";

type MediaPart = Exclude<ContentPart, { readonly type: "text" }>;
type Fields = Record<string, unknown>;

export interface FileTarget {
  readonly version: SpecificationVersion;
  /** `supportedUrls` of the model, awaited; undefined takes every address. */
  readonly supportedUrls: unknown;
}

/** A file part of a prompt. @throws HeadgateError `not_translatable` for an address that the model does not fetch itself */
export function toFilePart(part: MediaPart, target: FileTarget): Fields {
  const { data, url, mediaType } = readMedia(part, target);
  const filename = part.type === "file" && part.name !== undefined ? { filename: part.name } : {};
  if (target.version !== "v4") return { type: "file", mediaType, data: data ?? url, ...filename };
  return {
    type: "file",
    mediaType,
    data: data === undefined ? { type: "url", url } : { type: "data", data },
    ...filename,
  };
}

/** The same inside of a tool's result, which each version says differently. @throws HeadgateError `not_translatable` */
export function toResultFile(part: MediaPart, target: FileTarget): Fields {
  const { data, url, mediaType } = readMedia(part, target);
  if (target.version === "v4") return toFilePart(part, target);
  const kind = mediaType.startsWith("image/") ? "image" : "file";
  if (target.version === "v3") {
    return data === undefined ? { type: `${kind}-url`, url: String(url) } : { type: `${kind}-data`, data, mediaType };
  }
  if (data !== undefined) return { type: "media", data, mediaType };
  throw refused("files in a tool's result only inline");
}

interface Media {
  /** Base64. */
  readonly data?: string;
  readonly url?: URL;
  readonly mediaType: string;
}

const defaultTypes = { image: "image/*", file: "application/pdf", audio: "audio/*" } as const;

function readMedia(part: MediaPart, { supportedUrls }: FileTarget): Media {
  const inline = parseDataUrl(part.url);
  const mediaType = part.mimeType ?? inline?.mimeType ?? defaultTypes[part.type];
  if (inline) return { data: inline.base64, mediaType };
  if (!URL.canParse(part.url) || !takesUrl(supportedUrls, part.url, mediaType)) throw refused("this file only inline");
  return { url: new URL(part.url), mediaType };
}

/** Others are downloaded by the AI SDK; Headgate fetches nothing that a client names. */
function takesUrl(supported: unknown, url: string, mediaType: string): boolean {
  if (!isRecord(supported)) return true;
  const patterns = Object.entries(supported).filter(([key]) => matchesType(key.toLowerCase(), mediaType.toLowerCase()));
  const address = url.toLowerCase();
  return patterns
    .flatMap(([, list]) => (Array.isArray(list) ? (list as unknown[]) : []))
    .some((pattern) => pattern instanceof RegExp && new RegExp(pattern.source, pattern.flags).test(address));
}

function matchesType(key: string, mediaType: string): boolean {
  if (key === "*" || key === "*/*") return true;
  return key.endsWith("/*") ? mediaType.startsWith(key.slice(0, -1)) : mediaType === key;
}

function refused(takes: string): HeadgateError {
  return new HeadgateError("not_translatable", { detail: `The model behind the AI SDK takes ${takes}.` });
}
