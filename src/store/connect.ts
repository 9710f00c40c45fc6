import { pino } from "pino";
import type { Clock } from "../clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import { createAlertStore } from "./alert-store.ts";
import { createAnswerStore, dropAllExpiredAnswers } from "./answer-store.ts";
import { startBackgroundTasks } from "./background-tasks.ts";
import { createBudgetStore } from "./budget-store.ts";
import { createMaintenance } from "./embedded/maintenance.ts";
import { openEmbedded } from "./embedded/open-embedded.ts";
import { createIdempotencyStore, dropAllExpiredClaims } from "./idempotency-store.ts";
import { migrate, ownMigrations, readMigrations } from "./migrate.ts";
import { openPostgres } from "./open-postgres.ts";
import { createRequestDays } from "./request-days.ts";
import { createResponseStore, dropAllExpired } from "./response-store.ts";
import type { SqlStore } from "./sql-store.ts";
import { createSqlStore } from "./sql-store.ts";

export interface StoreOptions {
  /** A Postgres 15+ server, shared by any number of processes. Absent: the embedded Postgres, for one process. */
  readonly databaseUrl?: string;
  /** Holds the embedded database, in `pgdata-18`. Made if absent, readable by its owner only. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log?: Logger;
  /** How long one statement may take, in milliseconds. @default 15000 */
  readonly statementLimitMs?: number;
  /** How often partitions are made ahead and the embedded database is maintained, in milliseconds. @default 10000 */
  readonly maintenanceIntervalMs?: number;
}

const defaultStatementLimitMs = 15_000;
const defaultMaintenanceIntervalMs = 10_000;
const checkpointBytes = 16 * 1024 * 1024;
const dayMs = 86_400_000;
// Longer than any window of a budget: within one, no threshold is passed twice.
const alertRetentionMs = 40 * dayMs;

/**
 * Opens the durable state and brings its schema up to date. Close it: it holds a thread and a lock, or connections.
 * @throws HeadgateError `store_locked`, `store_corrupt`, `store_unavailable`, `config_invalid`; the detail says what to do.
 */
export async function openStore(options: StoreOptions): Promise<SqlStore> {
  const { databaseUrl, folder, clock } = options;
  const log = options.log ?? pino({ enabled: false });
  const statementLimitMs = options.statementLimitMs ?? defaultStatementLimitMs;
  const database =
    databaseUrl === undefined
      ? await openEmbedded({ folder, clock, log, statementLimitMs })
      : await openPostgres({ databaseUrl, log, statementLimitMs });
  const days = createRequestDays(database);
  const prepareDays = (): Promise<void> => days.prepare([clock.now(), clock.now() + dayMs]);
  try {
    await migrate(database, readMigrations(ownMigrations));
    await prepareDays();
  } catch (error) {
    await database.close();
    throw error;
  }
  const responses = createResponseStore(database);
  const dropExpired = (): Promise<void> => dropAllExpired(responses, clock.now());
  const alerts = createAlertStore(database);
  const dropAlerts = (): Promise<void> => alerts.dropAlerts(clock.now() - alertRetentionMs);
  const budgets = createBudgetStore(database);
  const dropWindows = (): Promise<void> => budgets.dropBudgetWindows(clock.now() - 2 * dayMs);
  const answers = createAnswerStore(database);
  const dropExpiredAnswers = (): Promise<void> => dropAllExpiredAnswers(answers, clock.now());
  const claims = createIdempotencyStore(database);
  const dropExpiredClaims = (): Promise<void> => dropAllExpiredClaims(claims, clock.now());
  const maintain = createMaintenance({ database, checkpointBytes });
  const background = startBackgroundTasks({
    clock,
    log,
    intervalMs: options.maintenanceIntervalMs ?? defaultMaintenanceIntervalMs,
    tasks: [
      prepareDays,
      dropExpired,
      dropExpiredAnswers,
      dropExpiredClaims,
      dropAlerts,
      dropWindows,
      ...(databaseUrl === undefined ? [maintain] : []),
    ],
  });
  return createSqlStore({
    kind: databaseUrl === undefined ? "embedded" : "postgres",
    database,
    days,
    close: async () => {
      await background.stop();
      await database.close();
    },
  });
}
