import { systemClock, type Clock } from "../../clock.ts";
import { answerControl } from "./control.ts";
import { pickWriter } from "./dialects/writers.ts";
import { createExchange, type Exchange } from "./exchange.ts";
import { createFaultRules, type ChosenFault, type FaultRules, type FaultWindow } from "./fault-rules.ts";
import type { ScriptedFault } from "./fault.ts";
import { findFault } from "./faults.ts";
import { openFullBacklog } from "./full-backlog.ts";
import { createSelfSignedCertificate, type SelfSignedCertificate } from "./self-signed-certificate.ts";
import { answerHealthy } from "./healthy.ts";
import { createHostileLedger, type HostileEntry, type HostileLedger, type WritableLedger } from "./hostile-ledger.ts";
import type { HostileRequest } from "./hostile-request.ts";
import { openListener, type Listener, type ListenerOptions } from "./listener.ts";
import { parseFault, parseModelName } from "./model-script.ts";
import { planAnswer, writeFullText, type HostileModel } from "./plan-answer.ts";
import { holdRefusingPort } from "./refusing-port.ts";
import { serveConnection, type ConnectionHandler, type ServedConnection } from "./serve-connection.ts";

export interface HostileProviderOptions {
  /** @default a free port */
  readonly port?: number;
  /** What known words and chances come from. @default "headgate" */
  readonly seed?: string;
  /** By a model's name, as a whole or without what stands before its last `/` or after its `?`; `*` is for all others. */
  readonly models?: Readonly<Record<string, HostileModel>>;
  readonly clock?: Clock;
}

/** A provider over real sockets that answers OpenAI and Anthropic dialects well, or does what its faults say, and knows the truth of it. */
export interface HostileProvider {
  /** The base URL for a provider, ending in `/v1`. */
  readonly url: string;
  /** A base URL whose connections are refused. */
  readonly refusedUrl: string;
  /** A base URL of its own where each new connection meets a fault of group A. @throws RangeError for another fault */
  urlFor(fault: string): Promise<string>;
  /** A base URL where new connections neither succeed nor fail: the system's queue is full. Works on Linux. */
  openBacklog(): Promise<string>;
  /** A healthy provider behind a certificate that signs itself, and may have expired or be for another host as well. */
  openTls(kind: BadCertificate): Promise<TlsAddress>;
  /**
   * Does a fault to all requests for a model, whatever its name says; undefined takes it away, `ok` makes it healthy.
   * @param model with or without what stands before its last `/`, or `*` for all
   */
  setFault(model: string, fault: string | undefined, window?: FaultWindow): void;
  /** The whole text that a healthy model of that name says to a plain question. */
  textOf(model: string): string;
  readonly ledger: HostileLedger;
  /** Forgets faults, the faults' memories, and the ledger. */
  reset(): void;
  close(): Promise<void>;
}

export type BadCertificate = "self-signed" | "expired" | "wrong-host";

export interface TlsAddress {
  readonly url: string;
  /** In PEM: a client that trusts it sees what else is wrong with it. */
  readonly certificate: string;
}

/** Listens on 127.0.0.1 only. */
export async function createHostileProvider(options: HostileProviderOptions = {}): Promise<HostileProvider> {
  const clock = options.clock ?? systemClock;
  const seed = options.seed ?? "headgate";
  const ledger = createHostileLedger(clock);
  const rules = createFaultRules<ScriptedFault>({ clock, seed, find: findFault });
  const memories = new Map<string, unknown>();
  const engine: Engine = { clock, seed, ledger, rules, memories, models: options.models ?? {} };
  const reset = (): void => {
    rules.reset();
    memories.clear();
    ledger.reset();
  };
  let nextConnectionId = 1;
  const open = (handler: ConnectionHandler, listening?: ListenerOptions): Promise<Listener> =>
    openListener((socket) => serveConnection({ socket, id: nextConnectionId++, clock, ledger }, handler), listening);
  const handler = createHandler(engine, reset);
  const main = await open(handler, options);
  const refusing = await holdRefusingPort();
  const others: { close(): Promise<void> }[] = [];

  return {
    url: toUrl(main.port),
    refusedUrl: toUrl(refusing.port),
    urlFor: async (name) => {
      const { name: faultName, params } = parseFault(name);
      const fault = findFault(faultName);
      if (!fault?.atAccept) throw new RangeError(`"${name}" is no fault of connections.`);
      const accept = (connection: ServedConnection): Promise<void> => fault.atAccept!({ ...connection, params });
      const listener = await open({ ...handler, accept });
      others.push(listener);
      return toUrl(listener.port);
    },
    openBacklog: async () => {
      const backlog = await openFullBacklog();
      others.push(backlog);
      return toUrl(backlog.port);
    },
    openTls: async (kind) => {
      const tls = createBadCertificate(kind, clock.now());
      const listener = await open(handler, { tls });
      others.push(listener);
      return { url: toUrl(listener.port).replace("http:", "https:"), certificate: tls.cert };
    },
    setFault: (model, fault, window) => rules.set(model, fault, window),
    textOf: (model) => writeFullText({ script: parseModelName(model), model: findModel(engine, model), seed }),
    ledger,
    reset,
    close: async () => {
      await Promise.all([main.close(), refusing.close(), ...others.map((listener) => listener.close())]);
    },
  };
}

const dayMs = 24 * 60 * 60 * 1000;

function createBadCertificate(kind: BadCertificate, nowMs: number): SelfSignedCertificate {
  return createSelfSignedCertificate({
    host: kind === "wrong-host" ? "other.example" : "127.0.0.1",
    notBefore: new Date(nowMs - 30 * dayMs),
    notAfter: new Date(nowMs + (kind === "expired" ? -1 : 30) * dayMs),
  });
}

interface Engine {
  readonly clock: Clock;
  readonly seed: string;
  readonly ledger: WritableLedger;
  readonly rules: FaultRules<ScriptedFault>;
  readonly memories: Map<string, unknown>;
  readonly models: Readonly<Record<string, HostileModel>>;
}

function createHandler(engine: Engine, reset: () => void): ConnectionHandler {
  return {
    accept: (connection) => {
      const chosen = engine.rules.pickForConnection(connection.socket, (fault) => fault.atAccept !== undefined);
      return chosen?.fault.atAccept?.({ ...connection, params: chosen.params });
    },
    control: (request, connection) => answerControl(request, connection, { rules: engine.rules, reset }),
    answer: (request, entry, connection) => answer(engine, request, entry, connection),
  };
}

async function answer(
  engine: Engine,
  request: HostileRequest,
  entry: HostileEntry,
  connection: ServedConnection,
): Promise<void> {
  const script = parseModelName(request.model);
  const model = findModel(engine, request.model);
  let chosen: ChosenFault<ScriptedFault> | undefined;
  let mistake: string | undefined;
  try {
    chosen = engine.rules.pick(request.model, script, connection.socket);
  } catch (error) {
    mistake = (error as Error).message;
  }
  if (chosen && !chosen.fault.dialects.includes(request.dialect)) chosen = undefined;
  if (chosen && chosen.fault.appliesTo === (request.isStream ? "plain" : "stream")) chosen = undefined;
  const exchange = createExchange({
    ...connection,
    request,
    entry,
    params: chosen?.params ?? script.params,
    answer: planAnswer({ request, script, model, seed: engine.seed, id: `${entry.requestHash}${entry.attempt}` }),
    writer: pickWriter(request.dialect),
    paceMs: script.params.number("pace", model.paceMs ?? 0),
    recall: (create) => recall(engine.memories, chosen?.memoryKey ?? "", create),
  });
  entry.fault = chosen?.fault.name;
  if (mistake !== undefined) {
    await exchange.respondJson(400, exchange.writer.toErrorBody({ kind: "invalid-request", message: mistake }));
    return;
  }
  if (chosen) {
    await chosen.fault.run(exchange);
    return;
  }
  const ttftMs = script.params.number("ttft", model.ttftMs ?? 0);
  if (ttftMs > 0) await exchange.sleep(ttftMs);
  await answerOther(exchange, engine);
}

async function answerOther(exchange: Exchange, { models }: Engine): Promise<void> {
  const { request, writer } = exchange;
  if (request.dialect === "openai-models") {
    const names = [...new Set(["ok", ...Object.keys(models).filter((name) => name !== "*")])];
    const data = names.map((id) => ({ id, object: "model", created: 1_700_000_000, owned_by: "hostile" }));
    await exchange.respondJson(200, { object: "list", data });
    return;
  }
  if (request.dialect === "other" || request.method !== "POST") {
    await exchange.respondJson(
      404,
      writer.toErrorBody({ kind: "not-found", message: "Not found.", code: "not_found" }),
    );
    return;
  }
  await answerHealthy(exchange);
}

function findModel({ models }: Pick<Engine, "models">, name: string): HostileModel {
  return (
    models[name] ??
    models[name.slice(name.lastIndexOf("/") + 1)] ??
    models[parseModelName(name).base] ??
    models["*"] ??
    {}
  );
}

const mostMemories = 10_000;

function recall<T>(memories: Map<string, unknown>, key: string, create: () => T): T {
  if (!memories.has(key)) {
    memories.set(key, create());
    if (memories.size > mostMemories) memories.delete(memories.keys().next().value!);
  }
  return memories.get(key) as T;
}

function toUrl(port: number): string {
  return `http://127.0.0.1:${port}/v1`;
}
