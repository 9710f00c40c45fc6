import type { Call } from "../../call.ts";
import type { ModelEntry } from "../../endpoint/snapshot.ts";
import type { AttemptLimits } from "./attempt.ts";

/** In milliseconds. A model that thinks says nothing for long. */
const usual = { firstTokenMs: 10_000, betweenContentMs: 15_000, wholeAnswerMs: 60_000 };
const thinking = { firstTokenMs: 60_000, betweenContentMs: 60_000, wholeAnswerMs: 300_000 };
const alone = { firstTokenMs: 60_000, betweenContentMs: 60_000, wholeAnswerMs: Number.POSITIVE_INFINITY };

export interface LimitsOf {
  readonly model: ModelEntry;
  /** Another deployment or model stands by. */
  readonly hasOther: boolean;
  readonly nowMs: number;
}

/** What the project declares for the model, else what suits it; where another stands by, some of the deadline is left to it. */
export function toAttemptLimits(call: Call, { model, hasOther, nowMs }: LimitsOf): AttemptLimits {
  const { timeouts } = call.snapshot.resilience;
  const own = model.timeouts;
  const base = !hasOther ? alone : mayThink(call, model) ? thinking : usual;
  const shareMs = hasOther ? (call.deadlineMs - nowMs) / 2 : Number.POSITIVE_INFINITY;
  return {
    firstTokenMs: own?.firstTokenMs ?? timeouts.firstTokenMs ?? Math.min(base.firstTokenMs, shareMs),
    betweenContentMs: own?.betweenContentMs ?? timeouts.betweenContentMs ?? base.betweenContentMs,
    wholeAnswerMs: own?.wholeAnswerMs ?? timeouts.wholeAnswerMs ?? Math.min(base.wholeAnswerMs, shareMs),
  };
}

function mayThink({ settings }: Call, { capabilities }: ModelEntry): boolean {
  const { reasoningEffort, reasoningTokens } = settings;
  if (reasoningEffort === "none") return false;
  return reasoningEffort !== undefined || reasoningTokens !== undefined || capabilities?.includes("reasoning") === true;
}
