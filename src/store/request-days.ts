import { DatabaseError } from "pg";
import { HeadgateError } from "../errors.ts";
import type { Database } from "./database.ts";

/** Request records live in one partition per UTC day. */
export interface RequestDays {
  /** Makes the partitions of these moments' days; those that were made before are taken to be there still. */
  prepare(momentsMs: Iterable<number>): Promise<void>;
  /** Looks again what is there, then prepares: retention, here or in another process, may have dropped days. */
  prepareAnew(momentsMs: Iterable<number>): Promise<void>;
}

const dayMs = 86_400_000;
const advisoryLock = 4_857_120_002;

export function createRequestDays(database: Database): RequestDays {
  const prepared = new Set<number>();
  const prepare = async (momentsMs: Iterable<number>): Promise<void> => {
    const missing = new Set<number>();
    for (const moment of momentsMs) {
      const day = Math.floor(moment / dayMs);
      if (!prepared.has(day)) missing.add(day);
    }
    if (missing.size === 0) return;
    await database.transaction(async () => {
      // Two processes that make the same table at once fail in Postgres's catalogue, even with "if not exists".
      await database.query({ text: "select pg_advisory_xact_lock($1)" }, [advisoryLock]);
      for (const day of missing) await database.query({ text: createPartitionSql(day) });
    });
    for (const day of missing) prepared.add(day);
  };
  return {
    prepare,
    prepareAnew: async (momentsMs) => {
      prepared.clear();
      await prepare(momentsMs);
    },
  };
}

/** True if a row found no partition for its day. */
export function isMissingDay(error: unknown): boolean {
  const checkViolation = "23514";
  return HeadgateError.is(error) && error.cause instanceof DatabaseError && error.cause.code === checkViolation;
}

function createPartitionSql(day: number): string {
  const from = toDate(day);
  const table = `headgate_requests_${from.replaceAll("-", "")}`;
  return `create table if not exists ${table} partition of headgate_requests
    for values from ('${from} 00:00:00+00') to ('${toDate(day + 1)} 00:00:00+00')`;
}

function toDate(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
