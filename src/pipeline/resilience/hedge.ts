import type { Resilience } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { estimateUsage, OutputCounter } from "./estimate-usage.ts";
import type { AttemptNote, Call } from "../../call.ts";
import type { Usage } from "../../reply.ts";
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
    readonly estimatePrompt: (call: Call) => number;
    readonly priceOf: (attempt: AttemptNote, call: Call) => number | null | Promise<number | null>;
  };
  start(stop: Stop, asking: Asking): Attempt;
  mayAskAt(stop: Stop): Promise<boolean>;
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
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  const settling = opening.then(settle, settle);
  const slow = Promise.withResolvers<void>();
  const cancelTimer = clock.after(hedge.afterMs, slow.resolve);
  await Promise.race([settling, slow.promise]);
  cancelTimer();
  if (isSettled) return opening;
  const second = await openSecond(run, { hedge, asking, isWanted: () => !isSettled });
  if (!second) return opening;
  return firstOf(run, { attempt: first, opening }, second);
}

interface Racer {
  readonly attempt: Attempt;
  readonly opening: Promise<Opened>;
}

interface Second extends Racer {
  readonly stop: Stop;
}

interface Seconding extends Omit<Hedging, "stop"> {
  readonly isWanted: () => boolean;
}

async function openSecond(run: HedgedRun, { hedge, asking, isWanted }: Seconding): Promise<Second | undefined> {
  const { clock, hedges } = run.options;
  const stop = run.itinerary.beside();
  if (!stop) return undefined;
  const { call } = asking;
  const input = estimateUsage(run.options.estimatePrompt(call), new OutputCounter());
  const most = { ...input, outputTokens: call.settings.maxOutputTokens ?? usualOutputTokens };
  const mayCost = await findPrice(run, call, { stop, usage: most });
  const takenAtMs = clock.now();
  const maxMicroUsd = Math.round(hedge.maxUsdPerHour * 1_000_000);
  if (!isWanted() || mayCost === null || !hedges.tryTake(mayCost, takenAtMs, maxMicroUsd)) {
    stop.turn.leave(takenAtMs);
    return undefined;
  }
  if (!(await run.mayAskAt(stop))) {
    hedges.refund(mayCost, takenAtMs, clock.now());
    return undefined;
  }
  const onEnd = async (usage: Usage = input): Promise<void> => {
    const cost = await findPrice(run, call, { stop, usage });
    if (cost !== null) hedges.refund(mayCost - cost, takenAtMs, clock.now());
  };
  try {
    const attempt = run.start(stop, { ...asking, reason: "hedge", onEnd: (usage) => void onEnd(usage) });
    attempt.allowCancel();
    return { stop, attempt, opening: attempt.open() };
  } catch {
    // The first one may answer yet.
    hedges.refund(mayCost, takenAtMs, clock.now());
    return undefined;
  }
}

/** In micro-dollars; null: unknown. */
async function findPrice({ options }: HedgedRun, call: Call, { stop, usage }: Priced): Promise<number | null> {
  const { provider, model } = stop.target;
  try {
    return await options.priceOf({ provider, model, reason: "hedge", durationMs: 0, usage }, call);
  } catch {
    return null;
  }
}

interface Priced {
  readonly stop: Stop;
  readonly usage: Usage;
}

async function firstOf({ itinerary }: HedgedRun, first: Racer, second: Second): Promise<Opened> {
  let winner: Opened;
  try {
    winner = await Promise.any([first.opening, second.opening]);
  } catch {
    // Both have failed: what the request was meant for counts.
    itinerary.leaveOut(second.stop);
    return first.opening;
  }
  const hasSecondWon = winner.attempt === second.attempt;
  if (hasSecondWon) itinerary.moveTo(second.stop);
  const loser = hasSecondWon ? first : second;
  loser.attempt.cancel(new HeadgateError("request_cancelled", { detail: "Another deployment began to answer first." }));
  // It ends with that, or has failed before.
  loser.opening.catch(() => {});
  return winner;
}
