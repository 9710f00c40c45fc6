import { systemClock, type Clock } from "../../clock.ts";
import { createWatchedRows, type WatchedRows } from "../watched-rows.ts";
import type { Answer } from "./answer.ts";
import { pickWriter } from "./dialects/writers.ts";
import { createExchange } from "./exchange.ts";
import { createFaultRules, type FaultWindow } from "./fault-rules.ts";
import { findReceiverFault, type ReceiverFault } from "./faults/receiving.ts";
import { createHostileLedger, type HostileEntry } from "./hostile-ledger.ts";
import type { HostileRequest } from "./hostile-request.ts";
import { openListener } from "./listener.ts";
import { parseModelName } from "./model-script.ts";
import { serveConnection, type ServedConnection } from "./serve-connection.ts";

/** One request as a receiver got it. */
export interface Delivery {
  /** When and how it was answered. */
  readonly entry: HostileEntry;
  /** With secrets: a signature is to be checked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether it was acted on; told once its answer has begun. */
  readonly isTaken: boolean;
}

export interface HostileReceiverOptions {
  /** @default a free port */
  readonly port?: number;
  /** The value that a healthy answer says as JSON, for a tool's server. @default `{ "ok": true }` */
  readonly respond?: (delivery: Delivery) => unknown;
  readonly seed?: string;
  readonly clock?: Clock;
}

/** A server for webhooks and tool calls that does what the path's last part says: `/slow?ms=31000`, `/gone`; any other is answered well. */
export interface HostileReceiver {
  /** Without a slash at its end. */
  readonly url: string;
  /** Does a fault of group L to all requests for a path's last part, or for `*`; undefined takes it away. */
  setFault(path: string, fault: string | undefined, window?: FaultWindow): void;
  /** The newest 10,000. */
  readonly deliveries: readonly Delivery[];
  /** Resolves with the first truthy result of `find`, tried now and after each change. Rejects after `timeoutMs`. */
  waitFor<T>(find: (deliveries: readonly Delivery[]) => T | undefined | false, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

const mostDeliveries = 10_000;
const noAnswer: Answer = {
  id: "",
  model: "",
  pieces: [],
  toolCalls: [],
  finish: null,
  usage: { inputTokens: 0, outputTokens: 0 },
};

/** Listens on 127.0.0.1 only. */
export async function createHostileReceiver(options: HostileReceiverOptions = {}): Promise<HostileReceiver> {
  const clock = options.clock ?? systemClock;
  const deliveries = createWatchedRows<Delivery>(clock, mostDeliveries);
  const ledger = createHostileLedger(clock);
  const rules = createFaultRules<ReceiverFault>({ clock, seed: options.seed ?? "headgate", find: findReceiverFault });

  async function answer(request: HostileRequest, entry: HostileEntry, connection: ServedConnection): Promise<void> {
    const named = parseModelName(request.path);
    const script = { ...named, fault: findReceiverFault(named.base)?.name };
    const chosen = rules.pick(request.path, script);
    entry.fault = chosen?.fault.name;
    const delivery: Delivery = {
      entry,
      headers: request.headers,
      body: request.body.toString(),
      isTaken: chosen?.fault.isTaken ?? true,
    };
    deliveries.add(delivery);
    const exchange = createExchange({
      ...connection,
      request,
      entry,
      params: chosen?.params ?? script.params,
      answer: noAnswer,
      writer: pickWriter("other"),
      paceMs: 0,
      recall: (create) => create(),
    });
    if (chosen) await chosen.fault.run(exchange);
    else await exchange.respondJson(200, options.respond?.(delivery) ?? { ok: true });
  }

  let nextConnectionId = 1;
  const listener = await openListener(
    (socket) => serveConnection({ socket, id: nextConnectionId++, clock, ledger }, { answer }),
    options,
  );
  return toReceiver(listener.port, deliveries, {
    setFault: (path, fault, window) => rules.set(path, fault, window),
    close: () => listener.close(),
  });
}

function toReceiver(
  port: number,
  deliveries: WatchedRows<Delivery>,
  rest: Pick<HostileReceiver, "setFault" | "close">,
): HostileReceiver {
  return { url: `http://127.0.0.1:${port}`, deliveries: deliveries.rows, waitFor: deliveries.waitFor, ...rest };
}
