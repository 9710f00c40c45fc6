import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { ProviderContext } from "../provider.ts";

/** Call it with the characters that were just worked on; it lets the event loop run when a turn's share is used up. */
export type Pace = (characters: number) => Promise<void>;

// About 5 ms of the slowest step on one 2020s core.
const charactersPerTurn = 8_000;

/** Counts work instead of time, so that the same request takes the same turns on any machine. */
export function createPace(clock: Clock, context: ProviderContext): Pace {
  let spent = 0;
  return async (characters) => {
    spent += characters;
    if (spent < charactersPerTurn) return;
    spent = 0;
    await setImmediate();
    throwIfOver(clock, context);
  };
}

/** What the promise gives, unless the call ends first. */
export async function waitUntilOver<Value>(
  promise: Promise<Value>,
  clock: Clock,
  context: ProviderContext,
): Promise<Value> {
  throwIfOver(clock, context);
  const settled = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    context.signal.addEventListener("abort", () => resolve(undefined), { once: true, signal: settled.signal });
  });
  try {
    const value = await Promise.race([promise, aborted]);
    throwIfOver(clock, context);
    return value as Value;
  } finally {
    settled.abort();
  }
}

/** @throws HeadgateError `request_cancelled` or `deadline_exceeded` once the call is over. */
export function throwIfOver(clock: Clock, context: ProviderContext): void {
  if (context.signal.aborted) {
    const reason: unknown = context.signal.reason;
    throw HeadgateError.is(reason) ? reason : new HeadgateError("request_cancelled", { cause: reason });
  }
  if (clock.now() >= context.deadlineMs) throw new HeadgateError("deadline_exceeded");
}
