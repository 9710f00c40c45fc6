import { randomUUID } from "node:crypto";
import { describeAnswer, isClearFailure, isWhole, percentile, tally } from "../pressure/judge-answer.ts";
import { createPressureClient, type Answer, type Ask } from "../pressure/pressure-client.ts";
import { readRecords } from "../read-records.ts";
import { readResidentKib } from "../server-report.ts";
import type { PressureServer } from "../pressure/write-project.ts";
import { applyOpenLoad } from "./open-load.ts";
import { watchServer } from "./watch-server.ts";

export interface Overload {
  readonly name: string;
  readonly server: PressureServer;
  readonly asks: readonly Ask[];
  /** What the narrowest place takes at most; the overload is five times as much. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Requests at work at once, at most. */
  readonly connections: number;
  /** True: clients have their connections when the overload begins. A loop takes in one a turn, late in a long one. */
  readonly areOpenBefore: boolean;
}

export interface OverloadBars {
  /** Of the peak's good answers. */
  readonly leastShare: number;
  readonly mostRefusedMs: number;
  readonly mostLivezMs: number;
  readonly mostGrownMib: number;
  /** Of the peak, sent. Below it was too little of an overload: the sender was the bottleneck, or its connections. */
  readonly leastTimes: number;
}

export interface OverloadFigures {
  readonly name: string;
  /** Good answers a second: at a load that just fits, and at five times as much. */
  readonly peak: number;
  readonly goodput: number;
  /** Of good answers, p50 and p99. */
  readonly goodMs: readonly [p50: number, p99: number];
  /** Of requests that were refused without asking a provider, p99. */
  readonly refusedMs: number;
  readonly refused: number;
  /** Of requests that failed at the provider, p99. */
  readonly failedMs: number;
  readonly failed: number;
  readonly unclear: readonly Answer[];
  readonly told: string;
  readonly livezMs: number;
  readonly grownMib: number;
  /** What was really sent, as a multiple of the peak. */
  readonly times: number;
  /** Requests that found no free connection. */
  readonly unsent: number;
  readonly senderLateMs: number;
}

const timesOverload = 5;

/** Measures what fits, then sends five times as much. */
export async function overload({
  name,
  server,
  asks,
  perSecond,
  seconds,
  connections,
  areOpenBefore,
}: Overload): Promise<OverloadFigures> {
  const client = createPressureClient(server.url);
  const send = async (index: number): Promise<{ readonly requestId: string; readonly answer: Answer }> => {
    const requestId = randomUUID();
    return { requestId, answer: await client.send({ ...asks[index % asks.length]!, requestId }) };
  };
  try {
    await applyOpenLoad({ perSecond: perSecond / 2, seconds: 2, connections }, send);
    const fitting = await applyOpenLoad({ perSecond, seconds, connections }, send);
    if (areOpenBefore) await client.open(connections);
    const beforeKib = readResidentKib(server.child.pid!);
    const load = { perSecond: perSecond * timesOverload, seconds, connections };
    const {
      result: over,
      livezMs,
      peakMib,
    } = await watchServer(server, createPressureClient, () => applyOpenLoad(load, send));
    const { results: result } = over;
    const records = await readRecords(server.url);
    const bad = result.filter(({ answer }) => !isWhole(answer));
    const hasAsked = ({ requestId }: { readonly requestId: string }): boolean =>
      (records.get(requestId)?.attempts ?? 0) > 0;
    const refused = bad.filter((one) => !hasAsked(one)).map(toAnswer);
    const failed = bad.filter(hasAsked).map(toAnswer);
    const answers = result.map(toAnswer);
    const goodTimes = answers.filter(isWhole).map(({ totalMs }) => totalMs);
    return {
      name,
      peak: countGood(fitting.results.map(toAnswer), seconds, fitting.beganAtMs),
      goodput: countGood(answers, seconds, over.beganAtMs),
      goodMs: [percentile(goodTimes, 0.5), percentile(goodTimes, 0.99)],
      refusedMs: percentile(
        refused.map(({ totalMs }) => totalMs),
        0.99,
      ),
      refused: refused.length,
      failedMs: percentile(
        failed.map(({ totalMs }) => totalMs),
        0.99,
      ),
      failed: failed.length,
      unclear: [...refused, ...failed].filter((answer) => !isClearFailure(answer)),
      told: tally([...refused.map(describeAnswer).map((told) => `refused ${told}`), ...failed.map(describeAnswer)]),
      livezMs,
      grownMib: peakMib - beforeKib / 1024,
      times: result.length / seconds / perSecond,
      unsent: over.unsent,
      senderLateMs: over.senderLateMs,
    };
  } finally {
    client.close();
  }
}

function toAnswer({ answer }: { readonly answer: Answer }): Answer {
  return answer;
}

/** A second, over the time in which the load was applied: what is answered later does not count. */
function countGood(answers: readonly Answer[], seconds: number, beganAtMs: number): number {
  const untilMs = beganAtMs + seconds * 1000;
  return answers.filter((answer) => isWhole(answer) && answer.sentAtMs + answer.totalMs <= untilMs).length / seconds;
}

export function judgeOverload(figures: OverloadFigures, bars: OverloadBars): { line: string; faults: string[] } {
  const { peak, goodput, refusedMs, unclear, livezMs, grownMib, times } = figures;
  const { leastShare, mostRefusedMs, mostLivezMs, mostGrownMib, leastTimes } = bars;
  const share = goodput / peak;
  const faults = [
    ...(share < leastShare ? [`goodput ${(share * 100).toFixed(0)} % of the peak`] : []),
    ...(refusedMs > mostRefusedMs ? [`refused only after ${refusedMs.toFixed(0)} ms`] : []),
    ...(figures.refused === 0 ? ["nothing was refused: it was no overload"] : []),
    ...(times < leastTimes ? [`only ${times.toFixed(1)} times the peak was sent`] : []),
    ...(unclear.length > 0 ? [`${unclear.length} unclear: ${tally(unclear.map(describeAnswer))}`] : []),
    ...(livezMs > mostLivezMs ? [`/livez after ${livezMs.toFixed(0)} ms`] : []),
    ...(grownMib > mostGrownMib ? [`RSS grew by ${grownMib.toFixed(0)} MiB`] : []),
  ];
  return { line: describe(figures, bars), faults };
}

function describe(figures: OverloadFigures, { mostGrownMib }: OverloadBars): string {
  const { peak, goodput, goodMs, refusedMs, failedMs, livezMs, grownMib, times, unsent, senderLateMs } = figures;
  return [
    `${figures.name}: goodput ${goodput.toFixed(1)}/s of ${peak.toFixed(1)}/s (${((goodput / peak) * 100).toFixed(0)} %)`,
    `good ones p50 ${goodMs[0].toFixed(0)} ms, p99 ${goodMs[1].toFixed(0)} ms`,
    `${figures.refused} refused at once, p99 ${refusedMs.toFixed(1)} ms`,
    `${figures.failed} failed at the provider, p99 ${failedMs.toFixed(0)} ms`,
    `/livez p99 ${livezMs.toFixed(1)} ms`,
    `RSS +${grownMib.toFixed(0)} MiB (bound ${mostGrownMib})`,
    `sent ${times.toFixed(1)} times the peak, p99 ${senderLateMs.toFixed(0)} ms late, ${unsent} found no connection`,
    figures.told,
  ].join("; ");
}
