import type { CallRecord } from "./store.ts";

interface Column {
  readonly name: string;
  /** The type in the JSON that a record travels in. */
  readonly type: "uuid" | "text" | "integer" | "bigint" | "double precision" | "boolean" | "json";
  /** SQL for the value of a field that the record leaves out; without it, null. */
  readonly otherwise?: string;
  /** Where table and JSON differ: how a value is written and read. */
  readonly write?: (source: string) => string;
  readonly read?: (column: string) => string;
}

/** The one place that knows which field of a record stands in which column. */
const columns: { readonly [Field in keyof Required<CallRecord>]: Column } = {
  requestId: { name: "request_id", type: "uuid" },
  startedAtMs: {
    name: "started_at",
    type: "double precision",
    write: (source) => `to_timestamp(${source} / 1000)`,
    read: (column) => `(extract(epoch from ${column}) * 1000)::double precision`,
  },
  durationMs: { name: "duration_ms", type: "double precision" },
  firstPartMs: { name: "first_part_ms", type: "double precision" },
  surface: { name: "surface", type: "text" },
  tenant: { name: "tenant", type: "text" },
  keyId: { name: "key_id", type: "text" },
  endpoint: { name: "endpoint", type: "text" },
  contract: { name: "contract", type: "integer" },
  promptVersion: { name: "prompt_version", type: "text" },
  promptSha256: { name: "prompt_sha256", type: "text" },
  snapshotId: { name: "snapshot_id", type: "text" },
  tier: { name: "tier", type: "text" },
  rule: { name: "rule", type: "text" },
  provider: { name: "provider", type: "text" },
  model: { name: "model", type: "text" },
  status: { name: "status", type: "text" },
  errorCode: { name: "error_code", type: "text" },
  finishReason: { name: "finish_reason", type: "text" },
  isStream: { name: "is_stream", type: "boolean" },
  inputTokens: { name: "input_tokens", type: "bigint" },
  outputTokens: { name: "output_tokens", type: "bigint" },
  cachedInputTokens: { name: "cached_input_tokens", type: "bigint", otherwise: "0" },
  reasoningTokens: { name: "reasoning_tokens", type: "bigint", otherwise: "0" },
  isUsageEstimated: { name: "is_usage_estimated", type: "boolean", otherwise: "false" },
  costMicroUsd: { name: "cost_micro_usd", type: "bigint" },
  cache: { name: "cache", type: "text" },
  attempts: { name: "attempts", type: "integer" },
  attemptDetails: { name: "attempt_details", type: "json", otherwise: "'[]'" },
  rungs: { name: "rungs", type: "json", otherwise: "'[]'" },
};

const fields = Object.entries(columns);

/** Writes records, given as one JSON array; fails if one is there already. A fifth cheaper than having to look. */
export const insertNewRecordsSql = `
insert into headgate_requests (${fields.map(([, { name }]) => name).join(", ")})
select ${fields.map(([field, column]) => writeField(`"${field}"`, column)).join(", ")}
from json_to_recordset($1::json) as given (${fields.map(([field, { type }]) => `"${field}" ${type}`).join(", ")})`;

/** The same, leaving those alone that are there already. */
export const insertRecordsSql = `${insertNewRecordsSql}
on conflict do nothing`;

/** The select list that gives rows the shape of a record, with null for what is absent. */
export const recordFields = fields
  .map(([field, { name, read }]) => `${read ? read(name) : name} as "${field}"`)
  .join(", ");

export type RecordRow = { readonly [Field in keyof Required<CallRecord>]: CallRecord[Field] | null };

export function fromRecordRow(row: RecordRow): CallRecord {
  const present = Object.entries(row).filter(([, value]) => value !== null);
  // An unknown cost is told, not left out.
  return { ...Object.fromEntries(present), costMicroUsd: row.costMicroUsd } as unknown as CallRecord;
}

function writeField(source: string, { write, otherwise }: Column): string {
  if (write) return write(source);
  return otherwise === undefined ? source : `coalesce(${source}, ${otherwise})`;
}
