import type { CallRecord } from "../../../src/store/store.ts";
import type { UsageReport } from "../../../src/usage/report-usage.ts";
import type { Charged } from "./read-marked-entries.ts";

export interface Ledgers {
  /** Ids of the requests whose clients have seen all of their answer. */
  readonly finished: ReadonlySet<string>;
  readonly records: ReadonlyMap<string, CallRecord>;
  readonly charged: ReadonlyMap<string, Charged>;
}

export interface Comparison {
  /** Of finished requests: records that are not there. */
  readonly missing: readonly string[];
  /** What differs from the provider's ledger, in words. */
  readonly wrong: readonly string[];
  /** Records of requests whose clients have not seen the end. */
  readonly cut: number;
}

/** Holds each record against what the provider has written and charged. */
export function compareLedgers({ finished, records, charged }: Ledgers): Comparison {
  const missing = [...finished].filter((id) => !records.has(id));
  const wrong: string[] = [];
  let cut = 0;
  for (const [id, record] of records) {
    const isFinished = finished.has(id);
    if (!isFinished) cut++;
    const why = judgeRecord(record, charged.get(id) ?? nothing, isFinished);
    if (why !== undefined) wrong.push(`${record.surface}, ${record.status}, ${id}: ${why}`);
  }
  return { missing, wrong, cut };
}

/** The provider never got it: its client was gone before. */
const nothing: Charged = { inputTokens: 0, outputTokens: 0, costMicroUsd: 0, isWhole: false };

function judgeRecord(record: CallRecord, charged: Charged, isFinished: boolean): string | undefined {
  if (isFinished || record.status === "ok") {
    if (!charged.isWhole) return "the provider was cut";
    if (record.isUsageEstimated === true) return "its usage is estimated";
    const [ours, theirs] = [toBill(record), toBill(charged)];
    return ours === theirs ? undefined : `it has ${ours}, the provider ${theirs}`;
  }
  // What was cut may have been written to nobody: an estimate says so, anything else must have been written.
  if (record.isUsageEstimated === true) return undefined;
  const isTooMuch = record.inputTokens > charged.inputTokens || record.outputTokens > charged.outputTokens;
  return isTooMuch ? `it has ${toBill(record)}, the provider only ${toBill(charged)}` : undefined;
}

function toBill({
  inputTokens,
  outputTokens,
  costMicroUsd,
}: Pick<CallRecord, keyof Charged & keyof CallRecord>): string {
  return `${inputTokens} + ${outputTokens} tokens for ${costMicroUsd} micro-dollars`;
}

/** What a report by hours and these names says, against the sums of the records; empty if it is the same. */
export function compareUsage(report: UsageReport, records: Iterable<CallRecord>): readonly string[] {
  const wanted = new Map<string, number[]>();
  for (const record of records) {
    const { surface, model, provider, endpoint, status, inputTokens, outputTokens, costMicroUsd } = record;
    const hourMs = Math.floor(record.startedAtMs / 3_600_000) * 3_600_000;
    const key = toKey(hourMs, [surface, model, provider, endpoint]);
    const sums = wanted.get(key) ?? [0, 0, 0, 0, 0];
    const own = [1, status === "error" ? 1 : 0, inputTokens, outputTokens, costMicroUsd ?? 0];
    wanted.set(
      key,
      sums.map((sum, index) => sum + own[index]!),
    );
  }
  const told = new Map(
    report.rows.map((row) => [
      toKey(
        row.startMs!,
        usageNames.map((name) => row.names[name]),
      ),
      [row.requests, row.errors, row.inputTokens, row.outputTokens, row.costMicroUsd],
    ]),
  );
  return [...new Set([...wanted.keys(), ...told.keys()])].flatMap((key) => {
    const [ours, theirs] = [told.get(key), wanted.get(key)].map((sums) => JSON.stringify(sums) ?? "nothing");
    return ours === theirs ? [] : [`usage of ${key}: ${ours}, the records have ${theirs}`];
  });
}

export const usageNames = ["surface", "model", "provider", "endpoint"] as const;

function toKey(hourMs: number, names: readonly (string | null | undefined)[]): string {
  return JSON.stringify([hourMs, ...names.map((name) => name ?? null)]);
}
