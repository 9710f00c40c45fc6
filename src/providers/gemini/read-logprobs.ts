import { isRecord } from "../../json.ts";
import type { TokenLogprob } from "../../reply.ts";

/** Reads a candidate's `logprobsResult`; undefined if it has none. */
export function readLogprobs(value: unknown): TokenLogprob[] | undefined {
  if (!isRecord(value) || !Array.isArray(value["chosenCandidates"])) return undefined;
  const tops = Array.isArray(value["topCandidates"]) ? (value["topCandidates"] as unknown[]) : [];
  const found: TokenLogprob[] = [];
  for (const [index, chosen] of (value["chosenCandidates"] as unknown[]).entries()) {
    const [token] = readToken(chosen);
    const around = tops[index];
    const top = isRecord(around) && Array.isArray(around["candidates"]) ? around["candidates"].flatMap(readToken) : [];
    if (token) found.push(top.length === 0 ? token : { ...token, top });
  }
  return found.length === 0 ? undefined : found;
}

function readToken(value: unknown): { readonly token: string; readonly logprob: number }[] {
  if (!isRecord(value) || typeof value["token"] !== "string") return [];
  // Google leaves out what is zero.
  const logprob = value["logProbability"] ?? 0;
  return typeof logprob === "number" ? [{ token: value["token"], logprob }] : [];
}
