import { Pool } from "pg";
import { HeadgateError } from "../errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Database } from "./database.ts";
import { createDatabase } from "./database.ts";
import { readNumbers } from "./read-numbers.ts";

export interface PostgresOptions {
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly statementLimitMs: number;
}

const maxConnections = 10;
const connectLimitMs = 5000;
const idleLimitMs = 30_000;
const oldestVersion = 15;

/**
 * Connects to a Postgres server.
 * @throws HeadgateError `config_invalid` if the address is none or the server too old, `store_unavailable` if it does not answer.
 */
export async function openPostgres({ databaseUrl, log, statementLimitMs }: PostgresOptions): Promise<Database> {
  if (!/^postgres(ql)?:\/\//.test(databaseUrl) || !URL.canParse(databaseUrl)) {
    throw new HeadgateError("config_invalid", {
      detail: "DATABASE_URL must look like postgres://user:password@host:5432/database.",
    });
  }
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: "headgate",
    max: maxConnections,
    connectionTimeoutMillis: connectLimitMs,
    idleTimeoutMillis: idleLimitMs,
    keepAlive: true,
    statement_timeout: statementLimitMs,
    // For a server that the network has swallowed: it will not report its own timeout.
    query_timeout: statementLimitMs + connectLimitMs,
    idle_in_transaction_session_timeout: statementLimitMs,
    types: readNumbers,
  });
  pool.on("error", (error) =>
    log.warn({ event: "store.connection_lost", err: error }, "The store's connection broke."),
  );
  const database = createDatabase(pool);
  try {
    await refuseOldServer(database);
    return database;
  } catch (error) {
    await database.close();
    if (!HeadgateError.is(error, "store_unavailable")) throw error;
    const { host } = new URL(databaseUrl);
    throw new HeadgateError("store_unavailable", {
      detail: `The Postgres server at ${host} of DATABASE_URL cannot be reached: ${describeCause(error)}.`,
      cause: error.cause,
    });
  }
}

export async function refuseOldServer(database: Pick<Database, "query">): Promise<void> {
  const [row] = await database.query<{ version: string }>({
    text: "select current_setting('server_version_num') as version",
  });
  const version = Math.floor(Number(row?.version) / 10_000);
  if (version >= oldestVersion) return;
  throw new HeadgateError("config_invalid", {
    detail: `The server of DATABASE_URL is Postgres ${version}. Headgate needs version ${oldestVersion} or newer.`,
  });
}

function describeCause({ cause }: HeadgateError): string {
  if (cause instanceof AggregateError) return String(cause.errors[0]?.message ?? cause.message);
  return cause instanceof Error ? cause.message : "unknown";
}
