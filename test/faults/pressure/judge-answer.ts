import type { Answer } from "./pressure-client.ts";

/** Whole, and no error: a stream is whole with its own last event. */
export function isWhole({ status, head, body, error }: Answer): boolean {
  if (status !== 200 || error !== undefined) return false;
  if (!head.includes("text/event-stream")) return !body.includes('"error":');
  return /data: \[DONE\]|event: done|event: message_stop/.test(body) && !/event: error|data: \{"error"/.test(body);
}

/** A failure that tells its client what to do: a status from 429 on with a code, and Retry-After. */
export function isClearFailure({ status, head, body, error }: Answer): boolean {
  return error === undefined && status >= 429 && /\r\nretry-after: \d/.test(head) && /"code":"?\w/.test(body);
}

/** For people: its status, code, or what broke it. */
export function describeAnswer({ status, body, error }: Answer): string {
  if (error !== undefined) return `${status || "no answer"} ${error}`;
  return `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ""}`.trim();
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** How often each was seen, the most frequent first. */
export function tally(names: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} x${count}`)
    .join(", ");
}
