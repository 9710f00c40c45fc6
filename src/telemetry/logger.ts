import { pino } from "pino";
import type { DestinationStream, Logger as PinoLogger } from "pino";
import type { LogLevel } from "../config.ts";
import type { HeadgateError } from "../errors.ts";
import { errorCatalogue } from "../errors.ts";
import type { CallRecord } from "../store/store.ts";
import { createLineWriter } from "./line-writer.ts";

export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error">;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** A file descriptor (1 = stdout) or a stream. */
  readonly destination: number | DestinationStream;
}

/** One JSON line per event, up to 100 ms late on a file descriptor: `flush` before the process ends. */
export function createLogger(options: LoggerOptions): { readonly log: Logger; readonly flush: () => void } {
  const { level, destination } = options;
  if (typeof destination !== "number") return { log: pino(pinoOptions(level), destination), flush: () => {} };
  const writer = createLineWriter(destination);
  return { log: pino(pinoOptions(level), writer), flush: writer.flush };
}

function pinoOptions(level: LogLevel): { level: LogLevel; base: null; timestamp: () => string } {
  return { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
}

/** The one line a call leaves in the log. Holds no prompt text, input, answer or secret. */
export function logCall(log: Logger, record: CallRecord, error: HeadgateError | undefined): void {
  const line = {
    event: "call.finished",
    requestId: record.requestId,
    status: record.status,
    errorCode: record.errorCode,
    surface: record.surface,
    endpoint: record.endpoint,
    contract: record.contract,
    promptVersion: record.promptVersion,
    promptSha256: record.promptSha256,
    route: record.rule,
    tier: record.tier,
    provider: record.provider,
    model: record.model,
    inputTokens: record.inputTokens,
    outputTokens: record.outputTokens,
    attempts: record.attempts,
    rung: record.rungs.at(-1)?.rung,
    cache: record.cache,
    finishReason: record.finishReason,
    stream: record.isStream,
    durationMs: record.durationMs,
    firstPartMs: record.firstPartMs,
    tenant: record.tenant,
    keyId: record.keyId,
    snapshot: record.snapshotId,
  };
  if (!error || errorCatalogue[error.code].status < 500) log.info(line);
  else log.error({ ...line, error: describeCause(error) });
}

// Bugs need their stack in the log; failures outside are named by the catalogue and need none.
function describeCause(error: HeadgateError): string | undefined {
  const { cause } = error;
  if (error.code === "internal" && cause instanceof Error) return cause.stack;
  return error.detail;
}
