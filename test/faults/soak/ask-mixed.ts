import { Agent, request } from "node:http";
import { createRandom } from "../../../src/testing/hostile-provider/known-text.ts";

/** What the clients of a soak have seen. */
export interface SoakCounts {
  complete: number;
  aborted: number;
  failed: number;
  /** Streams that ended without a word about how. */
  cut: number;
}

interface Ask {
  readonly path: string;
  readonly body: unknown;
  readonly accept: string;
  /** What the end of a complete stream holds. */
  readonly end?: string;
}

const question = "Tell me of the bridge, and of the ferry that it replaces.";
const messages = [{ role: "user", content: question }];
const events = "text/event-stream";
const json = "application/json";

const asks: readonly ((model: string) => Ask)[] = [
  (model) => ({ path: "/v1/chat/completions", body: { model, messages }, accept: json }),
  (model) => ({ path: "/v1/chat/completions", body: { model, messages, stream: true }, accept: events, end: "[DONE]" }),
  (model) => ({ path: "/v1/messages", body: { model, messages, max_tokens: 500 }, accept: json }),
  (model) => ({
    path: "/v1/messages",
    body: { model, messages, max_tokens: 500, stream: true },
    accept: events,
    end: "message_stop",
  }),
  () => ({ path: "/api/ask/v1", body: { text: question }, accept: json }),
  () => ({ path: "/api/ask/v1", body: { text: question }, accept: events, end: "event: done" }),
];

export interface MixOptions {
  readonly url: string;
  readonly total: number;
  readonly atOnce: number;
  /** Of the requests: whose clients leave. */
  readonly aborts: number;
  /** Of the requests: for a tier whose first model fails now and then. */
  readonly faulty: number;
  readonly faultyTiers: readonly string[];
  readonly onCount: (done: number) => Promise<void>;
}

/** Half of the requests are streams; who leaves, and who meets a fault, is the same in each run. */
export async function askMixed(options: MixOptions): Promise<SoakCounts> {
  const { url, total, atOnce, aborts, faulty, faultyTiers, onCount } = options;
  const random = createRandom("soak");
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const counts: SoakCounts = { complete: 0, aborted: 0, failed: 0, cut: 0 };
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < total) {
      const number = started++;
      const model = random() < faulty ? faultyTiers[number % faultyTiers.length]! : "fast";
      const ask = asks[number % asks.length]!(model);
      counts[await askOnce(url, agent, ask, random() < aborts ? random() * 20 : undefined)]++;
      if (number % 1000 === 999) await onCount(number + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  agent.destroy();
  return counts;
}

const timeoutMs = 20_000;

function askOnce(url: string, agent: Agent, ask: Ask, leaveAfterMs: number | undefined): Promise<keyof SoakCounts> {
  const { promise, resolve } = Promise.withResolvers<keyof SoakCounts>();
  const headers = { "content-type": json, accept: ask.accept };
  const outgoing = request(url + ask.path, { method: "POST", agent, headers }, (response) => {
    let tail = "";
    response.on("data", (chunk: Buffer) => (tail = (tail + chunk.toString("latin1")).slice(-400)));
    response.on("end", () => {
      if (response.statusCode !== 200 || tail.includes("event: error") || tail.includes('"error"')) resolve("failed");
      else resolve(ask.end === undefined || tail.includes(ask.end) ? "complete" : "cut");
    });
    response.on("error", () => resolve(hasLeft ? "aborted" : "cut"));
  });
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = leaveAfterMs !== undefined;
    outgoing.destroy();
  };
  const timer = setTimeout(leave, leaveAfterMs ?? timeoutMs);
  outgoing.on("error", () => resolve(hasLeft ? "aborted" : "cut"));
  outgoing.on("close", () => {
    clearTimeout(timer);
    resolve(hasLeft ? "aborted" : "cut");
  });
  outgoing.end(JSON.stringify(ask.body));
  return promise;
}
