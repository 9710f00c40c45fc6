import { wholeReply, type Completion, type Part, type Reply } from "../../reply.ts";
import { outcomeDeltas } from "../outcome-deltas.ts";

/** A whole answer once more, plain or streamed, whichever way it was given first. */
export function replayAnswer(completion: Completion, stream: boolean): Reply {
  const reply = wholeReply(completion);
  return stream ? { parts: completion.outcome ? toDeltas(reply, completion.outcome) : reply.parts } : reply;
}

async function* toDeltas({ parts }: Reply, outcome: NonNullable<Completion["outcome"]>): AsyncGenerator<Part> {
  yield* outcomeDeltas(outcome);
  yield* parts;
}
