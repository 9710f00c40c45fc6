import type { CallRecord } from "./store.ts";

/**
 * A record as the JSON that travels to the log, the journal and Postgres: one line, written once. Its text holds neither
 * NUL nor half a surrogate pair, which JSON has, escaped, and Postgres refuses.
 */
export function toRecordJson(record: CallRecord): string {
  const json = JSON.stringify(record);
  return json.includes("\\u") ? JSON.stringify(record, dropUnstorable) : json;
}

function dropUnstorable(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value;
}
