import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { streamText, type LanguageModel } from "ai";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Target } from "../../src/call.ts";
import { HeadgateError, type ErrorCode } from "../../src/errors.ts";
import type { ModelCall } from "../../src/gateway.ts";
import type { Part, Reply } from "../../src/reply.ts";
import { createKey } from "../../src/server/create-key.ts";
import { createFixture } from "../../src/server/server-fixture.ts";
import { createServer } from "../../src/server/server.ts";
import { relayBegun, type StreamingDialect } from "./begun-answers.ts";
import { createManualClock } from "../../src/testing/manual-clock.ts";
import { readAll } from "./read-all.ts";

// Real clients on the real routes; what comes up the pipeline is scripted.

const { secret, row } = createKey({ name: "app", tenant: "acme", nowMs: 1 });
const first: Target = { provider: "one", model: "first-1", rule: "model" };
const target: Target = { provider: "two", model: "steady-1", rule: "fallback" };
const note = { rescued: true, model: "steady-1" };
const usage: Part = { type: "usage", usage: { inputTokens: 15, outputTokens: 5 } };

const clock = createManualClock();
let url: string;
let answer: (call: ModelCall) => Promise<Reply>;
let calls = 0;
let close: () => Promise<void>;

beforeAll(async () => {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const { dependencies, store } = createFixture(
    {
      callModel: (call) => {
        calls++;
        return answer(call);
      },
    },
    { auth: "keys", clock },
  );
  store.keys.push(row);
  const server = createServer(dependencies);
  ({ url } = await server.listen({ host: "127.0.0.1", port: 0 }));
  close = () => server.close({ drainMs: 0 });
});
afterAll(() => close());

async function* toParts(...steps: readonly (Part | HeadgateError)[]): AsyncGenerator<Part> {
  for (const step of steps) {
    if (step instanceof HeadgateError) throw step;
    yield step;
  }
}

function stream(...steps: readonly (Part | HeadgateError)[]): void {
  calls = 0;
  answer = async () => ({ parts: toParts(...steps), target: first });
}

/** The answer comes when the client has had the head of the stream. */
function wait(next: () => Promise<Reply>): void {
  calls = 0;
  answer = async () => {
    clock.advance(15_000);
    return next();
  };
}

const hello: Part = { type: "text", text: "Grüße" };
const sent: readonly Part[] = [hello];
const resumed: Part = { type: "resumed", sent, target };
const rest: readonly Part[] = [
  { type: "text", text: " an 🌉" },
  { type: "text", text: " alle." },
  usage,
  { type: "finish", reason: "stop" },
];
/** Of what was relayed or sent, and the rest. */
const whole = "Grüße an 🌉 alle.";

interface SeenStream {
  readonly text: string;
  /** All that the client lets its user see of the events, as JSON. */
  readonly events: string;
}

interface Client {
  readonly name: string;
  readonly dialect: StreamingDialect;
  readonly read: () => Promise<SeenStream>;
}

const user = [{ role: "user" as const, content: "Say hello." }];
const openai = (options: object = {}): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: secret, maxRetries: 0, ...options });
const anthropic = (options: object = {}): Anthropic =>
  new Anthropic({ baseURL: url, apiKey: secret, maxRetries: 0, ...options });
const message = { model: "standard", max_tokens: 64, messages: user };

async function readAiSdk(model: LanguageModel): Promise<SeenStream> {
  const parts: unknown[] = [];
  let text = "";
  // Failures come in the stream, too, and are not to be logged.
  const { fullStream } = streamText({ model, prompt: "Say hello.", maxRetries: 0, onError: () => {} });
  for await (const part of fullStream) {
    parts.push(part);
    if (part.type === "text-delta") text += part.text;
    if (part.type === "error") throw part.error;
  }
  return { text, events: JSON.stringify(parts) };
}

async function readLangChain(useResponsesApi: boolean): Promise<SeenStream> {
  const configuration = { baseURL: `${url}/v1` };
  const chat = new ChatOpenAI({ model: "standard", apiKey: secret, configuration, useResponsesApi, maxRetries: 0 });
  const chunks = await readAll(await chat.stream([new HumanMessage("Say hello.")]));
  const sum = chunks.reduce((all, chunk) => all.concat(chunk));
  expect(sum.usage_metadata).toMatchObject({ input_tokens: 15, output_tokens: 5 });
  return { text: sum.text, events: JSON.stringify(chunks) };
}

const clients: readonly Client[] = [
  {
    name: "openai's chat",
    dialect: "openai-chat",
    read: async () => {
      const options = { model: "standard", messages: user, stream: true, stream_options: { include_usage: true } };
      const chunks = await readAll(await openai().chat.completions.create({ ...options, stream: true }));
      const text = chunks.map(({ choices: [choice] }) => choice?.delta.content ?? "").join("");
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
      return { text, events: JSON.stringify(chunks) };
    },
  },
  {
    name: "openai's chat helper",
    dialect: "openai-chat",
    read: async () => {
      const helper = openai().chat.completions.stream({ model: "standard", messages: user });
      const final = await helper.finalChatCompletion();
      expect(final.model).toBe("steady-1");
      return { text: final.choices[0]?.message.content ?? "", events: JSON.stringify(final) };
    },
  },
  {
    name: "openai's responses",
    dialect: "openai-responses",
    read: async () => {
      const events = await readAll(await openai().responses.create({ model: "standard", input: user, stream: true }));
      expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
      const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
      return { text: deltas.join(""), events: JSON.stringify(events) };
    },
  },
  {
    name: "openai's responses helper",
    dialect: "openai-responses",
    read: async () => {
      const snapshots: string[] = [];
      const helper = openai().responses.stream({ model: "standard", input: user });
      const final = await helper
        .on("response.output_text.delta", (event) => snapshots.push(event.snapshot))
        .finalResponse();
      expect(snapshots.at(-1)).toBe(final.output_text);
      expect(final.model).toBe("steady-1");
      return { text: final.output_text, events: JSON.stringify(final) };
    },
  },
  {
    name: "anthropic",
    dialect: "anthropic-messages",
    read: async () => {
      const events = await readAll(await anthropic().messages.create({ ...message, stream: true }));
      const deltas = events.flatMap((event) => (event.type === "content_block_delta" ? [event.delta] : []));
      const text = deltas.map((delta) => (delta.type === "text_delta" ? delta.text : "")).join("");
      return { text, events: JSON.stringify(events) };
    },
  },
  {
    name: "anthropic's helper",
    dialect: "anthropic-messages",
    read: async () => {
      const helper = anthropic().messages.stream(message);
      const seen: unknown[] = [];
      helper.on("streamEvent", (event) => seen.push(event));
      const final = await helper.finalMessage();
      expect(final.usage.output_tokens).toBe(5);
      const texts = final.content.map((block) => (block.type === "text" ? block.text : ""));
      return { text: texts.join(""), events: JSON.stringify(seen) };
    },
  },
  {
    name: "langchain's chat",
    dialect: "openai-chat",
    read: () => readLangChain(false),
  },
  {
    name: "langchain's responses",
    dialect: "openai-responses",
    read: () => readLangChain(true),
  },
  {
    name: "ai with openai's chat",
    dialect: "openai-chat",
    read: () => readAiSdk(createOpenAI({ baseURL: `${url}/v1`, apiKey: secret }).chat("standard")),
  },
  {
    name: "ai with openai's responses",
    dialect: "openai-responses",
    read: () => readAiSdk(createOpenAI({ baseURL: `${url}/v1`, apiKey: secret })("standard")),
  },
  {
    name: "ai with openai-compatible",
    dialect: "openai-chat",
    read: () =>
      readAiSdk(createOpenAICompatible({ name: "headgate", baseURL: `${url}/v1`, apiKey: secret })("standard")),
  },
  {
    name: "ai with anthropic",
    dialect: "anthropic-messages",
    read: () => readAiSdk(createAnthropic({ baseURL: `${url}/v1`, apiKey: secret })("standard")),
  },
];

describe.each(clients)("$name", ({ name, dialect, read }) => {
  test.each(["relayed", "written"])("reads a rescued answer that was %s as one", async (how) => {
    stream(...(how === "relayed" ? relayBegun(dialect) : sent), resumed, ...rest);
    const { text, events } = await read();
    expect(text).toBe(whole);
    // Others keep to what they know.
    const isShown = /^(?:openai|anthropic)/.test(name);
    expect(isShown && !events.includes(JSON.stringify(note))).toBe(false);
  });

  test.each<[ErrorCode, string]>([
    ["stream_cut", "relayed"],
    ["stream_cut", "written"],
    ["stream_cut", "rescued"],
    ["stream_cut", "relayed and taken over"],
    ["shutting_down", "relayed"],
    ["shutting_down", "written"],
    ["shutting_down", "relayed and taken over"],
  ])("raises %s in an answer that was %s, and asks no second time", async (code, how) => {
    const passed = how.startsWith("relayed") ? relayBegun(dialect) : sent;
    const taken = how.includes("rescued") || how.includes("taken") ? [resumed, ...rest.slice(0, 1)] : [];
    stream(...passed, ...taken, new HeadgateError(code));
    await expect(read()).rejects.toThrow(/./);
    expect(calls).toBe(1);
  });
});

const atWork = {
  "anthropic-messages": {
    type: "content_block_start",
    index: 0,
    content_block: { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} },
  },
  "openai-responses": {
    type: "response.output_item.added",
    sequence_number: 1,
    output_index: 0,
    item: { type: "web_search_call", id: "ws_1", status: "in_progress", action: { type: "search", query: "q" } },
  },
} as const;

describe("a vendor's own tool at work, from which nobody can go on,", () => {
  test.each(clients.filter(({ dialect }) => dialect in atWork))("is an error for $name", async ({ dialect, read }) => {
    const event = atWork[dialect as keyof typeof atWork];
    const bytes = Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    stream(relayBegun(dialect)[0]!, { type: "raw", bytes, says: [] }, resumed, ...rest);
    await expect(read()).rejects.toThrow("The provider's stream ended without a finish");
  });
});

describe("the errors within streams", () => {
  test("are the official clients' own, with a code", async () => {
    stream(hello, new HeadgateError("shutting_down"));
    const chat = clients[0]!.read();
    await expect(chat).rejects.toBeInstanceOf(APIError);
    await expect(chat).rejects.toMatchObject({ code: "shutting_down" });
    stream(...relayBegun("openai-responses"), resumed, new HeadgateError("shutting_down"));
    const responses = clients[2]!.read();
    await expect(responses).rejects.toBeInstanceOf(APIError);
    await expect(responses).rejects.toMatchObject({ code: "shutting_down" });
    stream(...relayBegun("anthropic-messages"), new HeadgateError("shutting_down"));
    const messages = clients[5]!.read();
    await expect(messages).rejects.toBeInstanceOf(AnthropicError);
    await expect(messages).rejects.toMatchObject({ errorCode: "shutting_down", type: "overloaded_error" });
  });

  test.each<[string, string, object, RegExp]>([
    ["chat/completions", "openai-chat", { messages: user }, /\[DONE\]|finish_reason":"/],
    ["responses", "openai-responses", { input: user }, /response\.completed|response\.incomplete/],
    ["messages", "anthropic-messages", { messages: user, max_tokens: 9 }, /message_stop|message_delta/],
  ])("of %s are the last thing in them, and nothing there looks like success", async (path, dialect, body, success) => {
    for (const steps of [
      sent,
      relayBegun(dialect as StreamingDialect),
      [...relayBegun(dialect as StreamingDialect), resumed],
    ]) {
      for (const code of ["stream_stalled", "shutting_down"] as const) {
        stream(...steps, new HeadgateError(code));
        const response = await fetch(`${url}/v1/${path}`, {
          method: "POST",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
          body: JSON.stringify({ model: "standard", stream: true, ...body }),
        });
        const text = await response.text();
        expect(text).not.toMatch(success);
        expect(text.endsWith("\n\n")).toBe(true);
        const last = text.trimEnd().split("\n\n").at(-1);
        expect(last).toMatch(/"error"|response\.failed/);
        expect(text).toContain(code);
      }
    }
  });
});

describe("a model that is silent for long", () => {
  test.each(clients)("has its answer read by $name", async ({ dialect, read }) => {
    wait(async () => ({ parts: toParts(...relayBegun(dialect), resumed, ...rest), target: first, warnings: ["A."] }));
    expect((await read()).text).toBe(whole);
  });

  test.each(clients)("and then fails, raises an error in $name", async ({ read }) => {
    wait(() => Promise.reject(new HeadgateError("provider_silent")));
    await expect(read()).rejects.toThrow(/./);
    expect(calls).toBe(1);
  });
});

describe("official clients ask again", () => {
  const api = {
    chat: () => openai({ maxRetries: 1 }).chat.completions.create({ model: "standard", messages: user }),
    responses: () => openai({ maxRetries: 1 }).responses.create({ model: "standard", input: user }),
    messages: () => anthropic({ maxRetries: 1 }).messages.create(message),
  };

  async function count(ask: () => Promise<unknown>, error: HeadgateError): Promise<number> {
    calls = 0;
    answer = () => Promise.reject(error);
    await expect(ask()).rejects.toBeInstanceOf(Error);
    return calls;
  }

  test.each(Object.entries(api))(
    "(%s) only where that can help: what was tried to the end is left",
    async (_name, ask) => {
      for (const code of ["provider_unavailable", "provider_silent", "stream_cut", "provider_rate_limited"] as const) {
        expect([code, await count(ask, new HeadgateError(code))]).toEqual([code, 1]);
      }
      // It says how long it lasts.
      expect(await count(ask, new HeadgateError("provider_rate_limited", { retryAfterMs: 1 }))).toBe(2);
      expect(await count(ask, new HeadgateError("overloaded", { retryAfterMs: 1 }))).toBe(2);
    },
  );
});

describe("the model that an answer names", () => {
  test("is the one that answered, whole and streamed", async () => {
    answer = async () => ({
      whole: { text: "Hi", toolCalls: [], finishReason: "stop" },
      parts: (async function* (): AsyncGenerator<Part> {})(),
      target,
    });
    expect((await openai().chat.completions.create({ model: "standard", messages: user })).model).toBe("steady-1");
    expect((await openai().responses.create({ model: "standard", input: user })).model).toBe("steady-1");
    expect((await anthropic().messages.create(message)).model).toBe("steady-1");
    stream(...sent, ...rest);
    const { events } = await clients[0]!.read();
    expect(events).toContain('"model":"first-1"');
  });
});
