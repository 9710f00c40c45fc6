import type { Call } from "../../call.ts";
import type { FinishReason, Outcome, Part, Reply, Usage } from "../../reply.ts";
import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import type { Next } from "../stage.ts";
import type { Ladder } from "./climb-ladder.ts";
import { FieldStream } from "./field-stream.ts";
import { maxAnswerChars } from "./judge-answer.ts";
import { remainingDeltas } from "./remaining-deltas.ts";

export interface StreamOutputOptions {
  readonly call: Call;
  readonly endpoint: LoadedEndpoint;
  readonly ladder: Ladder;
  readonly next: Next;
  /** The reply to the first model call, already under way. */
  readonly first: Reply;
}

/** Streams deltas of the valid part of each answer; what was sent and turns out wrong is taken back with `reset`. */
export function streamOutput(options: StreamOutputOptions): Reply {
  return {
    parts: {
      [Symbol.asyncIterator]() {
        const answer = generate(options);
        let isStarted = false;
        return {
          next: () => {
            isStarted = true;
            return answer.next();
          },
          // A generator that never started does not run its `finally`, and the provider's stream would stay open.
          return: async () => {
            if (!isStarted) await options.first.parts[Symbol.asyncIterator]().return?.();
            return answer.return(undefined);
          },
        };
      },
    },
  };
}

async function* generate({
  call,
  endpoint,
  ladder,
  next,
  first,
}: StreamOutputOptions): AsyncGenerator<Part, undefined> {
  for (let reply = first; ;) {
    const attempt = new Attempt(endpoint);
    yield* attempt.read(reply);
    const step = await ladder.judge(attempt);
    if (step.type === "done") {
      yield* settle(attempt, step.outcome);
      return undefined;
    }
    if (attempt.fields.hasSent) yield { type: "reset", reason: step.reason };
    call.notes.nextReason = step.reason;
    reply = await next(step.call);
  }
}

/** One model answer while it is read. */
class Attempt {
  text = "";
  finishReason: FinishReason = "other";
  usage: Usage | undefined;
  fields: FieldStream;
  readonly #endpoint: LoadedEndpoint;

  constructor(endpoint: LoadedEndpoint) {
    this.#endpoint = endpoint;
    this.fields = new FieldStream(endpoint.output);
  }

  async *read(reply: Reply): AsyncGenerator<Part> {
    if (reply.whole) {
      ({ text: this.text, finishReason: this.finishReason, usage: this.usage } = reply.whole);
      return;
    }
    for await (const part of reply.parts) {
      if (part.type === "text") {
        this.text += part.text;
        // The ladder refuses it; leaving the loop closes the provider's stream.
        if (this.text.length > maxAnswerChars) return;
        yield* this.fields.write(part.text);
      } else if (part.type === "usage") this.usage = part.usage;
      else if (part.type === "finish") this.finishReason = part.reason;
      else if (part.type === "reset") {
        if (this.fields.hasSent) yield part;
        this.text = "";
        this.fields = new FieldStream(this.#endpoint.output);
      }
    }
  }
}

function* settle({ fields, usage, finishReason }: Attempt, outcome: Outcome): Generator<Part> {
  const rest = remainingDeltas(fields.sent, outcome.output);
  if (rest) yield* rest;
  else {
    yield { type: "reset", reason: "corrected" };
    yield* remainingDeltas({}, outcome.output) ?? [];
  }
  if (usage) yield { type: "usage", usage };
  yield { type: "finish", reason: finishReason, outcome };
}
