import type { Call, Target } from "../../call.ts";
import { isRecord, parseJson } from "../../json.ts";
import type { Completion } from "../../reply.ts";

/** An answer as it is kept: whole and in words, so that it can be given plain, streamed, or in another dialect's form. */
export interface KeptAnswer {
  readonly createdAtMs: number;
  /** Which model has given it. */
  readonly target: Pick<Target, "provider" | "model">;
  /** Without a provider's own bytes: each response has an id and a time of its own. */
  readonly completion: Omit<Completion, "raw">;
  /** On what the provider could not be told, or did not tell. */
  readonly warnings: readonly string[];
  /** What its model calls took. */
  readonly took: SavedUsage;
}

export type SavedUsage = NonNullable<NonNullable<Call["notes"]["cache"]>["saved"]>;

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
