import type { Call } from "../call.ts";
import type { Completion, Outcome, Part, Reply } from "../reply.ts";
import { wholeReply } from "../reply.ts";
import type { LoadedEndpoint } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import { outcomeDeltas } from "./outcome-deltas.ts";
import type { Stage } from "./stage.ts";

/** Gives an endpoint's answer its final shape: warnings collected on the way, and the contract's fallback when the model failed. */
export function shapeAnswer(): Stage {
  return async (call, next) => {
    const { endpoint } = call;
    if (!endpoint) return next(call);
    let reply: Reply;
    try {
      reply = await next(call);
    } catch (error) {
      const outcome = await fallBack(call, endpoint, error);
      const completion: Completion = { text: "", toolCalls: [], finishReason: "other", outcome };
      return call.stream ? { parts: fallbackParts(outcome, false) } : wholeReply(completion);
    }
    if (reply.whole) return wholeReply({ ...reply.whole, outcome: withWarnings(call, reply.whole.outcome) });
    return { parts: shapeParts(call, endpoint, reply.parts) };
  };
}

async function* shapeParts(call: Call, endpoint: LoadedEndpoint, parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  let isDirty = false;
  try {
    for await (const part of parts) {
      if (part.type === "delta") isDirty = true;
      else if (part.type === "reset") isDirty = false;
      yield part.type === "finish" ? { ...part, outcome: withWarnings(call, part.outcome) } : part;
    }
  } catch (error) {
    yield* fallbackParts(await fallBack(call, endpoint, error), isDirty);
  }
}

async function* fallbackParts(outcome: Outcome, isDirty: boolean): AsyncGenerator<Part> {
  if (isDirty) yield { type: "reset", reason: "fallback" };
  yield* outcomeDeltas(outcome);
  yield { type: "finish", reason: "other", outcome };
}

/** @throws the model's failure itself when no fallback is declared, or when a computed one breaks the contract too. */
async function fallBack(call: Call, endpoint: LoadedEndpoint, error: unknown): Promise<Outcome> {
  if (!HeadgateError.is(error) || !mayAnswerFor(error) || !endpoint.fallback) throw error;
  const output = await computeFallback(endpoint, endpoint.fallback, call.notes.checkedInput);
  if (!output) throw error;
  call.notes.rungs.push({ rung: "fallback", ok: true, attempt: call.notes.attempts.length });
  return { status: "fallback", output, warnings: [...call.notes.warnings, `fallback:${error.code}`] };
}

/** `overloaded` is only of models here: whoever the server itself has no room for does not come so far. */
function mayAnswerFor({ code, isModelFailure }: HeadgateError): boolean {
  return isModelFailure || code === "overloaded";
}

async function computeFallback(
  endpoint: LoadedEndpoint,
  fallback: NonNullable<LoadedEndpoint["fallback"]>,
  input: unknown,
): Promise<Outcome["output"] | undefined> {
  try {
    const checked = await endpoint.output.check(fallback(input));
    return checked.ok ? (checked.value as Outcome["output"]) : undefined;
  } catch {
    // The user's function threw. Its error may hold the input, and the model's failure is what the client has to know.
    return undefined;
  }
}

function withWarnings(call: Call, outcome: Outcome | undefined): Outcome {
  if (!outcome) throw new HeadgateError("internal", { cause: new Error("An endpoint's reply has no outcome.") });
  const warnings = [...new Set([...call.notes.warnings, ...outcome.warnings])];
  return { ...outcome, warnings };
}
