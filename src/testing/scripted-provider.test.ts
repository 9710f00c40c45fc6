import { once } from "node:events";
import { connect } from "node:net";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createScriptedProvider, type ScriptedProvider } from "./scripted-provider.ts";

let provider: ScriptedProvider;
let client: OpenAI;

beforeEach(async () => {
  provider = await createScriptedProvider();
  client = new OpenAI({ baseURL: provider.url, apiKey: "sk-test", maxRetries: 0 });
});

afterEach(() => provider.close());

const request = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };

describe("the official client", () => {
  test("gets the scripted answers in order, then the greeting", async () => {
    provider.script({ text: "one" }, { json: { two: 2 } });
    const texts: unknown[] = [];
    for (let index = 0; index < 3; index++) {
      const { choices } = await client.chat.completions.create(request);
      texts.push(choices[0]?.message.content);
    }
    expect(texts).toEqual(["one", '{"two":2}', "Hello from the scripted provider."]);
  });

  test("gets tool calls, usage and finish reason, plain and streamed alike", async () => {
    const answer = {
      toolCalls: [{ name: "look", arguments: { at: "x" }, id: "c" }],
      usage: { inputTokens: 7, outputTokens: 3 },
    };
    provider.script(answer, answer);
    const plain = await client.chat.completions.create(request);
    const streamed = await client.chat.completions
      .stream({ ...request, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const { choices, usage } of [plain, streamed]) {
      expect(choices[0]).toMatchObject({
        finish_reason: "tool_calls",
        message: { tool_calls: [{ id: "c", function: { name: "look", arguments: '{"at":"x"}' } }] },
      });
      expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 });
    }
  });

  test("sees scripted failures and lists models", async () => {
    provider.script({ status: 429, headers: { "retry-after": "1" }, error: { code: "slow_down" } });
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status: 429, code: "slow_down" });
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(["scripted-model"]);
  });
});

test("the ledger has what came in, on which connection, and that the answer went out", async () => {
  await client.chat.completions.create(request);
  const [first] = provider.ledger.requests;
  expect(first).toMatchObject({ id: 1, method: "POST", path: "/v1/chat/completions", body: request, finished: true });
  expect(first?.headers["authorization"]).toBe("Bearer sk-test");
  expect(first?.bytesWritten).toBeGreaterThan(100);
});

test("a connection is kept, and takes pipelined requests one after the other", async () => {
  provider.script({ text: "one", delayMs: 5 }, { text: "two" });
  const { port } = new URL(provider.url);
  const socket = connect(Number(port), "127.0.0.1");
  const body = JSON.stringify(request);
  const bytes = `POST /v1/chat/completions HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.write(bytes + bytes.slice(0, 50));
  socket.write(bytes.slice(50));
  let answered = "";
  socket.on("data", (chunk) => (answered += chunk.toString()));
  await provider.ledger.waitFor((requests) => requests.filter(({ finished }) => finished).length === 2);
  await once(socket.end(), "close");
  expect(provider.ledger.requests.map(({ socketId }) => socketId)).toEqual([1, 1]);
  expect(answered.match(/"content":"(one|two)"/g)).toEqual(['"content":"one"', '"content":"two"']);
});

test("the ledger sees a client that leaves, and has waiters told", async () => {
  provider.script({ hang: true });
  const controller = new AbortController();
  const call = client.chat.completions.create(request, { signal: controller.signal });
  await provider.ledger.waitFor((requests) => requests.length === 1);
  controller.abort();
  await expect(call).rejects.toThrow("aborted");
  const left = await provider.ledger.waitFor((requests) => requests.find(({ closedByPeerAtMs }) => closedByPeerAtMs));
  expect(left).toMatchObject({ id: 1, finished: false, bytesWritten: 0 });
});

test("waiting for what does not come fails after its time", async () => {
  await expect(provider.ledger.waitFor(() => false, 10)).rejects.toThrow("within 10 ms");
});

test("what is not HTTP with a length, or is too large, is hung up on", async () => {
  const { port } = new URL(provider.url);
  for (const head of [
    "transfer-encoding: chunked",
    "content-length: -1",
    "content-length: 999999999999",
    `x: ${"y".repeat(70_000)}`,
  ]) {
    const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}${head.startsWith("x:") ? "" : "\r\n\r\n"}`);
    socket.resume();
    await once(socket, "close");
  }
  expect(provider.ledger.requests).toHaveLength(0);
});

test("an answer may be any bytes at all", async () => {
  provider.script({ rawResponse: "ICY 200 OK\r\n\r\nnot http" });
  await expect(client.chat.completions.create(request)).rejects.toThrow("Connection error");
});
