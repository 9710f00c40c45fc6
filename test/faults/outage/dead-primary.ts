import { askChat, askEndpoint } from "../pressure/asks.ts";
import { describeAnswer, isWhole, percentile, tally } from "../pressure/judge-answer.ts";
import type { Answer, PressureClient } from "../pressure/pressure-client.ts";
import { applySteadyLoad } from "../pressure/steady-load.ts";

/** What is wrong with the model that is asked first, by the tier that asks it: its model's name at the hostile provider. */
export const primaries = {
  refused: "ok",
  unavailable: "fault:unavailable",
  reset: "fault:accept-reset",
  blackhole: "fault:blackhole",
  flapping: "fault:flapping?period=1000",
  limited: "fault:rate-limit?s=2",
} as const;

/** Tiers: the fallback alone, each primary before it, and a model of which one of two deployments is dead. */
export const tiers = ["alone", ...Object.keys(primaries), "deployments"];

export interface TierFigures {
  readonly tier: string;
  readonly requests: number;
  readonly failed: readonly Answer[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface TierLoad {
  readonly client: PressureClient;
  readonly perSecond: number;
  readonly seconds: number;
}

// A plain answer may take 60 s before another model is asked.
const timeoutMs = 90_000;

/** Asks all tiers in turn, so that what else the machine does hits them alike. */
export async function askTiers({ client, perSecond, seconds }: TierLoad): Promise<TierFigures[]> {
  const asks = tiers.map((tier) => [askEndpoint(tier, false), askChat(tier, false), askChat(tier, true)] as const);
  const answers = await applySteadyLoad({ perSecond, seconds }, async (index) => {
    const at = index % tiers.length;
    const ofTier = asks[at]!;
    const ask = ofTier[Math.floor(index / tiers.length) % ofTier.length]!;
    return { tier: tiers[at]!, answer: await client.send(ask, timeoutMs) };
  });
  return tiers.map((tier) => {
    const ofTier = answers.filter((one) => one.tier === tier).map(({ answer }) => answer);
    const times = ofTier.map(({ totalMs }) => totalMs);
    const failed = ofTier.filter((answer) => !isWhole(answer));
    return { tier, requests: ofTier.length, failed, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  });
}

const leastSuccess = 0.999;
const mostExtraMs = 50;

export function judgeTier({ tier, requests, failed, p50Ms, p99Ms }: TierFigures, aloneMs: number): OutageLine {
  const success = 1 - failed.length / requests;
  const faults = [
    ...(success < leastSuccess ? [`${failed.length} failed: ${tally(failed.map(describeAnswer))}`] : []),
    ...(p50Ms - aloneMs > mostExtraMs ? [`${(p50Ms - aloneMs).toFixed(1)} ms more than the fallback alone`] : []),
  ];
  const line = `${tier}: ${(success * 100).toFixed(2)} % of ${requests}; p50 ${p50Ms.toFixed(1)} ms, ${(p50Ms - aloneMs).toFixed(1)} ms more than the fallback alone; p99 ${p99Ms.toFixed(0)} ms`;
  return { line, faults };
}

export interface OutageLine {
  readonly line: string;
  readonly faults: readonly string[];
}
