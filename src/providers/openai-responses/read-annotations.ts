import { isRecord } from "../../json.ts";
import type { Source, TokenLogprob } from "../../reply.ts";

/**
 * Reads a `url_citation`; files that are cited have no address, and are left out.
 * @param offset where in the answer's text the annotated piece begins
 */
export function readSource(annotation: unknown, offset: number): Source | undefined {
  if (!isRecord(annotation) || annotation["type"] !== "url_citation") return undefined;
  const { url, title, start_index: start, end_index: end } = annotation;
  if (typeof url !== "string") return undefined;
  return {
    url,
    ...(typeof title === "string" && title !== "" ? { title } : {}),
    ...(typeof start === "number" ? { startIndex: start + offset } : {}),
    ...(typeof end === "number" ? { endIndex: end + offset } : {}),
  };
}

/** Undefined where none were sent. */
export function readLogprobs(value: unknown): TokenLogprob[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.flatMap((entry) => {
    const known = readLogprob(entry);
    if (!known) return [];
    const top: unknown = (entry as Record<string, unknown>)["top_logprobs"];
    const others = Array.isArray(top) ? top.flatMap((other) => readLogprob(other) ?? []) : [];
    return [others.length === 0 ? known : { ...known, top: others }];
  });
}

function readLogprob(value: unknown): { readonly token: string; readonly logprob: number } | undefined {
  if (!isRecord(value)) return undefined;
  const { token, logprob } = value;
  return typeof token === "string" && typeof logprob === "number" ? { token, logprob } : undefined;
}
