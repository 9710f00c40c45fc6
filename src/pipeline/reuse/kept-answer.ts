import type { Call, Target } from "../../call.ts";
import { isRecord, parseJson } from "../../json.ts";
import type { Completion } from "../../reply.ts";

/** An answer as it is kept: whole and in words, so that it can be given plain, streamed, or in another dialect's form. */
export interface KeptAnswer {
  readonly createdAtMs: number;
  /** Which model has given it. */
  readonly target: Pick<Target, "provider" | "model">;
  readonly completion: Omit<Completion, "raw">;
  /** The provider's own bytes, of answers that are nobody's in particular. */
  readonly body?: string;
  /** On what the provider could not be told, or did not tell. */
  readonly warnings: readonly string[];
  /** What its model calls took. */
  readonly took: SavedUsage;
}

export type SavedUsage = NonNullable<NonNullable<Call["notes"]["cache"]>["saved"]>;

/**
 * An answer for another than who asked for it first: without the provider's own bytes, which hold an id and a time. Those of
 * a task hold neither, and are all that there is of vectors that nobody has read.
 */
export function toShared(completion: Completion): Completion {
  if (completion.result) return completion;
  const { raw: _raw, ...words } = completion;
  return words;
}

/** The parts of a kept answer that are its completion. */
export function fromShared(shared: Completion): Pick<KeptAnswer, "completion" | "body"> {
  const { raw, ...completion } = shared;
  return raw ? { completion, body: Buffer.from(raw).toString() } : { completion };
}

export function toCompletion({ completion, body }: KeptAnswer): Completion {
  return body === undefined ? completion : { ...completion, raw: Buffer.from(body) };
}

export function writeKeptAnswer(answer: KeptAnswer): string {
  return JSON.stringify(answer);
}

/** Undefined for what no version of Headgate has written. */
export function readKeptAnswer(text: string): KeptAnswer | undefined {
  try {
    const value = parseJson(text);
    return isRecord(value) && isRecord(value["completion"]) ? (value as unknown as KeptAnswer) : undefined;
  } catch {
    return undefined;
  }
}
