import type { Resilience } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { estimateUsage, OutputCounter } from "./estimate-usage.ts";
import type { AttemptNote, Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { Asking } from "./asking.ts";
import type { Attempt, Opened } from "./attempt.ts";
import type { HedgeCap } from "./health/hedge-cap.ts";
import type { Itinerary, Stop } from "./itinerary.ts";

/** What a hedge needs of the run that it belongs to. */
export interface HedgedRun {
  readonly itinerary: Itinerary;
  readonly options: {
    readonly clock: Clock;
    readonly hedges: HedgeCap;
    readonly priceOf: (attempt: AttemptNote, call: Call) => number | null | Promise<number | null>;
  };
  start(stop: Stop, asking: Asking): Attempt;
}

interface Hedging {
  readonly hedge: NonNullable<Resilience["hedge"]>;
  readonly stop: Stop;
  readonly asking: Asking;
}

/** What an answer is taken to have where its request sets no limit, in tokens. */
const usualOutputTokens = 1000;

/**
 * Opens a model call, and a second one beside it if it is slow to begin: whichever begins first answers, and the other is
 * cancelled. Only a second one that the hour's spending has room for, by the most that it may cost.
 */
export async function openHedged(run: HedgedRun, { hedge, stop, asking }: Hedging): Promise<Opened> {
  const { clock } = run.options;
  const first = run.start(stop, asking);
  first.allowCancel();
  const opening = first.open();
  const slow = Promise.withResolvers<"slow">();
  const cancelTimer = clock.after(hedge.afterMs, () => slow.resolve("slow"));
  const begun = await Promise.race([opening, slow.promise]).finally(cancelTimer);
  if (begun !== "slow") return begun;
  const second = await startSecond(run, { hedge, stop, asking });
  if (!second) return opening;
  second.allowCancel();
  return firstOf([
    { attempt: first, opening },
    { attempt: second, opening: second.open() },
  ]);
}

async function startSecond(run: HedgedRun, { hedge, asking }: Hedging): Promise<Attempt | undefined> {
  const { clock, hedges, priceOf } = run.options;
  const stop = run.itinerary.beside();
  if (!stop) return undefined;
  const { call } = asking;
  const { provider, model } = stop.target;
  const usage = {
    ...estimateUsage(call, new OutputCounter()),
    outputTokens: call.settings.maxOutputTokens ?? usualOutputTokens,
  };
  const note = { provider, model, reason: "hedge", durationMs: 0, usage } as const;
  const mayCost = await priceOf(note, call);
  const maxMicroUsd = Math.round(hedge.maxUsdPerHour * 1_000_000);
  if (mayCost === null || !hedges.tryTake(mayCost, clock.now(), maxMicroUsd)) {
    stop.turn.leave(clock.now());
    return undefined;
  }
  return run.start(stop, { ...asking, reason: "hedge" });
}

interface Racer {
  readonly attempt: Attempt;
  readonly opening: Promise<Opened>;
}

async function firstOf(racers: readonly [Racer, Racer]): Promise<Opened> {
  try {
    const winner = await Promise.any(racers.map(({ opening }) => opening));
    for (const { attempt, opening } of racers) {
      if (attempt === winner.attempt) continue;
      attempt.cancel(new HeadgateError("request_cancelled", { detail: "Another deployment began to answer first." }));
      // It may have begun in the same moment.
      opening.then(({ attempt: late }) => late.leave()).catch(() => {});
    }
    return winner;
  } catch {
    // Both have failed: what the request was meant for counts.
    return racers[0].opening;
  }
}
