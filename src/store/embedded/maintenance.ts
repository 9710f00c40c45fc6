import type { Database } from "../database.ts";

export interface MaintenanceOptions {
  readonly database: Database;
  /** Write-ahead log since the last checkpoint that calls for another: all of it is read again after a crash. */
  readonly checkpointBytes: number;
}

/**
 * What a Postgres server does in the background, and the embedded one, a single process, does not: vacuum the tables that
 * changed enough, and checkpoint when enough was written, or the write-ahead log would grow without end.
 */
export function createMaintenance({ database, checkpointBytes }: MaintenanceOptions): () => Promise<void> {
  let checkpointAt: number | undefined;
  return async () => {
    for (const table of await listChangedTables(database)) await database.query({ text: `vacuum (analyze) ${table}` });
    const position = await readLogPosition(database);
    if (checkpointAt !== undefined && position - checkpointAt < checkpointBytes) return;
    await database.query({ text: "checkpoint" });
    checkpointAt = await readLogPosition(database);
  };
}

async function readLogPosition(database: Database): Promise<number> {
  const [row] = await database.query<{ position: number }>({
    text: "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint as position",
  });
  return row?.position ?? 0;
}

// The thresholds of Postgres's own autovacuum.
async function listChangedTables(database: Database): Promise<readonly string[]> {
  // The counts of the latest statements wait up to a second otherwise.
  await database.query({ text: "select pg_stat_force_next_flush()" });
  const rows = await database.query<{ name: string }>({
    text: `select relid::regclass::text as name from pg_stat_user_tables
      where n_dead_tup > 50 + 0.2 * n_live_tup or n_ins_since_vacuum > 1000 + 0.2 * n_live_tup
      order by n_dead_tup + n_ins_since_vacuum desc limit 4`,
  });
  return rows.map(({ name }) => name);
}
