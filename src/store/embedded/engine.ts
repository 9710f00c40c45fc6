import { extname } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { EngineCommand, EngineReport, EngineStart } from "./engine-messages.ts";
import { createWatchdog } from "./watchdog.ts";

/** One conversation in Postgres's wire protocol. */
export interface EngineConnection {
  /** Takes whole protocol messages. */
  send(request: Uint8Array): void;
  close(): void;
}

interface EngineListener {
  onAnswer(answer: Uint8Array): void;
  /** The engine is gone, with whatever was under way. */
  onLost(reason: HeadgateError): void;
}

/** The embedded Postgres in its worker thread, started anew whenever it dies or hangs. */
export interface Engine {
  connect(listener: EngineListener): Promise<EngineConnection>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the engine may work on one request. It cannot be interrupted, so it is ended and started anew. */
  readonly statementLimitMs: number;
}

interface Running {
  readonly worker: Worker;
  readonly lost: Set<(reason: HeadgateError) => void>;
  readonly exited: Promise<void>;
}

// A first start takes seconds; recovery after a crash reads up to `max_wal_size` again.
const startLimitMs = 120_000;
const closeLimitMs = 15_000;

// The same file name as source, run by Node's type stripping, and built.
const workerUrl = new URL(`./engine-worker${extname(import.meta.url)}`, import.meta.url);

/** @throws HeadgateError `store_corrupt` if the folder does not open. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { clock, log, statementLimitMs } = options;
  let isClosing = false;
  let closing: Promise<void> | undefined;
  let running: Promise<Running>;

  const watchdog = createWatchdog({
    clock,
    limitMs: statementLimitMs,
    onExpired: () => {
      log.error(
        { event: "store.hung", statementLimitMs },
        "A statement took too long: the embedded store starts anew.",
      );
      void running.then(({ worker }) => worker.terminate());
    },
  });

  const launch = (): Promise<Running> => {
    const launched = startWorker(options);
    launched.then(
      (engine) => engine.exited.then(() => onExit(engine)),
      () => {},
    );
    return launched;
  };

  const onExit = ({ lost }: Running): void => {
    watchdog.reset();
    const reason = new HeadgateError("store_unavailable", { detail: "The embedded store was interrupted." });
    for (const tell of lost) tell(reason);
    if (isClosing) return;
    log.warn({ event: "store.restarted" }, "The embedded store ended and is started anew.");
    running = launch();
    running.catch((error: unknown) =>
      log.error({ event: "store.failed", err: error }, "The embedded store does not start."),
    );
  };

  running = launch();
  await running;

  return {
    connect: async (listener) => {
      // The last start may have failed for a reason that has passed, such as a full disk.
      const engine = await running.catch(() => (running = launch())).catch(refuseForNow);
      return openConnection(engine, listener, watchdog);
    },
    close: () => {
      isClosing = true;
      closing ??= running.catch(() => undefined).then((engine) => engine && closeWorker(engine, clock));
      return closing;
    },
  };
}

function refuseForNow(cause: unknown): never {
  throw new HeadgateError("store_unavailable", { detail: "The embedded store does not start again.", cause });
}

function openConnection(
  { worker, lost }: Running,
  listener: EngineListener,
  watchdog: ReturnType<typeof createWatchdog>,
): EngineConnection {
  const { port1: port, port2 } = new MessageChannel();
  let awaited = 0;
  let isClosed = false;
  const onLost = (reason: HeadgateError): void => {
    port.close();
    listener.onLost(reason);
  };
  lost.add(onLost);
  const close = (): void => {
    isClosed = true;
    // The engine cannot be called off: its answer ends the watch, even if nobody wants it any more.
    if (awaited > 0) return;
    lost.delete(onLost);
    port.close();
  };
  port.on("message", (answer: Uint8Array) => {
    awaited--;
    watchdog.end();
    if (isClosed) close();
    else listener.onAnswer(answer);
  });
  command(worker, { type: "connect", port: port2 }, [port2]);
  return {
    send: (request) => {
      awaited++;
      watchdog.begin();
      // A copy of its own can be handed over; the driver's buffers are slices of shared ones.
      const owned = new Uint8Array(request);
      port.postMessage(owned, [owned.buffer]);
    },
    close,
  };
}

async function startWorker({ dataFolder, clock }: EngineOptions): Promise<Running> {
  const worker = new Worker(workerUrl, {
    name: "headgate-store",
    workerData: { dataFolder } satisfies EngineStart,
    // Options of the process, such as --input-type, may not fit a file.
    execArgv: [],
  });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let failure = "it ended while starting";
  worker.on("error", (error) => {
    failure = error instanceof Error ? error.message : String(error);
  });
  const cancel = clock.after(startLimitMs, () => {
    failure = `it did not start within ${startLimitMs / 1000} s`;
    void worker.terminate();
  });
  const isReady = await Promise.race([
    exited.then(() => false),
    new Promise<boolean>((resolve) => {
      worker.on("message", (report: EngineReport) => {
        if (report.type === "ready") resolve(true);
        else if (report.type === "failed") failure = explainFailure(report);
      });
    }),
  ]);
  cancel();
  if (isReady) return { worker, exited, lost: new Set() };
  throw new HeadgateError("store_corrupt", {
    detail:
      `The embedded store in ${dataFolder} does not open: ${failure}. ` +
      "Restore it from a backup, or move it away to start empty.",
  });
}

/** Postgres's own last words say more than the exception that its end causes. */
function explainFailure({ reason, log }: Extract<EngineReport, { type: "failed" }>): string {
  const lastWords = log.flatMap((line) => /(?:FATAL|PANIC|DETAIL):\s+(.*)/.exec(line)?.[1] ?? []);
  return lastWords.length > 0 ? lastWords.join("; ") : reason;
}

async function closeWorker({ worker, exited }: Running, clock: Clock): Promise<void> {
  const cancel = clock.after(closeLimitMs, () => void worker.terminate());
  command(worker, { type: "close" });
  await exited;
  cancel();
}

function command(worker: Worker, message: EngineCommand, transfer: MessagePort[] = []): void {
  worker.postMessage(message, transfer);
}
