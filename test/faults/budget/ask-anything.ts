import { Agent, request } from "node:http";
import { createRandom } from "../../../src/testing/hostile-provider/known-text.ts";

/** How many calls ended how: `whole`, `left`, or a status. */
export type AskedCounts = Record<string, number>;

export interface AskingOptions {
  readonly urls: readonly string[];
  readonly secrets: readonly string[];
  readonly seconds: number;
  readonly atOnce: number;
}

interface Ask {
  readonly path: string;
  readonly body: unknown;
  readonly isStream: boolean;
}

const question = "Tell me of the bridge, and of the ferry that it replaces.";
const messages = [{ role: "user", content: question }];
const models = ["plain", "standard", "broken", "slow", "long"];
const leaving = 0.08;

const kinds: readonly ((model: string, isStream: boolean) => Ask)[] = [
  (model, isStream) => ({
    path: "/v1/chat/completions",
    body: { model, messages, max_tokens: 300, stream: isStream },
    isStream,
  }),
  (model, isStream) => ({
    path: "/v1/messages",
    body: { model, messages, max_tokens: 300, stream: isStream },
    isStream,
  }),
  (model, isStream) => ({
    path: "/v1/responses",
    body: { model, input: question, max_output_tokens: 300, stream: isStream },
    isStream,
  }),
  (_model, isStream) => ({ path: "/api/ask/v1", body: { text: question }, isStream }),
  () => ({ path: "/v1/embeddings", body: { model: "plain", input: [question, "A ferry."] }, isStream: false }),
];

/** Keeps calls of all kinds under way at all servers with all keys; some of the clients leave. */
export async function askAnything({ urls, secrets, seconds, atOnce }: AskingOptions): Promise<AskedCounts> {
  const random = createRandom("budget");
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const endMs = performance.now() + seconds * 1000;
  const counts: AskedCounts = {};
  const work = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const ask = pick(kinds)(pick(models), random() < 0.5);
      const leaveAfterMs = random() < leaving ? random() * 400 : undefined;
      const how = await askOnce({ url: pick(urls), secret: pick(secrets), agent, leaveAfterMs }, ask);
      counts[how] = (counts[how] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  agent.destroy();
  return counts;
}

interface AskClient {
  readonly url: string;
  readonly secret: string;
  readonly agent: Agent;
  readonly leaveAfterMs: number | undefined;
}

const timeoutMs = 30_000;

function askOnce({ url, secret, agent, leaveAfterMs }: AskClient, { path, body, isStream }: Ask): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const headers = {
    "content-type": "application/json",
    accept: isStream ? "text/event-stream" : "application/json",
    authorization: `Bearer ${secret}`,
  };
  const gone = leaveAfterMs === undefined ? "cut" : "left";
  const outgoing = request(url + path, { method: "POST", agent, headers }, (response) => {
    response.resume();
    response.on("end", () => resolve(response.statusCode === 200 ? "whole" : String(response.statusCode)));
    response.on("error", () => resolve(gone));
  });
  const timer = setTimeout(() => outgoing.destroy(), leaveAfterMs ?? timeoutMs);
  outgoing.on("error", () => resolve(gone));
  outgoing.on("close", () => {
    clearTimeout(timer);
    resolve(gone);
  });
  outgoing.end(JSON.stringify(body));
  return promise;
}
