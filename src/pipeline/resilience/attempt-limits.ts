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
  /** The call finds out whether the deployment is back. */
  readonly probe?: Probe;
}

interface Probe {
  /** How long the deployment took to answer when it did; undefined: it never did. */
  readonly usualMs: number | undefined;
  /** A float in [0, 1). */
  readonly random: number;
}

const leastProbeMs = 1000;
const unknownProbeMs = 3000;
const timesUsual = 3;

/** A deployment that has become slow would never pass otherwise. */
const patientShare = 0.25;

/** What the project declares for the model, else what suits it; where another stands by, some of the deadline is left to it. */
export function toAttemptLimits(call: Call, { model, hasOther, nowMs, probe }: LimitsOf): AttemptLimits {
  const { timeouts } = call.snapshot.resilience;
  const own = model.timeouts;
  const base = !hasOther ? alone : mayThink(call, model) ? thinking : usual;
  const probeMs = hasOther && probe && base !== thinking ? toProbeMs(probe) : Number.POSITIVE_INFINITY;
  const shareMs = hasOther ? (call.deadlineMs - nowMs) / 2 : Number.POSITIVE_INFINITY;
  return {
    firstTokenMs: Math.min(own?.firstTokenMs ?? timeouts.firstTokenMs ?? Math.min(base.firstTokenMs, shareMs), probeMs),
    betweenContentMs: own?.betweenContentMs ?? timeouts.betweenContentMs ?? base.betweenContentMs,
    wholeAnswerMs: Math.min(
      own?.wholeAnswerMs ?? timeouts.wholeAnswerMs ?? Math.min(base.wholeAnswerMs, shareMs),
      probeMs,
    ),
  };
}

/** Its client waits for a deployment that is likely to be away, while another could answer. */
function toProbeMs({ usualMs, random }: Probe): number {
  if (random < patientShare) return Number.POSITIVE_INFINITY;
  return usualMs === undefined ? unknownProbeMs : Math.max(leastProbeMs, timesUsual * usualMs);
}

function mayThink({ settings }: Call, { capabilities }: ModelEntry): boolean {
  const { reasoningEffort, reasoningTokens } = settings;
  if (reasoningEffort === "none") return false;
  return reasoningEffort !== undefined || reasoningTokens !== undefined || capabilities?.includes("reasoning") === true;
}
