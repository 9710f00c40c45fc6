import type { CallRecord } from "./store.ts";

interface Column<Value = unknown> {
  readonly name: string;
  /** What stands in the column for a field that the record leaves out; without it, null. */
  readonly otherwise?: string;
  /** The value in Postgres's text form, before COPY's escapes. @default `String` */
  readonly write?: (value: Value) => string;
  /** SQL for the value as the record has it. @default the column */
  readonly read?: string;
}

/** The one place that knows which field of a record stands in which column. */
const columns: { readonly [Field in keyof Required<CallRecord>]: Column<NonNullable<CallRecord[Field]>> } = {
  requestId: { name: "request_id" },
  startedAtMs: {
    name: "started_at",
    write: toTimestamp,
    read: "(extract(epoch from started_at) * 1000)::double precision",
  },
  durationMs: { name: "duration_ms" },
  firstPartMs: { name: "first_part_ms" },
  surface: { name: "surface" },
  tenant: { name: "tenant" },
  keyId: { name: "key_id" },
  endpoint: { name: "endpoint" },
  contract: { name: "contract" },
  promptVersion: { name: "prompt_version" },
  promptSha256: { name: "prompt_sha256" },
  snapshotId: { name: "snapshot_id" },
  tier: { name: "tier" },
  rule: { name: "rule" },
  provider: { name: "provider" },
  model: { name: "model" },
  status: { name: "status" },
  errorCode: { name: "error_code" },
  finishReason: { name: "finish_reason" },
  isStream: { name: "is_stream" },
  inputTokens: { name: "input_tokens" },
  outputTokens: { name: "output_tokens" },
  cachedInputTokens: { name: "cached_input_tokens", otherwise: "0" },
  cacheWriteTokens: { name: "cache_write_tokens", otherwise: "0" },
  reasoningTokens: { name: "reasoning_tokens", otherwise: "0" },
  isUsageEstimated: { name: "is_usage_estimated", otherwise: "false" },
  costMicroUsd: { name: "cost_micro_usd" },
  cache: { name: "cache" },
  attempts: { name: "attempts" },
  attemptDetails: { name: "attempt_details", otherwise: "[]", write: (notes) => JSON.stringify(notes) },
  rungs: { name: "rungs", otherwise: "[]", write: (notes) => JSON.stringify(notes) },
  team: { name: "team" },
  savedInputTokens: { name: "saved_input_tokens" },
  savedOutputTokens: { name: "saved_output_tokens" },
  savedMicroUsd: { name: "saved_micro_usd" },
  ruleSet: { name: "rule_set" },
  routeFeatures: { name: "route_features", write: (features) => JSON.stringify(features) },
};

const fields = Object.entries(columns) as readonly (readonly [keyof CallRecord, Column])[];

/** The columns of a row, in its order, separated by commas. */
export const rowColumns = fields.map(([, { name }]) => name).join(",");

/**
 * A record as a line of Postgres's COPY text format (https://www.postgresql.org/docs/current/sql-copy.html), with its
 * newline: what the journal holds and the store takes. Holds neither NUL nor half a surrogate pair, which Postgres refuses.
 */
export function toRow(record: CallRecord): string {
  let row = "";
  for (const [field, { otherwise = absent, write }] of fields) {
    const value = record[field];
    row += `${row === "" ? "" : "\t"}${value === undefined || value === null ? otherwise : toCell(write?.(value) ?? value)}`;
  }
  return `${row}\n`;
}

const absent = "\\N";

function toCell(value: unknown): string {
  return typeof value === "string" ? escapeText(value) : String(value);
}

// The usual value needs none of it, and one look tells.
const unusual = /[\\\t\n\r\0\ud800-\udfff]/;

function escapeText(text: string): string {
  if (!unusual.test(text)) return text;
  return text
    .toWellFormed()
    .replaceAll("\0", "\uFFFD")
    .replaceAll("\\", "\\\\")
    .replaceAll("\t", "\\t")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}

/** The start with its microseconds, as calls are given them. */
function toTimestamp(startedAtMs: number): string {
  const micros = Math.round(startedAtMs * 1000);
  const milliseconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1);
  return `${milliseconds}${String(micros % 1000).padStart(3, "0")}Z`;
}

/** What of a record usage and budgets go by, and how each is read from its cell. */
const counted = {
  requestId: String,
  startedAtMs: parseTimestamp,
  surface: String,
  tenant: unescapeText,
  keyId: String,
  team: unescapeText,
  endpoint: String,
  tier: String,
  provider: String,
  model: unescapeText,
  status: String,
  cache: String,
  inputTokens: Number,
  outputTokens: Number,
  cachedInputTokens: Number,
  costMicroUsd: Number,
  savedInputTokens: Number,
  savedOutputTokens: Number,
  savedMicroUsd: Number,
} as const satisfies { readonly [Field in keyof CallRecord]?: (cell: string) => string | number };

export type CountedRecord = Pick<CallRecord, keyof typeof counted>;

const countedByColumn = new Map(
  Object.entries(counted).map(([field, parse]) => [columns[field as keyof typeof counted].name, { field, parse }]),
);

/** What rows of `toRow` say. @param columnNames as `rowColumns`, of this version or an older one */
export function readRows(rows: Uint8Array, columnNames: string): readonly CountedRecord[] {
  const places = columnNames.split(",").flatMap((name, index) => {
    const place = countedByColumn.get(name);
    return place ? [{ index, field: place.field, parse: place.parse }] : [];
  });
  const text = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString();
  const records: CountedRecord[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const cells = line.split("\t");
    const record: Record<string, unknown> = { costMicroUsd: null };
    for (const { index, field, parse } of places) {
      const cell = cells[index];
      if (cell !== undefined && cell !== absent) record[field] = parse(cell);
    }
    records.push(record as unknown as CountedRecord);
  }
  return records;
}

function unescapeText(cell: string): string {
  return cell.includes("\\") ? cell.replaceAll(/\\(.)/g, (_, escaped: string) => unescaped[escaped] ?? escaped) : cell;
}

const unescaped: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r" };

function parseTimestamp(cell: string): number {
  const milliseconds = Date.parse(`${cell.slice(0, "2026-01-01T00:00:00.000".length)}Z`);
  return milliseconds + Number(cell.slice("2026-01-01T00:00:00.000".length, -1)) / 1000;
}

/** The moment in a row's second column. Undefined for what is no row. */
export function readStart(row: string): number | undefined {
  const atMs = Date.parse(
    row.slice(row.indexOf("\t") + 1, row.indexOf("\t") + 1 + "2026-01-01T00:00:00.000".length) + "Z",
  );
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** The select list that gives rows the shape of a record, with null for what is absent. */
export const recordFields = fields.map(([field, { name, read }]) => `${read ?? name} as "${field}"`).join(", ");

export type RecordRow = { readonly [Field in keyof Required<CallRecord>]: CallRecord[Field] | null };

export function fromRecordRow(row: RecordRow): CallRecord {
  const present = Object.entries(row).filter(([, value]) => value !== null);
  // An unknown cost is told, not left out.
  return { ...Object.fromEntries(present), costMicroUsd: row.costMicroUsd } as unknown as CallRecord;
}
