import { request, type Agent, type IncomingMessage } from "node:http";
import { answerTokens } from "./ledger-project.ts";

/** `complete`: all of the answer came. `refused`: the server was not there, or stopping: it took no call. `cut`: anything else. */
export type MarkedEnd = "complete" | "refused" | "cut";

export interface MarkedClient {
  readonly url: string;
  readonly key: string;
  readonly agent: Agent;
}

interface Ask {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What the end of a complete stream holds. Absent: the answer comes whole. */
  readonly end?: string;
}

const timeoutMs = 30_000;

const asks: readonly ((text: string, model: string) => Ask)[] = [
  (text, model) => ({ path: "/v1/chat/completions", body: toChat(text, model) }),
  (text, model) => ({ path: "/v1/chat/completions", body: { ...toChat(text, model), stream: true }, end: "[DONE]" }),
  (text, model) => ({ path: "/v1/messages", body: toChat(text, model) }),
  (text, model) => ({ path: "/v1/messages", body: { ...toChat(text, model), stream: true }, end: "message_stop" }),
  (text) => ({ path: "/api/ask/v1", body: { text } }),
  (text) => ({ path: "/api/ask/v1", body: { text }, end: "event: done" }),
  (text) => ({ path: "/v1/embeddings", body: { model: "embed", input: text } }),
];

function toChat(text: string, model: string): Record<string, unknown> {
  return { model, messages: [{ role: "user", content: text }], max_tokens: 500 };
}

/** Both dialects of providers, so that half of the answers are translated. */
const models = answerTokens.flatMap((tokens) => [`chat-${tokens}`, `messages-${tokens}`]);

/**
 * Asks as the number says, with the request's id in the question, so that it is found in the provider's ledger.
 * @param leaveAfterMs when the client goes away; absent: it waits
 */
export function askMarked(
  { url, key, agent }: MarkedClient,
  number: number,
  requestId: string,
  leaveAfterMs: number | undefined,
): Promise<MarkedEnd> {
  const text = `Call ${requestId}: tell me of the bridge.${" And of the ferry.".repeat(number % 7)}`;
  const { path, body, end } = asks[number % asks.length]!(
    text,
    models[Math.floor(number / asks.length) % models.length]!,
  );
  const headers = {
    "content-type": "application/json",
    accept: end === undefined ? "application/json" : "text/event-stream",
    authorization: `Bearer ${key}`,
    "x-request-id": requestId,
  };
  const { promise, resolve } = Promise.withResolvers<MarkedEnd>();
  let hasBegun = false;
  const outgoing = request(url + path, { method: "POST", agent, headers }, (response) => {
    hasBegun = true;
    void readEnd(response, end).then(resolve);
  });
  const timer = setTimeout(() => outgoing.destroy(), leaveAfterMs ?? timeoutMs);
  outgoing.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (!hasBegun) resolve(code === "ECONNREFUSED" ? "refused" : "cut");
  });
  outgoing.on("close", () => {
    clearTimeout(timer);
    if (!hasBegun) resolve("cut");
  });
  outgoing.end(JSON.stringify(body));
  return promise;
}

async function readEnd(response: IncomingMessage, end: string | undefined): Promise<MarkedEnd> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    return "cut";
  }
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode === 503 && text.includes("shutting_down")) return "refused";
  const isComplete = end === undefined ? response.complete : text.includes(end);
  return response.statusCode === 200 && isComplete && !text.includes("event: error") ? "complete" : "cut";
}
