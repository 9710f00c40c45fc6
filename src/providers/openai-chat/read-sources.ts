import { isRecord } from "../../json.ts";
import type { Source } from "../../reply.ts";
import { asText } from "./read-message.ts";

/** Finds sources, each once, in whichever places vendors name them. */
export interface SourceReader {
  /** Reads Perplexity's `search_results`, or `citations` where there are no results, beside the choices. */
  readBody(body: Readonly<Record<string, unknown>>): readonly Source[];
  /** Reads the `annotations` of a message or a delta. */
  readMessage(message: Readonly<Record<string, unknown>>): readonly Source[];
}

const none: readonly Source[] = [];
/** Vendors repeat their lists in each chunk; more sources than these are not told. */
const maxSources = 1000;

export function createSourceReader(): SourceReader {
  const seen = new Set<string>();

  function keepNew(sources: readonly Source[]): readonly Source[] {
    return sources.filter(({ url, startIndex, endIndex }) => {
      const key = `${startIndex} ${endIndex} ${url}`;
      if (url === "" || seen.has(key) || seen.size >= maxSources) return false;
      seen.add(key);
      return true;
    });
  }

  return {
    readBody: ({ search_results: results, citations }) => {
      if (Array.isArray(results) && results.length > 0) {
        return keepNew(results.filter(isRecord).map((result) => toSource(result)));
      }
      if (!Array.isArray(citations) || citations.length === 0) return none;
      return keepNew(citations.map((url) => ({ url: asText(url) })));
    },
    readMessage: ({ annotations }) => {
      if (!Array.isArray(annotations) || annotations.length === 0) return none;
      return keepNew(
        annotations.flatMap((annotation: unknown) => {
          const citation = isRecord(annotation) ? annotation["url_citation"] : undefined;
          return isRecord(citation) ? [toSource(citation)] : [];
        }),
      );
    },
  };
}

function toSource({ url, title, start_index: start, end_index: end }: Record<string, unknown>): Source {
  return {
    url: asText(url),
    ...(typeof title === "string" && title !== "" ? { title } : {}),
    ...(isPosition(start) && isPosition(end) ? { startIndex: start, endIndex: end } : {}),
  };
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
