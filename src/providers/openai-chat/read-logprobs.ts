import { isRecord } from "../../json.ts";
import type { TokenLogprob } from "../../reply.ts";

/** Reads a choice's `logprobs`, in OpenAI's shape or in the older one that Together keeps. Undefined if there are none. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] | undefined {
  if (!isRecord(value)) return undefined;
  const { content } = value;
  const tokens = Array.isArray(content) ? content.flatMap(readToken) : readColumns(value);
  return tokens.length === 0 ? undefined : tokens;
}

function readToken(entry: unknown): TokenLogprob[] {
  if (!isRecord(entry)) return [];
  const { token, logprob, top_logprobs: top } = entry;
  if (typeof token !== "string" || typeof logprob !== "number") return [];
  const runnersUp = Array.isArray(top) ? top.flatMap(readToken) : [];
  return [{ token, logprob, ...(runnersUp.length === 0 ? {} : { top: runnersUp }) }];
}

function readColumns({ tokens, token_logprobs: logprobs }: Record<string, unknown>): TokenLogprob[] {
  if (!Array.isArray(tokens) || !Array.isArray(logprobs)) return [];
  return tokens.flatMap((token: unknown, at): TokenLogprob[] => {
    const logprob: unknown = logprobs[at];
    return typeof token === "string" && typeof logprob === "number" ? [{ token, logprob }] : [];
  });
}
