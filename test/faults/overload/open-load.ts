import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../pressure/judge-answer.ts";

export interface OpenLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** Requests at work at once, each on a connection; what finds none free is not sent. */
  readonly connections: number;
}

export interface OpenLoadResult<Result> {
  readonly results: readonly Result[];
  readonly unsent: number;
  /** How much later than due requests were written, p99: above the tick of 5 ms the sender is the bottleneck. */
  readonly senderLateMs: number;
  /** By `performance.now()`. */
  readonly beganAtMs: number;
}

const tickMs = 5;

/** Sends at an even rate whatever comes back, as many clients do that know nothing of each other. */
export async function applyOpenLoad<Result>(
  { perSecond, seconds, connections }: OpenLoad,
  send: (index: number) => Promise<Result>,
): Promise<OpenLoadResult<Result>> {
  const beganAtMs = performance.now();
  const all = Math.round(perSecond * seconds);
  const sent: Promise<Result>[] = [];
  const lateMs: number[] = [];
  let unsent = 0;
  let atWork = 0;
  const onDone = (): unknown => atWork--;
  while (sent.length + unsent < all) {
    const due = Math.min(all, Math.floor(((performance.now() - beganAtMs) / 1000) * perSecond) + 1);
    while (sent.length + unsent < due) {
      if (atWork >= connections) {
        unsent++;
        continue;
      }
      lateMs.push(performance.now() - beganAtMs - ((sent.length + unsent) / perSecond) * 1000);
      atWork++;
      const result = send(sent.length);
      void result.then(onDone);
      sent.push(result);
    }
    await sleep(tickMs);
  }
  return { results: await Promise.all(sent), unsent, senderLateMs: percentile(lateMs, 0.99), beganAtMs };
}
