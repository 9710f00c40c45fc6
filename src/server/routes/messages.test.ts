import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { afterEach, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { EndpointRequest, Gateway, ModelCall } from "../../gateway.ts";
import { parseJson } from "../../json.ts";
import { wholeReply, type Part } from "../../reply.ts";
import { createKey } from "../create-key.ts";
import { createFixture, streamReply, summaryReply } from "../server-fixture.ts";
import { createServer } from "../server.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const { secret, row } = createKey({ name: "app", tenant: "acme", nowMs: 1 });

interface Setup {
  readonly url: string;
  readonly anthropic: Anthropic;
  readonly post: (body: unknown, path?: string) => Promise<Response>;
}

async function setup(gateway: Partial<Gateway>): Promise<Setup> {
  const { dependencies, store } = createFixture(gateway, { auth: "keys" });
  store.keys.push(row);
  const server = createServer(dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    anthropic: new Anthropic({ apiKey: secret, baseURL: url, maxRetries: 0 }),
    post: (body, path = "/v1/messages") =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "x-api-key": secret, "content-type": "application/json", "anthropic-beta": "x-1" },
        body: JSON.stringify(body),
      }),
  };
}

const request = { model: "standard", max_tokens: 64, messages: [{ role: "user" as const, content: "Say hello." }] };

async function* toParts(...parts: Part[]): AsyncGenerator<Part> {
  yield* parts;
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("the official client reads a whole answer of another dialect", async () => {
  const calls: ModelCall[] = [];
  const { anthropic } = await setup({
    callModel: async (call) => {
      calls.push(call);
      const usage = { inputTokens: 3, outputTokens: 2 };
      return {
        ...wholeReply({ text: "Hello.", toolCalls: [], finishReason: "stop", usage }),
        warnings: ["Something was dropped."],
      };
    },
  });
  const { data, response } = await anthropic.messages.create(request).withResponse();
  expect(data).toMatchObject({
    type: "message",
    role: "assistant",
    model: "standard",
    content: [{ type: "text", text: "Hello." }],
    stop_reason: "end_turn",
    usage: { input_tokens: 3, output_tokens: 2 },
  });
  expect(data).toHaveProperty("_request_id", response.headers.get("x-request-id"));
  expect(response.headers.get("headgate-warning")).toBe("Something was dropped.");
  expect(response.headers.get("headgate-snapshot")).toBe("5n4p5h0t");
  expect(calls).toMatchObject([
    {
      model: "standard",
      tenant: "acme",
      keyId: row.id,
      stream: false,
      settings: { maxOutputTokens: 64 },
      foreign: {
        dialect: "anthropic-messages",
        headers: { "anthropic-version": expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string },
      },
    },
  ]);
});

test("the official client reads a stream of another dialect", async () => {
  const { anthropic } = await setup({
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
  const stream = anthropic.messages.stream(request);
  expect(await stream.finalText()).toBe("Hello.");
  expect(stream.request_id).toMatch(/^[0-9a-f-]{36}$/);
  expect((await stream.finalMessage()).usage).toMatchObject({ input_tokens: 3, output_tokens: 2 });
});

test("an answer of the same dialect passes through byte by byte, whole or streamed", async () => {
  const whole = '{ "odd" : "spacing",\n"x_vendor":[1.0e1] }';
  const chunks = [
    "event: message_start\ndata: {}\n\n",
    "event: ping\ndata: {",
    '"type": "ping"}\n\n',
    "event: message_stop\ndata: {}\n\n",
  ];
  const calls: ModelCall[] = [];
  const { post } = await setup({
    callModel: async (call) => {
      calls.push(call);
      if (!call.stream) return wholeReply({ text: "", toolCalls: [], finishReason: "stop", raw: toBytes(whole) });
      const raw = chunks.map((text): Part => ({ type: "raw", bytes: toBytes(text), says: [] }));
      return streamReply(toParts(...raw.slice(0, 3), { type: "finish", reason: "stop" }, ...raw.slice(3)));
    },
  });
  expect(await (await post({ ...request, x_vendor: 1 }, "/v1/messages?beta=true")).text()).toBe(whole);
  expect(await (await post({ ...request, stream: true })).text()).toBe(chunks.join(""));
  expect(calls[0]?.foreign).toMatchObject({ body: { ...request, x_vendor: 1 }, headers: { "anthropic-beta": "x-1" } });
});

test("tokens are counted, for the plain and the beta client", async () => {
  const calls: ModelCall[] = [];
  const { anthropic } = await setup({
    callModel: async (call) => {
      calls.push(call);
      const result = { type: "count-tokens", inputTokens: 42, isEstimated: false } as const;
      return wholeReply({ text: "", toolCalls: [], finishReason: "stop", result });
    },
  });
  const { max_tokens: _limit, ...counted } = request;
  expect(await anthropic.messages.countTokens(counted)).toEqual({ input_tokens: 42 });
  expect(await anthropic.beta.messages.countTokens(counted)).toEqual({ input_tokens: 42 });
  expect(calls).toMatchObject([{ task: { type: "count-tokens" } }, { task: { type: "count-tokens" } }]);
});

test("a model named as an endpoint answers as the endpoint", async () => {
  const calls: EndpointRequest[] = [];
  const { anthropic } = await setup({
    callEndpoint: async (call) => {
      calls.push(call);
      return summaryReply("Short.");
    },
  });
  const asked = { ...request, model: "endpoint:summarize", system: "Ignored." };
  const { content, model } = await anthropic.messages.create(asked);
  expect([content[0]?.type === "text" && content[0].text, model]).toEqual([
    '{"summary":"Short."}',
    "endpoint:summarize",
  ]);
  expect(await anthropic.messages.stream(asked).finalText()).toBe('{"summary":"Short."}');
  expect(calls).toMatchObject([{ endpoint: "summarize", input: { text: "Say hello." } }, { stream: false }]);
});

test("errors have Anthropic's shape, with the status by which the official client chooses its error", async () => {
  const { url, anthropic, post } = await setup({
    callModel: ({ model }) => {
      const error: Record<string, Error> = {
        busy: new HeadgateError("provider_rate_limited", { retryAfterMs: 1500 }),
        refused: new HeadgateError("not_translatable", { detail: "/container (x)." }),
        unknown: new HeadgateError("model_not_found"),
        down: new HeadgateError("provider_unavailable"),
      };
      return Promise.reject(error[model] ?? new Error("secret of the house"));
    },
  });
  const fail = (model: string): Promise<unknown> =>
    anthropic.messages.create({ ...request, model }).catch((error: unknown) => error);
  expect(await fail("busy")).toBeInstanceOf(RateLimitError);
  expect(await fail("refused")).toBeInstanceOf(BadRequestError);
  expect(await fail("unknown")).toBeInstanceOf(NotFoundError);
  expect(await fail("down")).toMatchObject({ status: 503, type: "overloaded_error" });
  const broken = await fail("broken");
  expect(broken).toMatchObject({ status: 500, type: "api_error", errorCode: "internal" });
  expect(String(broken)).not.toContain("secret");
  const { messages: _messages, ...rest } = request;
  const invalid = await post(rest);
  const body: unknown = await invalid.json();
  expect(body).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
  expect(body).toHaveProperty("request_id", invalid.headers.get("request-id"));
  const stranger = new Anthropic({ apiKey: "hg_wrong", baseURL: url, maxRetries: 0 });
  const denied = await stranger.messages.create(request).catch((error: unknown) => error);
  expect(denied).toBeInstanceOf(AuthenticationError);
  expect(denied).toHaveProperty("requestID", expect.stringMatching(/^[0-9a-f-]{36}$/));
});

test("a stream that fails midway ends with the dialect's error event, and the official client throws it", async () => {
  const { anthropic, post } = await setup({
    callModel: async () =>
      streamReply(
        (async function* (): AsyncGenerator<Part> {
          yield { type: "text", text: "Hel" };
          throw new HeadgateError("stream_cut");
        })(),
      ),
  });
  const response = await post({ ...request, stream: true });
  const last = (await response.text()).split("\n\n").at(-2) ?? "";
  const [name, data = ""] = last.split("\ndata: ");
  expect(name).toBe("event: error");
  expect(parseJson(data)).toMatchObject({
    type: "error",
    error: { type: "api_error", details: { error_code: "stream_cut" } },
    request_id: response.headers.get("request-id"),
  });
  const error = await anthropic.messages
    .stream(request)
    .finalMessage()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ type: "api_error", errorCode: "stream_cut" });
});

test("when the client goes away in the middle of a stream the call is cancelled", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const { anthropic } = await setup({
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
  const stream = await anthropic.messages.create({ ...request, stream: true });
  for await (const _event of stream) break;
  expect(await cancelled.promise).toMatchObject({ code: "request_cancelled" });
});

test("bodies are as large as in every foreign dialect, with images in them", async () => {
  const { post } = await setup({
    callModel: async ({ task }) =>
      wholeReply({
        text: "Hello.",
        toolCalls: [],
        finishReason: "stop",
        ...(task ? { result: { type: "count-tokens", inputTokens: 1, isEstimated: false } } : {}),
      }),
  });
  const large = { ...request, messages: [{ role: "user", content: "x".repeat(2 * 1024 * 1024) }] };
  expect((await post(large)).status).toBe(200);
  expect((await post(large, "/v1/messages/count_tokens")).status).toBe(200);
});
