import { toPointer } from "../json.ts";
import type { Outcome, Part } from "../reply.ts";

/** The deltas that make the whole output of an endpoint from nothing: one for each field. */
export function* outcomeDeltas({ output }: Outcome): Generator<Part> {
  for (const [name, value] of Object.entries(output)) yield { type: "delta", path: toPointer([name]), set: value };
}
