import { DatabaseError } from "pg";
import { HeadgateError } from "../errors.ts";
import { isUuid } from "../ids.ts";
import { createBudgetStore } from "./budget-store.ts";
import { createAnswerStore } from "./answer-store.ts";
import type { Database } from "./database.ts";
import { createIdempotencyStore } from "./idempotency-store.ts";
import type { RecordRow } from "./record-columns.ts";
import type { CountedRecord } from "./record-columns.ts";
import { fromRecordRow, readRows, readStart, recordFields, rowColumns, toRow } from "./record-columns.ts";
import type { RequestDays } from "./request-days.ts";
import { isMissingDay } from "./request-days.ts";
import { createResponseStore } from "./response-store.ts";
import type { KeyRow, KeyScope, RecordQuery, Store } from "./store.ts";
import { createAlertStore } from "./alert-store.ts";
import { createSwitchStore } from "./switch-store.ts";
import { addUsage, createUsageStore } from "./usage-store.ts";

/** A store that also takes what the journal holds. */
export interface SqlStore extends Store {
  /**
   * Inserts records that are text already: rows of `toRow`. Idempotent as `insertRecords`.
   * @param columns what the rows hold; those of an older version have fewer
   */
  insertRecordRows(rows: Uint8Array, columns: string, origin: RecordOrigin): Promise<void>;
  /**
   * Has `follower` called with each record that is added, once in its life, before it is committed: what the store's methods
   * do in it is stored with the record, or not at all. What it resolves to is called once they are stored.
   */
  followRecords(follower: RecordFollower): void;
}

/** Whose calls records are of: this process's, or those of one that has ended. */
export type RecordOrigin = "own" | "adopted";

/** @param known were stored before, by a transaction whose answer never came: whoever followed it was not told */
type RecordFollower = (
  records: readonly CountedRecord[],
  origin: RecordOrigin,
  known: readonly CountedRecord[],
) => Promise<() => void>;

interface SqlStoreOptions {
  readonly kind: Store["kind"];
  readonly database: Database;
  readonly days: RequestDays;
  readonly close: () => Promise<void>;
}

interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly KeyScope[];
  readonly sha256: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
  readonly team: string | null;
}

/** The store on any Postgres. */
export function createSqlStore({ kind, database, days, close }: SqlStoreOptions): SqlStore {
  const followers: RecordFollower[] = [];
  return {
    kind,
    followRecords: (follower) => void followers.push(follower),
    insertKey: async (key) => {
      await database.query({ text: insertKeySql }, [
        key.id,
        key.name,
        key.tenant,
        key.scopes,
        key.sha256,
        key.createdAtMs,
        key.revokedAtMs ?? null,
        key.team ?? null,
      ]);
    },
    listKeys: async () => (await database.query<StoredKey>({ text: listKeysSql })).map(fromStoredKey),
    revokeKey: async (id, atMs) => (await database.query({ text: revokeKeySql }, [id, atMs])).length > 0,
    insertRecords: async (records) => {
      if (records.length === 0) return;
      const rows = Buffer.from(records.map(toRow).join(""));
      await insertRows({ database, days, followers, origin: "own" }, rows, rowColumns);
    },
    insertRecordRows: (rows, columns, origin) => insertRows({ database, days, followers, origin }, rows, columns),
    findRecord: async (requestId) => {
      if (!isUuid(requestId)) return undefined;
      const [row] = await database.query<RecordRow>({ name: "find_record", text: findRecordSql }, [requestId]);
      return row && fromRecordRow(row);
    },
    listRecords: async ({ endpoint, status, beforeMs, limit }: RecordQuery) => {
      const values = [endpoint ?? null, status ?? null, beforeMs ?? null, Math.min(Math.max(limit, 1), maxListed)];
      return (await database.query<RecordRow>({ text: listRecordsSql }, values)).map(fromRecordRow);
    },
    countRecords: async () => {
      const [row] = await database.query<{ count: number }>({ text: "select count(*) from headgate_requests" });
      return row?.count ?? 0;
    },
    ...createResponseStore(database),
    ...createAnswerStore(database),
    ...createSwitchStore(database),
    ...createUsageStore(database),
    ...createAlertStore(database),
    ...createBudgetStore(database),
    ...createIdempotencyStore(database),
    ping: async () => {
      await database.query({ name: "ping", text: "select 1" });
    },
    close,
  };
}

const maxListed = 500;

const insertKeySql = `
insert into headgate_keys (id, name, tenant, scopes, sha256, created_at, revoked_at, team)
values ($1, $2, $3, $4, $5, to_timestamp($6::double precision / 1000), to_timestamp($7::double precision / 1000), $8)`;

const listKeysSql = `
select id, name, tenant, team, scopes, sha256,
  (extract(epoch from created_at) * 1000)::bigint as "createdAtMs",
  (extract(epoch from revoked_at) * 1000)::bigint as "revokedAtMs"
from headgate_keys order by created_at, id`;

const revokeKeySql = `
update headgate_keys set revoked_at = to_timestamp($2::double precision / 1000)
where id = $1 and revoked_at is null returning id`;

const findRecordSql = `
select ${recordFields} from headgate_requests where request_id = $1 order by started_at desc limit 1`;

const listRecordsSql = `
select ${recordFields} from headgate_requests
where ($1::text is null or endpoint = $1) and ($2::text is null or status = $2)
  and ($3::double precision is null or started_at < to_timestamp($3 / 1000))
order by started_at desc, request_id desc limit $4`;

interface Inserting {
  readonly database: Database;
  readonly days: RequestDays;
  readonly followers: readonly RecordFollower[];
  readonly origin: RecordOrigin;
}

async function insertRows(inserting: Inserting, rows: Uint8Array, columns: string): Promise<void> {
  const { database, days } = inserting;
  if (!columnList.test(columns)) throw new HeadgateError("internal", { detail: "These are no columns." });
  const copySql = (table: string): string => `copy ${table} (${columns}) from stdin`;
  try {
    const onStored = await database.transaction(async () => {
      await database.copy(copySql("headgate_requests"), rows);
      return await follow(inserting, readRows(rows, columns), []);
    });
    onStored();
    return;
  } catch (error) {
    if (isMissingDay(error)) await days.prepareAnew(listMoments(rows));
    else if (!isDuplicate(error)) throw error;
  }
  // Only a journal that is moved again, after its process died midway, holds what is there already; COPY cannot skip it.
  const onStored = await database.transaction(async () => {
    await database.query({
      text: "create temporary table moved (like headgate_requests including defaults) on commit drop",
    });
    await database.copy(copySql("moved"), rows);
    const into = `insert into headgate_requests (${columns})`;
    const added = await database.query<{ requestId: string; startedAtMs: number }>({
      text: `${into} select ${columns} from moved on conflict do nothing
        returning request_id as "requestId", (extract(epoch from started_at) * 1000)::double precision as "startedAtMs"`,
    });
    const isAdded = new Set(added.map(nameOf));
    const { records = [], known = [] } = Object.groupBy(readRows(rows, columns), (record) =>
      isAdded.delete(nameOf(record)) ? "records" : "known",
    );
    return await follow(inserting, records, known);
  });
  onStored();
}

async function follow(
  { database, followers, origin }: Inserting,
  records: readonly CountedRecord[],
  known: readonly CountedRecord[],
): Promise<() => void> {
  if (records.length > 0) await addUsage(database, records);
  const onStored: (() => void)[] = [];
  for (const follower of followers) onStored.push(await follower(records, origin, known));
  return () => {
    for (const call of onStored) call();
  };
}

function nameOf({ requestId, startedAtMs }: Pick<CountedRecord, "requestId" | "startedAtMs">): string {
  return `${requestId} ${Math.round(startedAtMs * 1000)}`;
}

const columnList = /^[a-z_0-9]+(?:,[a-z_0-9]+)*$/;

function isDuplicate(error: unknown): boolean {
  return HeadgateError.is(error) && error.cause instanceof DatabaseError && error.cause.code === "23505";
}

function listMoments(rows: Uint8Array): Set<number> {
  const text = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString();
  return new Set(text.split("\n").flatMap((row) => readStart(row) ?? []));
}

function fromStoredKey({ revokedAtMs, team, ...key }: StoredKey): KeyRow {
  return { ...key, ...(revokedAtMs === null ? {} : { revokedAtMs }), ...(team === null ? {} : { team }) };
}

/** True if a record is at fault, and trying again will not help. */
export function isUnstorable(error: unknown): boolean {
  // Classes of SQLSTATE: data exception, integrity violation.
  return HeadgateError.is(error) && error.cause instanceof DatabaseError && /^2[23]/.test(error.cause.code ?? "");
}
