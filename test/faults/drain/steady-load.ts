import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { systemClock } from "../../../src/clock.ts";
import { askCall, type CallEnd, type CallOrder } from "./ask-call.ts";

export interface SteadyLoadOptions {
  readonly url: string;
  readonly key: string;
  /** What the clients call, each in turn. */
  readonly orders: readonly Omit<CallOrder, "requestId">[];
  /** Clients that pause for at most half a second after each answer. */
  readonly busy: number;
  /** Clients that pause for up to 12 seconds, longer than a server stays up once it was told to stop. */
  readonly sleepy: number;
}

export interface SteadyLoad {
  /** Ids of the requests that were sent. */
  readonly sent: ReadonlySet<string>;
  readonly whole: number;
  /** All that did not end well. */
  readonly failed: readonly (CallEnd & { readonly order: CallOrder; readonly atMs: number })[];
  /** Lets the requests at work end. */
  stop(): Promise<void>;
}

const busyPauseMs = 500;
const sleepyPauseMs = 12_000;
const timeoutMs = 60_000;

/** Clients that each keep one connection for as long as the server lets them, and never ask twice for the same. */
export function startSteadyLoad({ url, key, orders, busy, sleepy }: SteadyLoadOptions): SteadyLoad {
  const sent = new Set<string>();
  const failed: (CallEnd & { readonly order: CallOrder; readonly atMs: number })[] = [];
  const stopping = new AbortController();
  let whole = 0;

  async function beClient(first: number, pauseMs: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = first; !stopping.signal.aborted; turn++) {
      const order = { ...orders[turn % orders.length]!, requestId: randomUUID() };
      sent.add(order.requestId);
      const end = await askCall({ url, key, agent, timeoutMs }, order);
      if (end.ending === "whole") whole++;
      else failed.push({ ...end, order, atMs: systemClock.now() });
      await systemClock.sleep(Math.random() * pauseMs, stopping.signal).catch(() => {});
    }
    agent.destroy();
  }

  const clients = Array.from({ length: busy + sleepy }, (_, index) =>
    beClient(index, index < busy ? busyPauseMs : sleepyPauseMs),
  );
  return {
    sent,
    failed,
    get whole() {
      return whole;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(clients);
    },
  };
}
