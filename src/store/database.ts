import { AsyncLocalStorage } from "node:async_hooks";
import type { Pool, PoolClient, QueryConfig } from "pg";
import { DatabaseError } from "pg";
import { HeadgateError } from "../errors.ts";
import { CopyRows } from "./copy-rows.ts";

/** SQL with `$1` parameters. A name keeps it prepared on the connection. */
interface Statement {
  readonly text: string;
  readonly name?: string;
}

/** Runs statements on a pool, inside of the current transaction if there is one. */
export interface Database {
  /** @throws HeadgateError `store_unavailable` if the database cannot be reached in time, `internal` if it refuses the statement. */
  query<Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly Row[]>;
  /**
   * Runs `copy ... from stdin` on rows in COPY's text format, each ended by a newline. All of them are stored, or none.
   * @throws as `query`
   */
  copy(text: string, rows: Uint8Array): Promise<void>;
  /**
   * Commits what `work` does, or nothing of it. Statements that `work` runs find the transaction by themselves: with a
   * pool of one, a statement beside it would wait forever. A transaction inside of another is part of it.
   */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Waits for statements in flight; later ones reject with `store_unavailable`. */
  close(): Promise<void>;
}

interface OpenTransaction {
  readonly client: PoolClient;
  isOver: boolean;
  /** Statements of one connection go one after the other. */
  last: Promise<unknown>;
}

export function createDatabase(pool: Pool): Database {
  const current = new AsyncLocalStorage<OpenTransaction>();
  const inFlight = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const track = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closing) throw new HeadgateError("store_unavailable", { detail: "The store is closed." });
    const running = work().catch((error: unknown) => {
      throw translateError(error);
    });
    inFlight.add(running);
    try {
      return await running;
    } finally {
      inFlight.delete(running);
    }
  };

  /** On the connection of the current transaction, if there is one. */
  const onConnection = async <Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> => {
    const transaction = current.getStore();
    if (transaction && !transaction.isOver) return await runInside(transaction, work);
    return await track(() => withClient(pool, work));
  };

  return {
    query: async <Row>(statement: Statement, values: readonly unknown[] = []): Promise<readonly Row[]> => {
      return await onConnection((client) => run<Row>(client, statement, values));
    },
    copy: (text, rows) => onConnection((client) => copyRows(client, text, rows)),
    transaction: async (work) => {
      const outer = current.getStore();
      if (outer && !outer.isOver) return await work();
      return await track(() =>
        withClient(pool, async (client) => {
          const transaction: OpenTransaction = { client, isOver: false, last: Promise.resolve() };
          await client.query("begin");
          try {
            const result = await current.run(transaction, work);
            await commit(transaction);
            return result;
          } catch (error) {
            await rollback(transaction);
            throw error;
          }
        }),
      );
    },
    close: () => {
      closing ??= Promise.allSettled(inFlight).then(() => pool.end());
      return closing;
    },
  };
}

async function runInside<Result>(
  transaction: OpenTransaction,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const running = transaction.last.then(() => work(transaction.client));
  transaction.last = running.catch(() => {});
  try {
    return await running;
  } catch (error) {
    throw translateError(error);
  }
}

function copyRows(client: PoolClient, text: string, rows: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyRows(text, rows, (error) => (error ? reject(error) : resolve())));
  });
}

async function run<Row>(client: PoolClient, statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
  const config: QueryConfig = { text: statement.text };
  if (statement.name !== undefined) config.name = statement.name;
  if (values.length > 0) config.values = [...values];
  const result = await client.query(config);
  return result.rows as readonly Row[];
}

async function commit(transaction: OpenTransaction): Promise<void> {
  await transaction.last;
  transaction.isOver = true;
  const { command } = await transaction.client.query("commit");
  // Postgres answers a commit of a failed transaction with a rollback, without an error.
  if (command !== "COMMIT") throw new HeadgateError("internal", { detail: "A failed transaction was not committed." });
}

async function rollback(transaction: OpenTransaction): Promise<void> {
  await transaction.last;
  transaction.isOver = true;
  // If this fails, the connection is broken, and the first error says why.
  await transaction.client.query("rollback").catch(() => {});
}

/** Unlike the pool's own `query`, keeps the connection after an error that only concerns the statement. */
async function withClient<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on("error", onError);
  try {
    return await work(client);
  } catch (error) {
    if (breaksConnection(error)) broken ??= error as Error;
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

function breaksConnection(error: unknown): boolean {
  if (HeadgateError.is(error)) return HeadgateError.is(error, "store_unavailable");
  return error instanceof DatabaseError ? isOutage(error) : true;
}

// Classes of SQLSTATE: connection, resources, operator intervention, system. The rest concerns the statement.
const outageClasses = new Set(["08", "53", "57", "58"]);
const readOnly = "25006";

function isOutage(error: DatabaseError): boolean {
  return error.code === undefined || error.code === readOnly || outageClasses.has(error.code.slice(0, 2));
}

function translateError(error: unknown): HeadgateError {
  if (HeadgateError.is(error)) return error;
  if (error instanceof DatabaseError && !isOutage(error)) return new HeadgateError("internal", { cause: error });
  return new HeadgateError("store_unavailable", { cause: error });
}
