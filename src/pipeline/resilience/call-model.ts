import type { Next } from "../stage.ts";
import { HedgeCap } from "./health/hedge-cap.ts";
import { RetryBudget } from "./health/retry-budget.ts";
import { ModelRun, type ModelRunOptions } from "./model-run.ts";
import { RescuedStream } from "./rescued-stream.ts";

export type CallModelOptions = Omit<ModelRunOptions, "budget" | "hedges">;

/**
 * The innermost step: asks the route's models until one answers, and goes on with a stream that breaks. Every model call
 * leaves one note, before its `finish` is passed on; a request that no provider can be told leaves none.
 */
export function callModel(options: CallModelOptions): Next {
  const budget = new RetryBudget();
  const shared: ModelRunOptions = { ...options, budget, hedges: new HedgeCap() };
  return async (call) => {
    const run = new ModelRun(call, shared);
    const { nextReason } = call.notes;
    call.notes.nextReason = "first";
    budget.enter();
    try {
      const stop = run.itinerary.first();
      const reason = nextReason === "first" ? stop.reason : nextReason;
      const holdBackChars = call.snapshot.resilience.rescue?.holdBackChars;
      const { attempt, whole } = await run.open(stop, { call, reason, holdBackChars });
      call.notes.target = attempt.target;
      if (whole) {
        budget.leave();
        return whole;
      }
      const stream = new RescuedStream({ call, run, attempt, onEnd: () => budget.leave() });
      return { parts: { [Symbol.asyncIterator]: () => stream } };
    } catch (error) {
      budget.leave();
      throw error;
    }
  };
}
