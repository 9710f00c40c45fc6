import { afterEach, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import type { EndpointRequest, Gateway } from "../../gateway.ts";
import { isUuid } from "../../ids.ts";
import { createApp } from "../app.ts";
import type { App } from "../app.ts";
import { createFixture, streamReply, summaryReply } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

const apps: App[] = [];

afterEach(async () => {
  for (const { http, context } of apps.splice(0)) {
    context.keys.close();
    await http.close();
  }
});

type Injected = Awaited<ReturnType<App["http"]["inject"]>>;

interface Setup extends Fixture {
  readonly post: (path: string, headers?: Record<string, string>, payload?: unknown) => Promise<Injected>;
}

function setup(gateway: Partial<Gateway>): Setup {
  const fixture = createFixture(gateway);
  const app = createApp(fixture.dependencies);
  apps.push(app);
  return {
    ...fixture,
    post: (url, headers = {}, payload = { text: "A long article." }) =>
      app.http.inject({
        method: "POST",
        url,
        headers: { host: "localhost", "content-type": "application/json", ...headers },
        payload: JSON.stringify(payload),
      }),
  };
}

function setupStream(parts: () => AsyncGenerator<Part>): Setup {
  return setup({ callEndpoint: async () => streamReply(parts()) });
}

const sse = { accept: "text/event-stream" };

/** The events of a body as `name data`. */
function toEvents(body: string): string[] {
  return body
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => event.replace(/^event: (\w+)\ndata: /, "$1 "));
}

test("an endpoint answers with the contract and nothing else", async () => {
  const calls: EndpointRequest[] = [];
  const { post } = setup({
    callEndpoint: async (request) => {
      calls.push(request);
      return summaryReply("Short.");
    },
  });
  const response = await post("/api/summarize/v2");
  expect(response.statusCode).toBe(200);
  const requestId = String(response.headers["x-request-id"]);
  expect(response.json()).toEqual({ requestId, status: "ok", summary: "Short.", warnings: [] });
  expect(Object.keys(response.json<object>())[0]).toBe("requestId");
  expect(response.headers["headgate-snapshot"]).toBe("5n4p5h0t");
  expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(isUuid(requestId)).toBe(true);
  expect(calls).toMatchObject([
    {
      endpoint: "summarize",
      contract: 2,
      input: { text: "A long article." },
      tenant: "local",
      stream: false,
      requestId,
    },
  ]);
});

test("the client's own request id is kept when it is a UUID, in answers and errors", async () => {
  const own = "0f8fad5b-d9cb-469f-a165-70867728950e";
  const { post } = setup({
    callEndpoint: async ({ endpoint }) => {
      if (endpoint === "summarize") return summaryReply("Short.");
      throw new HeadgateError("endpoint_not_found");
    },
  });
  const good = await post("/api/summarize/v1", { "x-request-id": own.toUpperCase() });
  expect(good.headers["x-request-id"]).toBe(own);
  expect(good.json()).toMatchObject({ requestId: own });
  const bad = await post("/api/unknown/v1", { "x-request-id": own });
  expect(bad.headers["x-request-id"]).toBe(own);
  expect(bad.json()).toMatchObject({ requestId: own, code: "endpoint_not_found" });
  const forged = await post("/api/summarize/v1", { "x-request-id": "not a uuid" });
  expect(isUuid(String(forged.headers["x-request-id"]))).toBe(true);
});

test("an output field cannot pass for the envelope's", async () => {
  const output = { summary: "Short.", status: "refused", requestId: "forged" };
  const { post } = setup({
    callEndpoint: async () => ({
      whole: {
        text: "",
        toolCalls: [],
        finishReason: "stop",
        outcome: { status: "fallback", output, warnings: ["cut"] },
      },
      parts: (async function* (): AsyncGenerator<Part> {})(),
    }),
  });
  const response = await post("/api/summarize/v1");
  expect(response.json()).toEqual({
    requestId: response.headers["x-request-id"],
    status: "fallback",
    summary: "Short.",
    warnings: ["cut"],
  });
});

test.each([
  { code: "provider_silent", retryAfter: "1" },
  { code: "provider_unavailable", retryAfter: "1" },
  { code: "deadline_exceeded", retryAfter: "1" },
  { code: "provider_spent", retryAfter: undefined },
  { code: "output_invalid", retryAfter: undefined },
] as const)("a failure with $code says when to come back: $retryAfter", async ({ code, retryAfter }) => {
  const { post } = setup({ callEndpoint: () => Promise.reject(new HeadgateError(code)) });
  const response = await post("/api/summarize/v1");
  expect(response.json()).toMatchObject({ code });
  expect(response.headers["retry-after"]).toBe(retryAfter);
});

test("a failed call is a problem with the catalogue's status, its issues and when to come back", async () => {
  const { post, logLines } = setup({
    callEndpoint: () =>
      Promise.reject(
        new HeadgateError("provider_rate_limited", {
          detail: "Wait a little.",
          issues: [{ path: "/text", message: "is too short" }],
          retryAfterMs: 1200,
        }),
      ),
  });
  const response = await post("/api/summarize/v1");
  expect(response.statusCode).toBe(503);
  expect(response.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(response.headers["retry-after"]).toBe("2");
  expect(response.json()).toEqual({
    type: "/docs#error-provider_rate_limited",
    title: "The provider is rate limited",
    status: 503,
    code: "provider_rate_limited",
    detail: "Wait a little.",
    issues: [{ path: "/text", message: "is too short" }],
    requestId: response.headers["x-request-id"],
    retryable: true,
    retryAfterMs: 1200,
  });
  expect(logLines).toEqual([]);
});

test("a bug shows none of its words to the client, and is logged once under the request's id", async () => {
  const { post, logLines } = setup({ callEndpoint: () => Promise.reject(new TypeError("secret of the house")) });
  const response = await post("/api/summarize/v1");
  expect(response.statusCode).toBe(500);
  expect(response.body).not.toContain("secret");
  expect(response.json()).toMatchObject({ code: "internal", retryable: false });
  expect(logLines).toHaveLength(1);
  expect(logLines[0]).toMatchObject({
    requestId: response.headers["x-request-id"],
    err: { message: "secret of the house" },
  });
});

test("a stream sends deltas, then the whole contract, and the same answer as without streaming", async () => {
  const { post } = setupStream(async function* () {
    yield { type: "delta", path: "/summary", append: "Sho\nrt" };
    yield { type: "reset", reason: "corrected" };
    yield { type: "delta", path: "/summary", set: "Short." };
    yield { type: "usage", usage: { inputTokens: 1, outputTokens: 1 } };
    yield { type: "finish", reason: "stop", outcome: { status: "ok", output: { summary: "Short." }, warnings: [] } };
  });
  const response = await post("/api/summarize/v1", sse);
  expect(response.statusCode).toBe(200);
  expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  const requestId = String(response.headers["x-request-id"]);
  expect(toEvents(response.body)).toEqual([
    String.raw`delta {"path":"/summary","append":"Sho\nrt"}`,
    'reset {"reason":"corrected"}',
    'delta {"path":"/summary","set":"Short."}',
    `done {"requestId":"${requestId}","status":"ok","summary":"Short.","warnings":[]}`,
  ]);
});

test("a stream that fails before its first event has a status of its own", async () => {
  const { post } = setupStream(async function* () {
    yield await Promise.reject(new HeadgateError("provider_unavailable"));
  });
  const response = await post("/api/summarize/v1", sse);
  expect(response.statusCode).toBe(503);
  expect(response.json()).toMatchObject({ code: "provider_unavailable" });
});

test("a stream that fails later ends with the problem as its last event", async () => {
  const { post, logLines } = setupStream(async function* () {
    yield { type: "delta", path: "/summary", append: "Sho" };
    throw new Error("secret of the house");
  });
  const response = await post("/api/summarize/v1", sse);
  const events = toEvents(response.body);
  expect(events).toHaveLength(2);
  expect(events[1]).toMatch(/^error \{"type":"\/docs#error-internal".*"status":500/);
  expect(response.body).not.toContain("secret");
  expect(logLines).toHaveLength(1);
});

test("a stream without a finish is an error, not a success", async () => {
  const { post } = setupStream(async function* () {
    yield { type: "delta", path: "/summary", append: "Sho" };
  });
  const response = await post("/api/summarize/v1", sse);
  expect(toEvents(response.body).at(-1)).toMatch(/^error .*"code":"stream_cut"/);
  expect(response.body).not.toContain("event: done");
});

test.each(["v0", "v01", "v-1", "v1.5", "vx", "v99999999999999999999"])(
  "there is no contract version %s",
  async (version) => {
    const { post } = setup({ callEndpoint: async () => summaryReply("Short.") });
    const response = await post(`/api/summarize/${version}`);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: "endpoint_not_found" });
  },
);

test("a call without a body says what is missing", async () => {
  const fixture = createFixture();
  const app = createApp(fixture.dependencies);
  apps.push(app);
  const response = await app.http.inject({ method: "POST", url: "/api/summarize/v1", headers: { host: "localhost" } });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({
    code: "request_invalid",
    detail: expect.stringContaining("JSON body") as string,
  });
});
