import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import type { Task } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import type { Gateway, ModelCall } from "../../gateway.ts";
import { wholeReply, type Reply, type TaskResult } from "../../reply.ts";
import { useStore } from "./store-fixture.ts";

const { start, store } = useStore();

const messages = [{ role: "user", content: "Hi" }];

const dialects = [
  { path: "/v1/chat/completions", body: { model: "local/m", messages } },
  { path: "/v1/chat/completions", body: { model: "local/m", messages, stream: true } },
  { path: "/v1/messages", body: { model: "local/m", messages, max_tokens: 10 } },
  { path: "/v1/messages", body: { model: "local/m", messages, max_tokens: 10, stream: true } },
  { path: "/v1/messages/count_tokens", body: { model: "local/m", messages } },
  { path: "/v1/responses", body: { model: "local/m", input: "Hi" } },
  { path: "/v1/responses", body: { model: "local/m", input: "Hi", stream: true } },
  { path: "/v1/embeddings", body: { model: "local/m", input: "Hi" } },
  { path: "/v1/moderations", body: { model: "local/m", input: "Hi" } },
] as const;

const results: Readonly<Record<Task["type"], TaskResult>> = {
  embed: { type: "embed", vectors: [[1, 2]] },
  moderate: { type: "moderate", results: [{ isFlagged: false, categories: {}, scores: {} }] },
  "count-tokens": { type: "count-tokens", inputTokens: 3, isEstimated: false },
};

function answer({ task }: ModelCall): Reply {
  const result = task && results[task.type];
  return wholeReply({
    text: "One.",
    toolCalls: [],
    finishReason: "stop",
    usage: { inputTokens: 3, outputTokens: 2 },
    ...(result ? { result } : {}),
  });
}

function countCalls(reply: (call: ModelCall, count: number) => Reply | Promise<Reply>): {
  readonly gateway: Partial<Gateway>;
  readonly calls: () => number;
} {
  let calls = 0;
  return { gateway: { callModel: async (call) => reply(call, ++calls) }, calls: () => calls };
}

let keys = 0;
const newKey = (): string => `dialect-${++keys}`;

function post(url: string, key: string, { path, body }: { path: string; body: unknown }): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body),
  });
}

describe.each(dialects)("$path $body", (dialect) => {
  test("gives the answer of the first request again", async () => {
    const { gateway, calls } = countCalls(answer);
    const { url } = await start(gateway);
    const key = newKey();
    const first = await post(url, key, dialect);
    expect(first.status).toBe(200);
    const body = await first.text();
    const again = await post(url, key, dialect);
    expect(await again.text()).toBe(body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    for (const name of ["content-type", "x-request-id", "request-id", "headgate-snapshot", "headgate-warning"]) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(calls()).toBe(1);
  });

  test("tells of its key's failures in its own shape", async () => {
    const held = Promise.withResolvers<Reply>();
    const begun = Promise.withResolvers<ModelCall>();
    const { gateway } = countCalls((call) => {
      begun.resolve(call);
      return held.promise;
    });
    const { url } = await start(gateway);
    const key = newKey();
    const first = post(url, key, dialect);
    const call = await begun.promise;
    const conflict = await post(url, key, dialect);
    expect(conflict.status).toBe(409);
    expect(conflict.headers.get("retry-after")).toBe("1");
    expect(conflict.headers.get("x-should-retry")).toBeNull();
    expect(await conflict.json()).toHaveProperty("error.message");
    // Another process finds the claim of this one, which for an embedded store is one that is gone.
    const other = await start(gateway);
    const unknown = await post(other.url, key, dialect);
    expect(unknown.status).toBe(409);
    expect(unknown.headers.get("x-should-retry")).toBe("false");
    expect(await unknown.text()).toContain("idempotency_unknown");
    held.resolve(answer(call));
    expect((await first).status).toBe(200);
  });

  test("keeps a final failure as it was told", async () => {
    const { gateway, calls } = countCalls(() => {
      throw new HeadgateError("provider_rejected", { detail: "No." });
    });
    const { url } = await start(gateway);
    const key = newKey();
    const first = await post(url, key, dialect);
    const again = await post(url, key, dialect);
    expect(first.status).toBe(400);
    expect(again.status).toBe(400);
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    for (const name of ["content-type", "x-request-id", "request-id", "x-should-retry", "cache-control"]) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(calls()).toBe(1);
  });
});

test("a request that breaks its dialect's rules leaves the key free", async () => {
  const { gateway, calls } = countCalls(answer);
  const { url } = await start(gateway);
  const key = newKey();
  const path = "/v1/chat/completions";
  expect((await post(url, key, { path, body: { model: "local/m" } })).status).toBe(400);
  const second = await post(url, key, { path, body: { model: "local/m", messages } });
  expect(second.headers.get("idempotency-replayed")).toBeNull();
  expect(second.status).toBe(200);
  expect(calls()).toBe(1);
});

test("an answer that is kept for a conversation is kept once", async () => {
  const { gateway } = countCalls(answer);
  const { url } = await start(gateway);
  const key = newKey();
  const dialect = { path: "/v1/responses", body: { model: "local/m", input: "Hi" } };
  const { id } = (await (await post(url, key, dialect)).json()) as { readonly id: string };
  expect(await (await post(url, key, dialect)).json()).toMatchObject({ id });
  expect(await store().findResponse("local", id, Date.now())).toMatchObject({ id });
});

test("Anthropic's client reads a stream with ids, and a replay of it", async () => {
  const { gateway, calls } = countCalls(answer);
  const { url } = await start(gateway);
  const anthropic = new Anthropic({ apiKey: "none", baseURL: url, maxRetries: 0 });
  const headers = { "Idempotency-Key": newKey() };
  const ask = async (): Promise<unknown> => {
    const body = { model: "local/m", max_tokens: 10, messages: [{ role: "user" as const, content: "Hi" }] };
    return (await anthropic.messages.stream(body, { headers }).finalMessage()).content;
  };
  const first = await ask();
  expect(first).toMatchObject([{ type: "text", text: "One." }]);
  expect(await ask()).toEqual(first);
  expect(calls()).toBe(1);
});
