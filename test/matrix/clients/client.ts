import type { ClientName, Json, NextTurn } from "../matrix-case.ts";

/** One event of a stream: its name, if it has one, and its data. */
export interface SeenEvent {
  readonly event?: string;
  /** Parsed; as it is where it is not JSON. */
  readonly data: unknown;
}

/** Writes and reads one dialect as its official clients do. */
export interface MatrixClient {
  readonly name: ClientName;
  readonly path: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a client adds to ask for a stream. */
  readonly streamFields: Json;
  /** What the events of a stream add up to: the whole answer. */
  readonly accumulate: (events: readonly SeenEvent[]) => unknown;
  /** An event in short: without what repeats the whole answer. @param index of the event in its stream */
  readonly shorten: (event: SeenEvent, index: number, whole: Json) => unknown;
  /** The next request of a client that keeps the conversation itself. */
  readonly goOn: (request: Json, answer: Json, next: NextTurn) => Json;
}

/** The fields that differ. */
export function pickChanged(value: Json, base: Json): Json {
  const names = Object.keys(value).filter((name) => JSON.stringify(value[name]) !== JSON.stringify(base[name]));
  return Object.fromEntries(names.map((name) => [name, value[name]]));
}

/** For what repeats a part of the whole answer. */
export const asInWhole = "(as in the whole answer)";

/** Usage as it is, unless it repeats the whole answer's, as far as it goes, or tells nothing yet. */
export function shortenUsage(usage: unknown, whole: Json): unknown {
  const known = (whole["usage"] ?? {}) as Json;
  const fields = Object.entries((usage ?? {}) as Json);
  if (fields.length > 0 && fields.every(([, value]) => value === 0 || value === null)) return "(zeros)";
  return Object.keys(pickChanged(usage as Json, known)).length === 0 ? asInWhole : usage;
}
