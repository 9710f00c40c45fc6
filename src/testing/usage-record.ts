import { createRequestId } from "../ids.ts";
import type { CallRecord } from "../store/store.ts";

/** A plain chat that cost nothing. */
export function createUsageRecord(startedAtMs: number, fields: Partial<CallRecord> = {}): CallRecord {
  return {
    requestId: createRequestId(startedAtMs),
    startedAtMs,
    durationMs: 1,
    surface: "chat",
    tenant: "acme",
    snapshotId: "s",
    status: "ok",
    isStream: false,
    inputTokens: 100,
    outputTokens: 10,
    costMicroUsd: 0,
    cache: "none",
    attempts: 1,
    ...fields,
  };
}
