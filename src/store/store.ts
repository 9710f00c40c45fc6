import type { AttemptNote, RungNote } from "../call.ts";
import type { FinishReason } from "../reply.ts";
import type { ErrorCode } from "../errors.ts";

/** What became of one accepted call. Holds no prompt text, input or answer. */
export interface CallRecord {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly firstPartMs?: number;
  /** How the call came in. */
  readonly surface: "endpoint" | "chat";
  readonly tenant: string;
  readonly keyId?: string;
  readonly endpoint?: string;
  readonly contract?: number;
  readonly promptVersion?: string;
  readonly promptSha256?: string;
  readonly snapshotId: string;
  readonly tier?: string;
  readonly rule?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly status: "ok" | "fallback" | "refused" | "error" | "cancelled";
  readonly errorCode?: ErrorCode;
  readonly finishReason?: FinishReason;
  readonly isStream: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Absent: 0. */
  readonly cachedInputTokens?: number;
  /** Absent: 0. */
  readonly reasoningTokens?: number;
  /** Absent: false. */
  readonly isUsageEstimated?: boolean;
  /** Integer micro-dollars of all model calls; null when the price of any is unknown. */
  readonly costMicroUsd: number | null;
  /** `none` until reuse exists for the endpoint. */
  readonly cache: "none";
  /** The number of model calls. */
  readonly attempts: number;
  /** Absent when there was one call and it succeeded: the other fields tell it. */
  readonly attemptDetails?: readonly AttemptNote[];
  /** Absent: none was taken. */
  readonly rungs?: readonly RungNote[];
}

export type KeyScope = "call" | "admin";

/** A client key as stored: the secret itself is never kept. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly KeyScope[];
  /** Lower-case hex SHA-256 of the whole key text. */
  readonly sha256: string;
  readonly createdAtMs: number;
  readonly revokedAtMs?: number;
}

export interface RecordQuery {
  readonly endpoint?: string;
  readonly status?: CallRecord["status"];
  /** Rows started before this moment, for paging. */
  readonly beforeMs?: number;
  /** 1 to 500. */
  readonly limit: number;
}

/**
 * The one door to durable state; all SQL lives behind it.
 * Every method rejects with `store_unavailable` when the database cannot be reached within its deadline.
 */
export interface Store {
  readonly kind: "embedded" | "postgres";
  insertKey(key: KeyRow): Promise<void>;
  listKeys(): Promise<readonly KeyRow[]>;
  /** Returns false if there is no such key, or it was revoked before. */
  revokeKey(id: string, atMs: number): Promise<boolean>;
  /** Idempotent by request id: a record that is already there is left as it is. */
  insertRecords(records: readonly CallRecord[]): Promise<void>;
  findRecord(requestId: string): Promise<CallRecord | undefined>;
  /** Newest first. */
  listRecords(query: RecordQuery): Promise<readonly CallRecord[]>;
  countRecords(): Promise<number>;
  /** A round trip to the database; rejects when it fails. */
  ping(): Promise<void>;
  /** Waits for work in flight, then closes. Safe to call twice. */
  close(): Promise<void>;
}
