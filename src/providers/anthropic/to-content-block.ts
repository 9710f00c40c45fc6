import type { CacheTtl, ContentPart } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import { parseDataUrl } from "../wire/data-url.ts";

export type Block = Readonly<Record<string, unknown>>;

/** Undefined for blank text, which Anthropic refuses. @throws HeadgateError `not_translatable` */
export function toContentBlock(part: ContentPart, warn: (warning: string) => void): Block | undefined {
  switch (part.type) {
    case "text":
      return part.text.trim() === "" ? undefined : { type: "text", text: part.text, ...toCacheControl(part.cacheTtl) };
    case "image":
      if (part.detail === "low" || part.detail === "high") {
        warn("The detail of images is not offered by Anthropic and was dropped.");
      }
      return toImage(part.url, part);
    case "file":
      return toFile(part);
    default:
      throw new HeadgateError("not_translatable", { detail: "Audio is not offered by Anthropic." });
  }
}

/** The field `cache_control`, or nothing. */
export function toCacheControl(ttl: CacheTtl | undefined): { readonly cache_control?: Block } {
  if (ttl === undefined) return {};
  return { cache_control: ttl === "1h" ? { type: "ephemeral", ttl } : { type: "ephemeral" } };
}

interface Given {
  readonly mimeType?: string;
  readonly cacheTtl?: CacheTtl;
}

function toImage(url: string, { mimeType, cacheTtl }: Given): Block {
  const data = parseDataUrl(url);
  const source = data
    ? { type: "base64", media_type: mimeType ?? data.mimeType, data: data.base64 }
    : { type: "url", url: checkAddress(url, "an image") };
  return { type: "image", source, ...toCacheControl(cacheTtl) };
}

function toFile(part: Extract<ContentPart, { type: "file" }>): Block {
  const data = parseDataUrl(part.url);
  const mimeType = (part.mimeType ?? data?.mimeType ?? "application/pdf").toLowerCase();
  if (mimeType.startsWith("image/")) return toImage(part.url, part);
  const title = part.name === undefined ? {} : { title: part.name };
  const document = { ...title, ...toCacheControl(part.cacheTtl) };
  if (mimeType === "application/pdf") {
    const source = data
      ? { type: "base64", media_type: mimeType, data: data.base64 }
      : { type: "url", url: checkAddress(part.url, "a file") };
    return { type: "document", source, ...document };
  }
  if (!data || !isText(mimeType)) {
    const detail = data ? "Anthropic takes PDF and text files only." : "Anthropic fetches PDF files only.";
    throw new HeadgateError("not_translatable", { detail });
  }
  const text = Buffer.from(data.base64, "base64").toString();
  return { type: "document", source: { type: "text", media_type: "text/plain", data: text }, ...document };
}

function isText(mimeType: string): boolean {
  return (
    mimeType.startsWith("text/") ||
    /^application\/(?:json|xml|yaml|x-yaml|javascript|[\w.-]+\+(?:json|xml))$/.test(mimeType)
  );
}

function checkAddress(url: string, what: string): string {
  if (/^https?:\/\//i.test(url)) return url;
  throw new HeadgateError("not_translatable", { detail: `The address of ${what} is neither data: nor http(s).` });
}
