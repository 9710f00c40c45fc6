import { createHash } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { createWatchedRows } from "../watched-rows.ts";
import { createBoundedCounts } from "./bounded-counts.ts";
import type { HostileDialect, HostileRequest } from "./hostile-request.ts";

/** What the hostile provider charges, in millionths of a dollar per token: declare the same, and the bills must agree. */
export const hostilePrices = { inputMicroUsd: 2, outputMicroUsd: 10 } as const;

/**
 * How an answer ended. `open`: not yet. `finished`: written in full, and the connection kept. `cut`: the provider itself
 * ended the connection. `client-fin`, `client-reset`: the client did, before the end.
 */
export type AnswerEnd = "open" | "finished" | "cut" | "client-fin" | "client-reset";

/** One request as the hostile provider saw and answered it; the numbers grow while it is answered. */
export interface HostileEntry {
  /** Counted from 1. */
  readonly id: number;
  /** Counted from 1: equal for requests on one connection. */
  readonly connectionId: number;
  /** Counted from 1: how often this very request came, by method, path and body. */
  readonly attempt: number;
  /** The first 16 hex digits of the SHA-256 of method, path and body. */
  readonly requestHash: string;
  readonly method: string;
  readonly path: string;
  readonly dialect: HostileDialect;
  /** As asked for; "" if none was. */
  readonly model: string;
  readonly isStream: boolean;
  /** Names in lower case; of keys, only the last four characters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed; kept for the newest 5,000 requests. */
  json: Readonly<Record<string, unknown>> | undefined;
  /** The fault that was done to it, undefined if it was answered as it should be. */
  fault: string | undefined;
  readonly receivedAtMs: number;
  firstByteAtMs: number | undefined;
  lastByteAtMs: number | undefined;
  status: number | undefined;
  /** Handed to the operating system for the peer, this answer's head included. */
  bytesAccepted: number;
  readonly inputTokens: number;
  /** Truly written; a token that was never written is not counted. */
  outputTokens: number;
  /** By `hostilePrices`; the input is charged as soon as anything was generated. */
  costMicroUsd: number;
  /** The text that was written so far, to 64 KiB. */
  text: string;
  end: AnswerEnd;
  endedAtMs: number | undefined;
}

/** What a hostile provider saw: the newest 200,000 requests. */
export interface HostileLedger {
  readonly entries: readonly HostileEntry[];
  /** Connections that are open now. */
  readonly openConnections: number;
  /** Connections that were ever accepted. */
  readonly acceptedConnections: number;
  /** Resolves with the first truthy result of `find`, tried now and after each change. Rejects after `timeoutMs`. */
  waitFor<T>(find: (entries: readonly HostileEntry[]) => T | undefined | false, timeoutMs?: number): Promise<T>;
}

/** The side of the ledger that is written by the provider. */
export interface WritableLedger extends HostileLedger {
  add(request: HostileRequest, connectionId: number): HostileEntry;
  addTokens(entry: HostileEntry, count: number, text: string): void;
  end(entry: HostileEntry, how: AnswerEnd): void;
  connected(): void;
  disconnected(): void;
  readonly tell: () => void;
  /** Forgets all entries and counts but those of connections that are open. */
  reset(): void;
}

const mostEntries = 200_000;
const mostBodies = 5000;
const mostTextChars = 64 * 1024;
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "x-api-key", "api-key", "x-goog-api-key"]);

export function createHostileLedger(clock: Clock): WritableLedger {
  const watched = createWatchedRows<HostileEntry>(clock, mostEntries);
  const attempts = createBoundedCounts(mostEntries);
  let nextId = 1;
  let open = 0;
  let accepted = 0;

  return {
    entries: watched.rows,
    waitFor: watched.waitFor,
    tell: watched.tell,
    get openConnections() {
      return open;
    },
    get acceptedConnections() {
      return accepted;
    },
    add: (request, connectionId) => {
      const hash = hashRequest(request);
      const times = { id: nextId++, attempt: attempts.count(hash), nowMs: clock.now() };
      const entry = toEntry({ request, connectionId, hash, ...times });
      watched.add(entry);
      forgetBody(watched.rows[watched.rows.length - 1 - mostBodies]);
      return entry;
    },
    addTokens: (entry, count, text) => {
      if (count > 0 && entry.outputTokens === 0) entry.costMicroUsd += entry.inputTokens * hostilePrices.inputMicroUsd;
      entry.outputTokens += count;
      entry.costMicroUsd += count * hostilePrices.outputMicroUsd;
      if (entry.text.length < mostTextChars) entry.text += text;
      watched.tell();
    },
    end: (entry, how) => {
      if (entry.end !== "open") return;
      entry.end = how;
      entry.endedAtMs = clock.now();
      watched.tell();
    },
    connected: () => {
      open++;
      accepted++;
      watched.tell();
    },
    disconnected: () => {
      open--;
      watched.tell();
    },
    reset: () => {
      attempts.clear();
      accepted = open;
      nextId = 1;
      watched.clear();
    },
  };
}

function forgetBody(entry: HostileEntry | undefined): void {
  if (entry) entry.json = undefined;
}

interface NewEntry {
  readonly request: HostileRequest;
  readonly connectionId: number;
  readonly hash: string;
  readonly id: number;
  readonly attempt: number;
  readonly nowMs: number;
}

function toEntry({ request, connectionId, hash, id, attempt, nowMs }: NewEntry): HostileEntry {
  return {
    id,
    connectionId,
    attempt,
    requestHash: hash,
    method: request.method,
    path: request.path,
    dialect: request.dialect,
    model: request.model,
    isStream: request.isStream,
    headers: redact(request.headers),
    json: request.json,
    fault: undefined,
    receivedAtMs: nowMs,
    firstByteAtMs: undefined,
    lastByteAtMs: undefined,
    status: undefined,
    bytesAccepted: 0,
    inputTokens: request.inputTokens,
    outputTokens: 0,
    costMicroUsd: 0,
    text: "",
    end: "open",
    endedAtMs: undefined,
  };
}

function hashRequest({ method, path, body }: HostileRequest): string {
  return createHash("sha256").update(`${method} ${path}\n`).update(body).digest("hex").slice(0, 16);
}

function redact(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name) ? `…${value.slice(-4)}` : value]),
  );
}
