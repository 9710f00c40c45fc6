import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { RateLimitError } from "openai";
import { afterEach, describe, expect, test } from "vitest";
import type { RateLimit } from "../endpoint/snapshot.ts";
import type { Caller, Gateway } from "../gateway.ts";
import { wholeReply, type Part } from "../reply.ts";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { createApp, type App } from "./app.ts";
import { createKey } from "./create-key.ts";
import { createFixture, streamReply, summaryReply, testSnapshot, type Fixture } from "./server-fixture.ts";
import { createServer } from "./server.ts";
import type { ServerDependencies } from "./server-dependencies.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Injected = Awaited<ReturnType<App["http"]["inject"]>>;

const { secret, row } = createKey({ name: "app", tenant: "acme", nowMs: 1 });
const messages = [{ role: "user" as const, content: "Say hello." }];
const sse = { accept: "text/event-stream" };

interface Setup {
  readonly callers: Caller[];
  readonly clock: ManualClock;
  readonly send: (method: "GET" | "POST", url: string, options?: SendOptions) => Promise<Injected>;
}

interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A gateway that answers everything, on a project with these limits. */
function createLimited(
  rateLimits: readonly RateLimit[],
  overrides: Partial<ServerDependencies> = {},
): Fixture & { readonly callers: Caller[] } {
  const callers: Caller[] = [];
  const answer: Gateway["callEndpoint"] = async (caller) => {
    callers.push(caller);
    caller.onUsed?.(usedTokens);
    return caller.stream ? streamReply(toParts()) : summaryReply("Short.");
  };
  const gateway: Partial<Gateway> = {
    snapshot: { ...testSnapshot, rateLimits },
    callEndpoint: answer,
    callModel: async (caller) => {
      callers.push(caller);
      caller.onUsed?.(usedTokens);
      const { task } = caller;
      if (task?.type === "embed") return wholeReply({ ...said, result: { type: "embed", vectors: [[1]] } });
      if (task?.type === "moderate") return wholeReply({ ...said, result: { type: "moderate", results: [] } });
      if (task) return wholeReply({ ...said, result: { type: "count-tokens", inputTokens: 3, isEstimated: false } });
      return caller.stream ? streamReply(toParts()) : wholeReply(said);
    },
  };
  const fixture = createFixture(gateway, { auth: "keys", ...overrides });
  fixture.store.keys.push(row);
  return { ...fixture, callers };
}

const usedTokens = 250;
const said = { text: "Hello.", toolCalls: [], finishReason: "stop" } as const;

async function* toParts(): AsyncGenerator<Part> {
  yield { type: "text", text: "Hello." };
  yield { type: "finish", reason: "stop", outcome: { status: "ok", output: { summary: "Short." }, warnings: [] } };
}

async function setup(...rateLimits: readonly RateLimit[]): Promise<Setup> {
  const clock = createManualClock();
  const { dependencies, callers } = createLimited(rateLimits, { clock });
  const { http, context } = createApp(dependencies);
  closers.push(async () => {
    context.keys.close();
    await http.close();
  });
  await context.keys.refresh();
  return {
    callers,
    clock,
    send: (method, url, { body, headers = {} } = {}) =>
      http.inject({
        method,
        url,
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...headers },
        ...(method === "POST" ? { payload: JSON.stringify(body ?? {}) } : {}),
      }),
  };
}

const perKey: RateLimit = { name: "per-key", per: "key", requests: 2, windowMs: 60_000 };
const summarize = "/api/summarize/v1";

const surfaces = [
  ["endpoints", summarize, { text: "A long article." }],
  ["chat completions", "/v1/chat/completions", { model: "offline", messages }],
  ["responses", "/v1/responses", { model: "offline", input: "Say hello.", store: false }],
  ["messages", "/v1/messages", { model: "offline", messages, max_tokens: 9 }],
  ["counts of tokens", "/v1/messages/count_tokens", { model: "offline", messages }],
  ["embeddings", "/v1/embeddings", { model: "offline", input: "x" }],
  ["moderations", "/v1/moderations", { model: "offline", input: "x" }],
] as const;

describe.each(surfaces)("of %s", (_name, url, body) => {
  test("no more are let in than the limit takes, and the rest cost no call", async () => {
    const { send, callers, clock } = await setup(perKey);
    const first = await send("POST", url, { body });
    expect(first.statusCode).toBe(200);
    expect(first.headers["ratelimit-policy"]).toBe('"per-key:requests";q=2;w=60');
    expect(first.headers["ratelimit"]).toBe('"per-key:requests";r=1;t=30');
    expect((await send("POST", url, { body })).headers["ratelimit"]).toBe('"per-key:requests";r=0;t=30');
    const refused = await send("POST", url, { body });
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ "retry-after": "30", ratelimit: '"per-key:requests";r=0;t=30' });
    expect(refused.headers["x-should-retry"]).toBeUndefined();
    expect(refused.body).toContain("takes 2 requests a minute for each key. Try again in 30 s.");
    expect(callers).toHaveLength(2);
    clock.advance(30_000);
    expect((await send("POST", url, { body })).statusCode).toBe(200);
  });
});

test("the limits are one for all surfaces together", async () => {
  const { send } = await setup({ ...perKey, requests: surfaces.length });
  for (const [, url, body] of surfaces) expect((await send("POST", url, { body })).statusCode).toBe(200);
  for (const [, url, body] of surfaces) expect((await send("POST", url, { body })).statusCode).toBe(429);
});

test("what is only read, and the operator's own routes, are free", async () => {
  const { send } = await setup({ ...perKey, requests: 1 });
  await send("POST", summarize, { body: {} });
  expect((await send("GET", "/v1/models")).statusCode).toBe(200);
  expect((await send("GET", "/v1/responses/resp_1")).statusCode).toBe(404);
  expect((await send("GET", "/livez")).statusCode).toBe(200);
  expect((await send("POST", summarize, { body: {} })).statusCode).toBe(429);
});

test("a refused request's body is not read", async () => {
  const { send } = await setup({ ...perKey, requests: 1 });
  await send("POST", summarize, { body: {} });
  const refused = await send("POST", summarize, { body: {}, headers: { "content-type": "text/plain" } });
  expect(refused.statusCode).toBe(429);
});

test("streams tell the limits in their head", async () => {
  const { send } = await setup(perKey);
  const streamed = await send("POST", summarize, { body: { text: "x" }, headers: sse });
  expect(streamed.headers["content-type"]).toContain("text/event-stream");
  expect(streamed.headers["ratelimit"]).toBe('"per-key:requests";r=1;t=30');
  const chat = await send("POST", "/v1/chat/completions", { body: { model: "offline", messages, stream: true } });
  expect(chat.headers["content-type"]).toContain("text/event-stream");
  expect(chat.headers["ratelimit"]).toBe('"per-key:requests";r=0;t=30');
});

test("clients of foreign APIs are told in their vendor's headers too", async () => {
  const { send } = await setup({ ...perKey, tokens: 1000 });
  const chat = await send("POST", "/v1/chat/completions", { body: { model: "offline", messages } });
  expect(chat.headers).toMatchObject({
    "x-ratelimit-limit-requests": "2",
    "x-ratelimit-remaining-requests": "1",
    "x-ratelimit-reset-requests": "30s",
    "x-ratelimit-limit-tokens": "1000",
  });
  const message = await send("POST", "/v1/messages", { body: { model: "offline", messages, max_tokens: 9 } });
  expect(message.headers).toMatchObject({
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-01-15T12:01:00Z",
  });
});

describe("a limit of an endpoint", () => {
  const perEndpoint: RateLimit = { name: "per-endpoint", per: "endpoint", requests: 1, windowMs: 60_000 };

  test("holds whichever way it is called", async () => {
    const { send, callers } = await setup(perEndpoint);
    await send("POST", summarize, { body: { text: "x" } });
    expect((await send("POST", "/api/summarize/v2", { body: { text: "x" } })).statusCode).toBe(429);
    const body = { model: "endpoint:summarize", messages };
    const chat = await send("POST", "/v1/chat/completions", { body });
    expect(chat.statusCode).toBe(429);
    expect(chat.json()).toMatchObject({ error: { code: "rate_limited", type: "rate_limit_error" } });
    expect(chat.headers["retry-after"]).toBe("60");
    expect((await send("POST", "/v1/chat/completions", { body: { ...body, stream: true } })).statusCode).toBe(429);
    expect(callers).toHaveLength(1);
  });

  test("is nothing to chats with a model, nor to names that no endpoint has", async () => {
    const { send } = await setup(perEndpoint);
    for (let count = 0; count < 3; count++) {
      const response = await send("POST", "/v1/chat/completions", { body: { model: "offline", messages } });
      expect(response.statusCode).toBe(200);
      expect(response.headers["ratelimit"]).toBeUndefined();
    }
    expect((await send("POST", "/api/nonesuch/v1")).headers["ratelimit"]).toBeUndefined();
  });

  test("refuses without taking anything of the other limits", async () => {
    const { send } = await setup(perEndpoint, { ...perKey, requests: 5 });
    await send("POST", summarize, { body: { text: "x" } });
    const body = { model: "endpoint:summarize", messages };
    for (let count = 0; count < 10; count++) await send("POST", "/v1/chat/completions", { body });
    const relayed = await send("POST", "/v1/chat/completions", { body: { model: "offline", messages } });
    expect(relayed.headers["ratelimit"]).toBe('"per-key:requests";r=3;t=12');
  });
});

describe("tokens", () => {
  const perTenant: RateLimit = { name: "tokens", per: "tenant", tokens: 1000, windowMs: 60_000 };
  const remaining = async (send: Setup["send"]): Promise<unknown> =>
    (await send("POST", summarize)).headers["ratelimit"];

  test("count as the call has used them", async () => {
    const { send } = await setup(perTenant);
    await send("POST", summarize, { body: { text: "x".repeat(2000) } });
    expect(await remaining(send)).toBe('"tokens:tokens";r=749;t=1');
  });

  test("of a request that makes no call are given back", async () => {
    const { send } = await setup(perTenant);
    const malformed = { model: 7, padding: "x".repeat(2000) };
    expect((await send("POST", "/v1/chat/completions", { body: malformed })).statusCode).toBe(400);
    expect(await remaining(send)).toBe('"tokens:tokens";r=999;t=1');
  });
});

test("an operator sees how many were refused", async () => {
  const fixture = createLimited([{ ...perKey, per: "all", requests: 1 }], { auth: "open" });
  const { http, context } = createApp(fixture.dependencies);
  closers.push(async () => {
    context.keys.close();
    await http.close();
  });
  const headers = { host: "localhost", "content-type": "application/json" };
  for (let count = 0; count < 3; count++) await http.inject({ method: "POST", url: summarize, headers, payload: "{}" });
  const status = await http.inject({ method: "GET", url: "/admin/v1/status", headers });
  expect(status.json()).toMatchObject({ rateLimited: 2 });
});

describe("the official clients", () => {
  const second: RateLimit = { name: "second", per: "key", requests: 1, windowMs: 1000 };

  async function serve(): Promise<string> {
    const server = createServer(createLimited([second]).dependencies);
    closers.push(() => server.close({ drainMs: 0 }));
    const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
    return url;
  }

  test("of OpenAI come back when they are told to, and succeed", async () => {
    const openai = new OpenAI({ apiKey: secret, baseURL: `${await serve()}/v1`, maxRetries: 2 });
    const ask = (): Promise<OpenAI.ChatCompletion> => openai.chat.completions.create({ model: "offline", messages });
    await ask();
    expect((await ask()).choices[0]?.message.content).toBe("Hello.");
  });

  test("of OpenAI raise it as their own error where they may not come back", async () => {
    const openai = new OpenAI({ apiKey: secret, baseURL: `${await serve()}/v1`, maxRetries: 0 });
    const ask = (): Promise<unknown> => openai.responses.create({ model: "offline", input: "x", store: false });
    await ask();
    await expect(ask()).rejects.toBeInstanceOf(RateLimitError);
  });

  test("of Anthropic come back when they are told to, and succeed", async () => {
    const anthropic = new Anthropic({ authToken: secret, apiKey: null, baseURL: await serve(), maxRetries: 2 });
    const ask = (): Promise<Anthropic.Message> =>
      anthropic.messages.create({ model: "offline", messages, max_tokens: 9 });
    await ask();
    expect((await ask()).content).toMatchObject([{ type: "text", text: "Hello." }]);
  });
});
