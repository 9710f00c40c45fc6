import type { CacheTtl, ContentPart, Message } from "../../message.ts";
import type { LossList, LossPath } from "../loss-list.ts";
import type {
  Block,
  CacheControl,
  Content,
  DocumentBlock,
  ImageBlock,
  Source,
  TextBlock,
} from "./messages-request-schema.ts";

/** Reads content that can be shown to a model: text, images and documents. Other blocks are refused. */
export function readContent(content: Content, path: LossPath, losses: LossList): ContentPart[] {
  if (typeof content === "string") return toParts(content);
  return content.flatMap((block, index) => readPart(block, [...path, index], losses));
}

export function toParts(text: string): ContentPart[] {
  return text === "" ? [] : [{ type: "text", text }];
}

export function readPart(block: Block, path: LossPath, losses: LossList): readonly ContentPart[] {
  switch (block.type) {
    case "text":
      return [readText(block, path, losses)];
    case "image":
      return readImage(block, path, losses);
    case "document":
      return readDocument(block, path, losses);
    case "tool_reference":
      // A tool that a search of the client's has found: every tool is given anyway, so its name says it all.
      return withCacheTtl(toParts(block.tool_name), readCacheTtl(block.cache_control));
    default:
      losses.refuse(path, `a block of type ${block.type === "unknown" ? block.name : block.type} cannot be passed on`);
      return [];
  }
}

/** Text alone is kept as a string, which every vendor takes. */
export function simplify(parts: readonly ContentPart[]): Message["content"] {
  const [first] = parts;
  if (first === undefined) return "";
  return parts.length === 1 && first.type === "text" && first.cacheTtl === undefined ? first.text : parts;
}

export function readCacheTtl(control: CacheControl): CacheTtl | undefined {
  if (!control) return undefined;
  return control.ttl === "1h" ? "1h" : "5m";
}

/** Marks the last part, up to which the prompt is cached. */
export function withCacheTtl(parts: readonly ContentPart[], cacheTtl: CacheTtl | undefined): readonly ContentPart[] {
  const last = parts.at(-1);
  if (cacheTtl === undefined || last === undefined || last.type === "audio") return parts;
  return [...parts.slice(0, -1), { ...last, cacheTtl: last.cacheTtl ?? cacheTtl }];
}

const textFields = new Set(["type", "text", "citations", "cache_control"]);
const imageFields = new Set(["type", "source", "cache_control"]);
const documentFields = new Set(["type", "source", "title", "context", "citations", "cache_control"]);

function readText(block: TextBlock, path: LossPath, losses: LossList): ContentPart {
  losses.dropOthers(path, block, textFields);
  if (block.citations && block.citations.length > 0) {
    losses.drop([...path, "citations"], "what an earlier answer cited is told to Anthropic's models only");
  }
  const cacheTtl = readCacheTtl(block.cache_control);
  return { type: "text", text: block.text, ...(cacheTtl === undefined ? {} : { cacheTtl }) };
}

function readImage(block: ImageBlock, path: LossPath, losses: LossList): readonly ContentPart[] {
  losses.dropOthers(path, block, imageFields);
  const url = toUrl(block.source, path, losses);
  if (url === undefined) return [];
  const mimeType = block.source.media_type ?? undefined;
  const part: ContentPart = { type: "image", url, ...(mimeType === undefined ? {} : { mimeType }) };
  return withCacheTtl([part], readCacheTtl(block.cache_control));
}

function readDocument(block: DocumentBlock, path: LossPath, losses: LossList): readonly ContentPart[] {
  losses.dropOthers(path, block, documentFields);
  if (block.citations?.enabled === true) {
    losses.refuse([...path, "citations"], "only Anthropic's API cites documents");
  }
  const { source, title, context } = block;
  const cacheTtl = readCacheTtl(block.cache_control);
  if (source.type === "text" || source.type === "content") {
    const head = [title, context].filter((text) => typeof text === "string" && text !== "").join("\n\n");
    const said = readContent(toContent(source), [...path, "source", "content"], losses);
    return withCacheTtl([...toParts(head), ...said], cacheTtl);
  }
  const url = toUrl(source, path, losses);
  if (url === undefined) return [];
  const mimeType = source.media_type ?? undefined;
  const name = title ?? undefined;
  const file: ContentPart = {
    type: "file",
    url,
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(name === undefined ? {} : { name }),
  };
  return withCacheTtl([...toParts(context ?? ""), file], cacheTtl);
}

function toContent({ type, data, content }: Source): Content {
  return type === "text" ? (data ?? "") : (content ?? "");
}

function toUrl(
  { type, media_type: mimeType, data, url }: Source,
  path: LossPath,
  losses: LossList,
): string | undefined {
  if (type === "base64" && typeof data === "string") return `data:${mimeType ?? ""};base64,${data}`;
  if (type === "url" && typeof url === "string") return url;
  const why = type === "file" ? "the file is kept by Anthropic" : `a source of type ${type} cannot be passed on`;
  losses.refuse([...path, "source"], why);
  return undefined;
}
