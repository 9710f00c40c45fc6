import type { Call } from "../../call.ts";
import { collect, wholeReply, type Completion, type Reply } from "../../reply.ts";
import type { Next, Stage } from "../stage.ts";
import { climbLadder, type ResolveRoute } from "./climb-ladder.ts";
import { streamOutput } from "./stream-output.ts";

export interface ValidateOutputOptions {
  readonly resolveRoute: ResolveRoute;
}

/**
 * Turns an endpoint's model text into its validated output, asking the model again where that is needed. Holds a whole
 * answer's text; a streamed call gets deltas of the valid part while the answer grows. Chat calls pass untouched.
 */
export function validateOutput({ resolveRoute }: ValidateOutputOptions): Stage {
  return async (call, next) => {
    const { endpoint } = call;
    if (!endpoint) return next(call);
    const reply = await next(call);
    const ladder = climbLadder(call, endpoint, resolveRoute);
    return call.stream
      ? streamOutput({ call, endpoint, ladder, next, first: reply })
      : answerWhole(call, next, ladder, reply);
  };
}

async function answerWhole(
  call: Call,
  next: Next,
  ladder: ReturnType<typeof climbLadder>,
  first: Reply,
): Promise<Reply> {
  for (let reply = first; ;) {
    const completion = await collect(reply);
    const step = await ladder.judge(completion);
    if (step.type === "done") return wholeReply(toAnswered(completion, step.outcome));
    call.notes.nextReason = step.reason;
    reply = await next(step.call);
  }
}

function toAnswered({ finishReason, usage }: Completion, outcome: Completion["outcome"]): Completion {
  return { text: "", toolCalls: [], finishReason, ...(usage ? { usage } : {}), outcome };
}
