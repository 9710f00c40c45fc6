import { HeadgateError } from "./errors.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What the process's environment says. The only reader of `process.env`; a secret is read at its use and never stored. */
export interface Environment {
  /** `DATABASE_URL`: a Postgres 15+ server; absent: the embedded store. */
  readonly databaseUrl?: string;
  /** `HEADGATE_PORT`, else `PORT`. */
  readonly port?: number;
  /** `HEADGATE_HOST`. */
  readonly host?: string;
  /** `HEADGATE_DRAIN_SECONDS`, in milliseconds: how long calls at work may take to finish when the server stops. */
  readonly drainMs?: number;
  /** `HEADGATE_LAME_DUCK_SECONDS`, in milliseconds: how long the server goes on, with `/readyz` red, when it stops. */
  readonly lameDuckMs?: number;
  /** `HEADGATE_LOG_LEVEL`. @default "info" */
  readonly logLevel: LogLevel;
  /** `HEADGATE_API_KEY`: the key that `headgate call` sends to a running server. */
  readonly apiKey?: string;
  /** `HEADGATE_LOG_CONTENT=true`: the log also holds prompts and answers. @default false */
  readonly logContent: boolean;
  /** A secret by the name of its variable; empty counts as absent. */
  secret(name: string): string | undefined;
}

const logLevels: readonly string[] = ["debug", "info", "warn", "error", "silent"] satisfies LogLevel[];

/** @throws HeadgateError `config_invalid` naming the variable. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const read = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const portVariable = read("HEADGATE_PORT") === undefined ? "PORT" : "HEADGATE_PORT";
  return {
    databaseUrl: read("DATABASE_URL"),
    port: parsePort(read(portVariable), portVariable),
    host: read("HEADGATE_HOST"),
    drainMs: parseSeconds(read("HEADGATE_DRAIN_SECONDS"), "HEADGATE_DRAIN_SECONDS"),
    lameDuckMs: parseSeconds(read("HEADGATE_LAME_DUCK_SECONDS"), "HEADGATE_LAME_DUCK_SECONDS"),
    logLevel: parseLogLevel(read("HEADGATE_LOG_LEVEL")),
    apiKey: read("HEADGATE_API_KEY"),
    logContent: parseSwitch(read("HEADGATE_LOG_CONTENT"), "HEADGATE_LOG_CONTENT"),
    secret: read,
  };
}

/** @throws HeadgateError `config_invalid`; `source` is the variable or option that the text came from. */
export function parsePort(text: string | undefined, source: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new HeadgateError("config_invalid", { detail: `${source} must be a port number from 0 to 65535.` });
}

const mostSeconds = 3600;

/**
 * Milliseconds from a text in seconds, which may have a fraction.
 * @throws HeadgateError `config_invalid`; `source` is the variable or option that the text came from.
 */
export function parseSeconds(text: string | undefined, source: string): number | undefined {
  if (text === undefined) return undefined;
  const seconds = text.trim() === "" ? Number.NaN : Number(text);
  if (seconds >= 0 && seconds <= mostSeconds) return Math.round(seconds * 1000);
  throw new HeadgateError("config_invalid", {
    detail: `${source} must be a number of seconds from 0 to ${mostSeconds}.`,
  });
}

function parseSwitch(text: string | undefined, source: string): boolean {
  if (text === undefined || text === "false") return false;
  if (text === "true") return true;
  throw new HeadgateError("config_invalid", { detail: `${source} must be true or false.` });
}

function parseLogLevel(text: string | undefined): LogLevel {
  if (text === undefined) return "info";
  if (logLevels.includes(text)) return text as LogLevel;
  throw new HeadgateError("config_invalid", { detail: `HEADGATE_LOG_LEVEL must be one of: ${logLevels.join(", ")}.` });
}
