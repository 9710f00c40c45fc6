import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { askChat, askEndpoint } from "../pressure/asks.ts";
import type { HostileProcess } from "../hostile-process.ts";
import { describeAnswer, isClearFailure, isWhole, tally } from "../pressure/judge-answer.ts";
import type { Answer, PressureClient } from "../pressure/pressure-client.ts";
import { applySteadyLoad } from "../pressure/steady-load.ts";

/** How a provider is away. */
export const outageKinds = ["refused", "unavailable", "accept-reset", "blackhole"] as const;

export type OutageKind = (typeof outageKinds)[number];

export interface Outage {
  readonly kind: OutageKind;
  readonly provider: HostileProcess;
  readonly client: PressureClient;
  readonly perSecond: number;
  readonly outageMs: number;
}

export interface Seen {
  readonly requestId: string;
  readonly answer: Answer;
}

/** What clients saw of an outage; times by `performance.now()`. */
export interface SeenOutage {
  readonly kind: OutageKind;
  readonly seen: readonly Seen[];
  readonly beganAtMs: number;
  readonly returnedAtMs: number;
  /** Requests and connections that reached the provider while it was away; undefined where it could see none. */
  readonly reached: number | undefined;
}

const healthyMs = 3000;
const afterMs = 8000;

/** The deadline of the endpoint, and the limits that the chat's model has of its own: a chat's deadline is 10 minutes. */
export const endpointMs = 5000;
export const modelMs = 2000;

/** A provider is away for a while under a steady load of plain and streamed requests. */
export async function sufferOutage(outage: Outage): Promise<SeenOutage> {
  const { kind, provider, client, perSecond, outageMs } = outage;
  const asks = [false, true].flatMap((isStream) => [askEndpoint(kind, isStream), askChat(`chat-${kind}`, isStream)]);
  const load = applySteadyLoad({ perSecond, seconds: (healthyMs + outageMs + afterMs) / 1000 }, async (index) => {
    const requestId = randomUUID();
    return { requestId, answer: await client.send({ ...asks[index % asks.length]!, requestId }) };
  });
  await sleep(healthyMs);
  const before = await provider.readState();
  const beganAtMs = performance.now();
  if (kind === "refused") {
    await provider.kill();
    await sleep(outageMs);
    await provider.restart();
  } else {
    await provider.setFault("*", kind, { forMs: outageMs });
    await sleep(outageMs);
  }
  const returnedAtMs = performance.now();
  const after = await provider.readState();
  const seen = await load;
  const connections = after.acceptedConnections - before.acceptedConnections;
  const reached = kind === "refused" ? undefined : after.requests - before.requests + connections;
  return { kind, seen, beganAtMs, returnedAtMs, reached };
}

export interface OutageFigures {
  readonly line: string;
  readonly faults: readonly string[];
}

const mostAttempts = 1.2;
const mostRecoveryMs = 2000;
const mostLateMs = 250;

/** @param attemptsOf model calls of a request, as its record says */
export function judgeOutage(
  { kind, seen, beganAtMs, returnedAtMs, reached }: SeenOutage,
  attemptsOf: (requestId: string) => number,
): OutageFigures {
  const during = seen.filter(({ answer: { sentAtMs } }) => sentAtMs >= beganAtMs && sentAtMs < returnedAtMs);
  const recorded = during.reduce((sum, { requestId }) => sum + attemptsOf(requestId), 0);
  const attempts = Math.max(recorded, reached ?? 0) / during.length;
  const answers = seen.map(({ answer }) => answer);
  const failed = answers.filter((answer) => !isWhole(answer));
  const early = failed.filter(({ sentAtMs, totalMs }) => sentAtMs + totalMs < beganAtMs);
  const recoveryMs = Math.max(0, ...failed.map(({ sentAtMs }) => sentAtMs - returnedAtMs));
  const lateMs = Math.max(...answers.map(({ totalMs }) => totalMs - endpointMs));
  const unclear = failed.filter((answer) => !isClearFailure(answer));
  const whole = during.filter(({ answer }) => isWhole(answer)).length;
  const faults = [
    ...(early.length > 0 ? [`${early.length} failed before it: ${tally(early.map(describeAnswer))}`] : []),
    ...(during.length - whole < during.length / 2 ? [`only ${during.length - whole} failed: it was no outage`] : []),
    ...(attempts > mostAttempts ? [`${attempts.toFixed(2)} attempts for a request`] : []),
    ...(recoveryMs > mostRecoveryMs ? [`recovered after ${Math.round(recoveryMs)} ms`] : []),
    ...(lateMs > mostLateMs ? [`answered ${Math.round(lateMs)} ms after the deadline`] : []),
    ...(unclear.length > 0 ? [`${unclear.length} unclear: ${tally(unclear.map(describeAnswer))}`] : []),
  ];
  const failedMs = failed.map(({ totalMs }) => totalMs).toSorted((left, right) => left - right);
  const line = `${kind}: ${during.length} requests, ${recorded} attempts by records${reached === undefined ? "" : `, ${reached} seen by the provider`}: ${attempts.toFixed(3)} each; recovered in ${Math.round(recoveryMs)} ms; failed ones answered p50 ${Math.round(failedMs[failedMs.length >> 1] ?? 0)} ms, slowest ${Math.round(failedMs.at(-1) ?? 0)} ms; ${tally(failed.map(describeAnswer))}`;
  return { line, faults };
}
