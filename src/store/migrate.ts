import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HeadgateError } from "../errors.ts";
import { sha256 } from "../ids.ts";
import type { Database } from "./database.ts";

/** A plain SQL file that brings the schema one step forward. Never edited once it was released. */
export interface Migration {
  /** The file name; the order of names is the order of steps. */
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly sha256: string;
}

export const ownMigrations = join(import.meta.dirname, "migrations");

// Any number will do, as long as every process takes the same.
const advisoryLock = 4_857_120_001;

export function readMigrations(folder: string): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => {
      // A checkout with CRLF line ends is still the same migration.
      const sql = readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n");
      return { name, sql, sha256: sha256(sql) };
    });
}

/**
 * Brings the schema to what `migrations` say, all or nothing, one process at a time.
 * @throws HeadgateError `store_corrupt` if an applied migration was changed, or the store has one that is not known here.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  if (listPending(migrations, await listApplied(database)).length === 0) return;
  await database.transaction(async () => {
    await database.query({ text: "select pg_advisory_xact_lock($1)" }, [advisoryLock]);
    await database.query({
      text: `create table if not exists headgate_migrations (
        name text primary key, sha256 text not null, applied_at timestamptz not null default now())`,
    });
    for (const { name, sql, sha256: hash } of listPending(migrations, await listApplied(database))) {
      await database.query({ text: sql });
      await database.query({ text: "insert into headgate_migrations (name, sha256) values ($1, $2)" }, [name, hash]);
    }
  });
}

async function listApplied(database: Database): Promise<readonly AppliedMigration[]> {
  const [table] = await database.query<{ exists: boolean }>({
    text: "select to_regclass('headgate_migrations') is not null as exists",
  });
  if (!table?.exists) return [];
  return await database.query<AppliedMigration>({ text: "select name, sha256 from headgate_migrations" });
}

function listPending(migrations: readonly Migration[], applied: readonly AppliedMigration[]): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, sha256: hash } of applied) {
    const migration = known.get(name);
    if (!migration) {
      throw new HeadgateError("store_corrupt", {
        detail: `The store was written by a newer Headgate: it has the migration ${name}. Update Headgate.`,
      });
    }
    if (migration.sha256 !== hash) {
      throw new HeadgateError("store_corrupt", {
        detail: `The migration ${name} was changed after it was applied. Restore the file and add a new migration instead.`,
      });
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}
