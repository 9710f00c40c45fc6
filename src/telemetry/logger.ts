import { pino } from "pino";
import type { Logger as PinoLogger } from "pino";
import type { LogLevel } from "../config.ts";
import type { HeadgateError } from "../errors.ts";
import { errorCatalogue } from "../errors.ts";
import type { CallRecord } from "../store/store.ts";
import { createLineWriter } from "./line-writer.ts";
import type { LineWriter } from "./line-writer.ts";

export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error">;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** A file descriptor (1 = stdout), or whatever takes lines. */
  readonly destination: number | Pick<LineWriter, "write">;
}

/** The one line a call leaves in the log: its record. Holds no prompt text, input, answer or secret. */
export type CallLog = (record: CallRecord, error: HeadgateError | undefined) => void;

export interface Logs {
  readonly log: Logger;
  readonly logCall: CallLog;
  /** For the end of the process. */
  readonly flush: () => void;
}

/** One JSON line per event, up to 100 ms late on a file descriptor. */
export function createLogger({ level, destination }: LoggerOptions): Logs {
  const writer: LineWriter =
    typeof destination === "number" ? createLineWriter(destination) : { write: destination.write, flush: () => {} };
  const log = pino({ level, base: null, timestamp: () => `,"time":"${isoTime(Date.now())}"` }, writer);
  return {
    log,
    // Built by hand: the record would cost as much again to go through pino, on every call.
    logCall: (record, error) => {
      const isFailure = error !== undefined && errorCatalogue[error.code].status >= 500;
      if (!log.isLevelEnabled(isFailure ? "error" : "info")) return;
      const levelNumber = log.levels.values[isFailure ? "error" : "info"];
      const head = `{"level":${levelNumber},"time":"${isoTime(Date.now())}","event":"call.finished",`;
      const tail = isFailure ? `,"error":${JSON.stringify(describeCause(error))}}` : "}";
      writer.write(`${head}${JSON.stringify(record).slice(1, -1)}${tail}\n`);
    },
    flush: writer.flush,
  };
}

let lastMs = 0;
let lastIso = "";

// Many lines share a millisecond.
function isoTime(nowMs: number): string {
  if (nowMs !== lastMs) [lastMs, lastIso] = [nowMs, new Date(nowMs).toISOString()];
  return lastIso;
}

// Bugs need their stack in the log; failures outside are named by the catalogue and need none.
function describeCause({ code, cause, detail }: HeadgateError): string {
  return (code === "internal" && cause instanceof Error ? cause.stack : detail) ?? code;
}
