import { join } from "node:path";
import { Pool } from "pg";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Database } from "../database.ts";
import { createDatabase } from "../database.ts";
import { readNumbers } from "../read-numbers.ts";
import { EngineStream } from "./engine-stream.ts";
import { startEngine } from "./engine.ts";
import { lockFolder } from "./lock-folder.ts";

export interface EmbeddedOptions {
  /** Made if absent, readable by its owner only. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly statementLimitMs: number;
}

// Postgres's data folders open in one major version only.
const dataFolderName = "pgdata-18";
const waitForTurnMs = 10_000;

/**
 * Opens the embedded Postgres: on disk, in a thread of its own, with one connection.
 * @throws HeadgateError `store_locked` if another process has it open, `store_corrupt` if it does not open.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const { folder, clock, log, statementLimitMs } = options;
  const lock = lockFolder(folder);
  try {
    const dataFolder = join(folder, dataFolderName);
    const engine = await startEngine({ dataFolder, clock, log, statementLimitMs });
    const pool = new Pool({
      max: 1,
      stream: () => new EngineStream(engine),
      user: "postgres",
      database: "postgres",
      host: "embedded",
      ssl: false,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: waitForTurnMs,
      types: readNumbers,
    });
    // The next statement connects anew.
    pool.on("error", (error) =>
      log.warn({ event: "store.connection_lost", err: error }, "The store's connection broke."),
    );
    const database = createDatabase(pool);
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await database.close();
      await engine.close();
      lock.release();
    };
    return {
      ...database,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
