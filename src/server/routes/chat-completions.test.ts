import OpenAI, { AuthenticationError } from "openai";
import { afterEach, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import { wholeReply } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import type { ModelCall, EndpointRequest, Gateway } from "../../gateway.ts";
import { parseJson } from "../../json.ts";
import { createKey } from "../create-key.ts";
import { createFixture, streamReply, summaryReply, testSnapshot } from "../server-fixture.ts";
import { createServer } from "../server.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const { secret, row } = createKey({ name: "app", tenant: "acme", nowMs: 1 });

interface Setup {
  readonly url: string;
  readonly openai: OpenAI;
  readonly logLines: readonly Record<string, unknown>[];
  readonly post: (body: unknown) => Promise<Response>;
}

async function setup(gateway: Partial<Gateway>): Promise<Setup> {
  const { dependencies, store, logLines } = createFixture(gateway, { auth: "keys" });
  store.keys.push(row);
  const server = createServer(dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    logLines,
    openai: new OpenAI({ apiKey: secret, baseURL: `${url}/v1`, maxRetries: 0 }),
    post: (body) =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

const messages = [{ role: "user" as const, content: "Say hello." }];

async function* toParts(...parts: Part[]): AsyncGenerator<Part> {
  yield* parts;
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("a whole chat from the same dialect passes through byte by byte", async () => {
  const calls: ModelCall[] = [];
  const bytes = '{ "odd" : "spacing",\n"x_vendor":[1.0e1] }';
  const { post } = await setup({
    callModel: async (request) => {
      calls.push(request);
      return wholeReply({ text: "", toolCalls: [], finishReason: "stop", raw: toBytes(bytes) });
    },
  });
  const response = await post({ model: "fast", messages, x_vendor: { deep: true } });
  expect(await response.text()).toBe(bytes);
  expect(response.headers.get("headgate-snapshot")).toBe("5n4p5h0t");
  expect(calls).toMatchObject([
    {
      model: "fast",
      tenant: "acme",
      keyId: row.id,
      stream: false,
      requestId: response.headers.get("x-request-id"),
      foreign: { dialect: "openai-chat", body: { x_vendor: { deep: true } } },
    },
  ]);
});

test("an answer names the snapshot that it was made on, even if there is a newer one by then", async () => {
  let snapshot = testSnapshot;
  const { post } = await setup({
    get snapshot() {
      return snapshot;
    },
    callModel: async () => {
      snapshot = { ...testSnapshot, id: "n3w3r0n3" };
      return wholeReply({ text: "Hello.", toolCalls: [], finishReason: "stop" });
    },
  });
  expect((await post({ model: "fast", messages })).headers.get("headgate-snapshot")).toBe("5n4p5h0t");
  expect((await post({ model: "fast", messages })).headers.get("headgate-snapshot")).toBe("n3w3r0n3");
});

test("a streamed chat from the same dialect passes through byte by byte, to its very end", async () => {
  const chunks = ['data: {"a":1}\n\n', ": comment\n\ndata: {", '"b":2}\n\n', "data: [DONE]\n\n"];
  const { post } = await setup({
    callModel: async () =>
      streamReply(
        toParts(
          ...chunks.slice(0, 3).map((text): Part => ({ type: "raw", bytes: toBytes(text), says: [] })),
          { type: "usage", usage: { inputTokens: 1, outputTokens: 1 } },
          { type: "finish", reason: "stop" },
          { type: "raw", bytes: toBytes(chunks[3] ?? ""), says: [] },
        ),
      ),
  });
  const response = await post({ model: "fast", messages, stream: true });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await response.text()).toBe(chunks.join(""));
});

test("a streamed chat whose first word is its end passes through byte by byte too", async () => {
  const bytes = 'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  const { post } = await setup({
    callModel: async () =>
      streamReply(
        toParts(
          { type: "raw", bytes: toBytes(""), says: [] },
          { type: "finish", reason: "stop" },
          { type: "raw", bytes: toBytes(bytes), says: [] },
        ),
      ),
  });
  expect(await (await post({ model: "fast", messages, stream: true })).text()).toBe(bytes);
});

test("the official client reads a whole answer of another dialect", async () => {
  const { openai } = await setup({
    callModel: async () =>
      wholeReply({
        text: "Hello.",
        toolCalls: [],
        finishReason: "stop",
        usage: { inputTokens: 3, outputTokens: 2 },
      }),
  });
  const completion = await openai.chat.completions.create({ model: "standard", messages });
  expect(completion).toMatchObject({
    model: "standard",
    choices: [{ message: { role: "assistant", content: "Hello." }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });
});

test("the official client reads a stream of another dialect, with usage", async () => {
  const { openai } = await setup({
    callModel: async () =>
      streamReply(
        toParts(
          { type: "text", text: "Hel" },
          { type: "text", text: "lo." },
          { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
          { type: "finish", reason: "stop" },
        ),
      ),
  });
  const stream = await openai.chat.completions.create({
    model: "standard",
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let total: number | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    total = chunk.usage?.total_tokens ?? total;
  }
  expect(text).toBe("Hello.");
  expect(total).toBe(5);
});

test("an endpoint is a model: plain text becomes its only field, and the newest contract answers", async () => {
  const calls: EndpointRequest[] = [];
  const { openai } = await setup({
    callEndpoint: async (request) => {
      calls.push(request);
      return summaryReply("Short.");
    },
  });
  const ask = async (model: string, content: string): Promise<string | null | undefined> => {
    const completion = await openai.chat.completions.create({ model, messages: [{ role: "user", content }] });
    return completion.choices[0]?.message.content;
  };
  expect(await ask("endpoint:summarize", "A long article.")).toBe('{"summary":"Short."}');
  expect(await ask("endpoint:summarize/v1", '{"text":"From JSON.","extra":1}')).toBe('{"summary":"Short."}');
  expect(await ask("endpoint:summarize", "{not json}")).toBe('{"summary":"Short."}');
  expect(calls).toMatchObject([
    { endpoint: "summarize", contract: 2, input: { text: "A long article." }, tenant: "acme" },
    { endpoint: "summarize", contract: 1, input: { text: "From JSON.", extra: 1 } },
    { endpoint: "summarize", contract: 2, input: { text: "{not json}" } },
  ]);
});

test("what an endpoint does not look at is told", async () => {
  const { post } = await setup({ callEndpoint: async () => summaryReply("Short.") });
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  const response = await post({
    model: "endpoint:summarize",
    messages: [
      { role: "system", content: "Be rude." },
      { role: "user", content: [{ type: "text", text: "A long article." }, image] },
    ],
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    temperature: 1,
    n: 2,
    x_vendor: true,
  });
  const ignored = ["messages before", "not text", "tools", "settings", "/n:", "/x_vendor:"];
  for (const what of ignored) expect(response.headers.get("headgate-warning")).toContain(what);
  const plain = await post({ model: "endpoint:summarize", messages });
  expect(plain.headers.get("headgate-warning")).toBeNull();
});

test("a conversation may be larger than an endpoint's input", async () => {
  const { post } = await setup({ callModel: async () => summaryReply("Short.") });
  const content = "x".repeat(2 * 1024 * 1024);
  expect((await post({ model: "fast", messages: [{ role: "user", content }] })).status).toBe(200);
});

test("an endpoint's answer can be read as a stream", async () => {
  const { openai } = await setup({ callEndpoint: async () => summaryReply("Short.") });
  const stream = await openai.chat.completions.create({ model: "endpoint:summarize", messages, stream: true });
  let text = "";
  let reason: string | null | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    reason = chunk.choices[0]?.finish_reason ?? reason;
  }
  expect([text, reason]).toEqual(['{"summary":"Short."}', "stop"]);
});

test.each(["endpoint:", "endpoint:unknown", "endpoint:summarize/v9", "endpoint:summarize/x"])(
  "the model %s is no endpoint",
  async (model) => {
    const { post } = await setup({});
    const response = await post({ model, messages });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: "endpoint_not_found", type: "invalid_request_error" },
    });
  },
);

test("errors have OpenAI's shape, with the status by which the official client chooses its error", async () => {
  const { url, openai, logLines } = await setup({
    callModel: ({ model }) =>
      Promise.reject(
        model === "broken"
          ? new Error("secret of the house")
          : new HeadgateError("provider_rate_limited", { retryAfterMs: 1500 }),
      ),
  });
  const busy = await openai.chat.completions.create({ model: "busy", messages }).catch((error: unknown) => error);
  expect(busy).toMatchObject({ status: 429, code: "provider_rate_limited" });
  const broken = await openai.chat.completions.create({ model: "broken", messages }).catch((error: unknown) => error);
  expect(broken).toMatchObject({ status: 500, code: "internal" });
  expect(String(broken)).not.toContain("secret");
  expect(logLines).toHaveLength(1);
  const stranger = new OpenAI({ apiKey: "hg_wrong", baseURL: `${url}/v1`, maxRetries: 0 });
  await expect(stranger.chat.completions.create({ model: "busy", messages })).rejects.toBeInstanceOf(
    AuthenticationError,
  );
});

test("a stream that fails midway ends with an error event, not with an end", async () => {
  const { post } = await setup({
    callModel: async () =>
      streamReply(
        (async function* (): AsyncGenerator<Part> {
          yield { type: "text", text: "Hel" };
          throw new HeadgateError("stream_cut");
        })(),
      ),
  });
  const response = await post({ model: "standard", messages, stream: true });
  const events = (await response.text()).split("\n\n").filter((event) => event !== "");
  const last = parseJson(events.at(-1)?.replace("data: ", "") ?? "");
  expect(last).toMatchObject({ error: { code: "stream_cut" } });
  expect(events.join("")).not.toContain("[DONE]");
});

test("when the client goes away in the middle of a stream the call is cancelled", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const { openai } = await setup({
    callModel: async ({ signal }) => {
      signal.addEventListener("abort", () => cancelled.resolve(signal.reason));
      return streamReply(
        (async function* (): AsyncGenerator<Part> {
          yield { type: "text", text: "Hel" };
          yield await new Promise<never>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
          });
        })(),
      );
    },
  });
  const stream = await openai.chat.completions.create({ model: "standard", messages, stream: true });
  for await (const _chunk of stream) break;
  expect(await cancelled.promise).toMatchObject({ code: "request_cancelled" });
});
