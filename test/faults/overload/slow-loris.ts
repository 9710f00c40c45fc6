import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isWhole, percentile } from "../pressure/judge-answer.ts";
import type { Answer, Ask, PressureClient } from "../pressure/pressure-client.ts";
import { applySteadyLoad } from "../pressure/steady-load.ts";
import type { PressureServer } from "../pressure/write-project.ts";

export interface SlowLoris {
  readonly server: PressureServer;
  readonly client: PressureClient;
  readonly ask: Ask;
  readonly sockets: number;
  /** How long honest clients are measured, with and without. */
  readonly seconds: number;
  /** Until when the server has to have closed them: those that send a head, and those that send a body. */
  readonly closeWithinMs: { readonly head: number; readonly body: number };
}

export interface LorisFigures {
  readonly quietMs: number;
  readonly besideMs: number;
  readonly failed: number;
  /** When the last was closed; absent: not all were, in time. */
  readonly headMs: number | undefined;
  readonly bodyMs: number | undefined;
}

const byteEveryMs = 10_000;
const perSecond = 50;

/** Many sockets send a head or a body, a byte each ten seconds, while honest clients go on. */
export async function sendSlowly(options: SlowLoris): Promise<LorisFigures> {
  const { server, client, ask, sockets, seconds, closeWithinMs } = options;
  const load = (): Promise<Answer[]> => applySteadyLoad({ perSecond, seconds }, () => client.send(ask));
  const quiet = await load();
  const heads = openAll(server.url, sockets / 2, `POST ${ask.path} HTTP/1.1\r\nhost: x\r\nx-slow: `);
  const bodies = openAll(
    server.url,
    sockets / 2,
    `POST ${ask.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
  );
  const closed = Promise.all([untilAll(heads, closeWithinMs.head), untilAll(bodies, closeWithinMs.body)]);
  const beside = await load();
  const [headMs, bodyMs] = await closed;
  const quietAgain = await load();
  const toTotalMs = ({ totalMs }: Answer): number => totalMs;
  return {
    quietMs: percentile([...quiet, ...quietAgain].map(toTotalMs), 0.99),
    besideMs: percentile(beside.map(toTotalMs), 0.99),
    failed: [...quiet, ...beside, ...quietAgain].filter((answer) => !isWhole(answer)).length,
    headMs,
    bodyMs,
  };
}

/** Each resolves with the time until the server closed it. */
function openAll(serverUrl: string, count: number, beginning: string): readonly Promise<number>[] {
  const { hostname, port } = new URL(serverUrl);
  return Array.from({ length: count }, async () => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    socket.resume();
    const closed = once(socket, "close");
    await once(socket, "connect");
    const openedAtMs = performance.now();
    socket.write(beginning);
    const timer = setInterval(() => socket.write("x"), byteEveryMs);
    await closed;
    clearInterval(timer);
    return performance.now() - openedAtMs;
  });
}

async function untilAll(closings: readonly Promise<number>[], withinMs: number): Promise<number | undefined> {
  if (withinMs === 0) return 0;
  const late = new AbortController();
  const all = Promise.all(closings).then((times) => Math.max(...times));
  const result = await Promise.race([all, sleep(withinMs, undefined, { signal: late.signal })]);
  late.abort();
  return result;
}

const mostRatio = 2;

/** @param slackMs what honest clients may take longer, whatever the ratio: a short load has few samples */
export function judgeLoris(
  figures: LorisFigures,
  sockets: number,
  slackMs: number,
): { line: string; faults: string[] } {
  const { quietMs, besideMs, failed, headMs, bodyMs } = figures;
  const ratio = besideMs / quietMs;
  const faults = [
    ...(ratio > mostRatio && besideMs - quietMs > slackMs
      ? [`honest clients' p99 ${ratio.toFixed(2)} times as long`]
      : []),
    ...(failed > 0 ? [`${failed} honest requests failed`] : []),
    ...(headMs === undefined ? ["heads are still awaited"] : []),
    ...(bodyMs === undefined ? ["bodies are still awaited"] : []),
  ];
  const line = `slowloris: ${sockets} sockets: honest clients' p99 ${besideMs.toFixed(1)} ms beside them, ${quietMs.toFixed(1)} ms without: ${ratio.toFixed(2)} times; heads closed after ${headMs?.toFixed(0)} ms, bodies after ${bodyMs === 0 ? "(not awaited)" : bodyMs?.toFixed(0)} ms`;
  return { line, faults };
}
