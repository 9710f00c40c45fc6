import type { JsonSchema } from "../../json.ts";
import type { Embedder } from "./embed.ts";
import type { Pace } from "./pace-work.ts";

/** What one answer's fields share while they are filled. */
export interface FillState {
  readonly root: JsonSchema;
  readonly instructions: string;
  readonly embedder: Pick<Embedder, "embed"> | undefined;
  readonly pace: Pace;
  /** Sentences that a field already quotes; others prefer fresh ones. */
  readonly used: Set<number>;
  /** By the field's name, the sentence that decided its label. */
  readonly evidence: Map<string, string>;
  /** How clear the last label was, 0 to 1. */
  confidence?: number;
  /** How often each `$ref` is being filled right now: a schema that refers to itself is not followed for ever. */
  readonly openReferences: Map<string, number>;
  /** Values that may still be made: what bounds recursive schemas. */
  valuesLeft: number;
}

/** A value for a field, and whether the material gave it or the schema merely demanded one. */
export interface Filled {
  readonly value: unknown;
  readonly isFound: boolean;
}
