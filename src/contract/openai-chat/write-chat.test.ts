import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI, { APIError } from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wholeReply, type Completion, type Part } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { toOpenAiError } from "../openai-error.ts";
import { parseChatRequest } from "./parse-chat-request.ts";
import { createChatChunkWriter } from "./chat-chunk-writer.ts";
import { toChatCompletion, toForeignLogprobs } from "./write-chat.ts";

const requestId = "0190aaaa-0000-7000-8000-000000000000";
const head = { requestId, model: "fast", createdAtMs: 1_700_000_000_999 };

const completion: Completion = {
  text: "Grüße 👩‍🚀",
  reasoning: "Say hello.",
  toolCalls: [],
  finishReason: "stop",
  usage: { inputTokens: 5, outputTokens: 3, cachedInputTokens: 2, reasoningTokens: 1 },
};
const toolAnswer: Completion = {
  text: "",
  toolCalls: [
    { id: "call_1", name: "look", arguments: '{"at":"x"}' },
    { id: "", name: "wait", arguments: "{}" },
  ],
  finishReason: "tool_calls",
};

/** All that an answer can have. */
const richAnswer: Completion = {
  text: "Yes",
  reasoning: "So.",
  reasoningBlocks: [
    { vendor: "anthropic", text: "So.", signature: "s1" },
    { vendor: "other", text: "Hm." },
  ],
  sources: [{ url: "https://a.test", title: "A", startIndex: 1, endIndex: 3 }, { url: "https://b.test" }],
  logprobs: [{ token: "Yes", logprob: -0.1, top: [{ token: "No", logprob: -2.5 }] }],
  toolCalls: [{ id: "c", name: "look", arguments: "{}", signature: "sig" }],
  finishReason: "tool_calls",
  usage: {
    inputTokens: 5,
    outputTokens: 3,
    cacheWriteTokens: 2,
    audioInputTokens: 1,
    audioOutputTokens: 1,
    serviceTier: "standard",
  },
};

let server: Server;
let client: OpenAI;
let answer: Completion | HeadgateError;

beforeEach(async () => {
  answer = completion;
  server = createServer((request, response) => void respond(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = new OpenAI({
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey: "sk-test",
    maxRetries: 0,
  });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The smallest server that speaks the dialect with this module's words. */
async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const chat = parseChatRequest(parseJson(Buffer.concat(chunks).toString()));
    if (answer instanceof HeadgateError) throw answer;
    if (!chat.stream) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(toChatCompletion(answer, { ...head, model: chat.model })));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    const writer = createChatChunkWriter({ ...head, model: chat.model, includeUsage: chat.includeUsage });
    for await (const part of wholeReply(answer).parts) response.write(writer.write(part));
    response.end(writer.end());
  } catch (error) {
    const { status } = HeadgateError.from(error);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(toOpenAiError(error)));
  }
}

const request = { model: "fast", messages: [{ role: "user" as const, content: "Hi" }] };

describe("beside its text, an answer", () => {
  const message = {
    reasoning_content: "So.",
    reasoning_details: [
      { type: "reasoning.text", text: "So.", signature: "s1", format: "anthropic-claude-v1", index: 0 },
    ],
    annotations: [
      { type: "url_citation", url_citation: { url: "https://a.test", title: "A", start_index: 1, end_index: 3 } },
      { type: "url_citation", url_citation: { url: "https://b.test", title: "", start_index: 0, end_index: 0 } },
    ],
  };
  const call = {
    id: "c",
    type: "function",
    function: { name: "look", arguments: "{}" },
    extra_content: { google: { thought_signature: "sig" } },
  };
  const logprobs = {
    content: [
      {
        token: "Yes",
        logprob: -0.1,
        bytes: [89, 101, 115],
        top_logprobs: [{ token: "No", logprob: -2.5, bytes: [78, 111] }],
      },
    ],
    refusal: null,
  };
  const usage = {
    prompt_tokens: 5,
    completion_tokens: 3,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 1, cache_write_tokens: 2 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 1 },
  };

  test("has reasoning that can be handed back, sources, log-probabilities, signatures and its tier", () => {
    const chat = toChatCompletion(richAnswer, head);
    expect(chat).toMatchObject({ service_tier: "default", usage });
    expect(chat["choices"]).toMatchObject([{ message: { ...message, tool_calls: [call] }, logprobs }]);
  });

  test("has them in a stream too, the sources in one piece", async () => {
    const writer = createChatChunkWriter({ ...head, includeUsage: true });
    const events: Record<string, unknown>[] = [];
    for await (const part of wholeReply(richAnswer).parts) {
      const lines = writer
        .write(part)
        .split("\n\n")
        .filter((line) => line !== "");
      events.push(...lines.map((line) => parseJson(line.slice("data: ".length)) as Record<string, unknown>));
    }
    const choices = events.flatMap((event) => event["choices"] as { delta: object; logprobs: unknown }[]);
    expect(choices.map(({ delta }) => delta)).toEqual([
      { role: "assistant", content: "" },
      { reasoning_content: message.reasoning_content },
      { reasoning_details: message.reasoning_details },
      { content: "Yes" },
      { tool_calls: [{ index: 0, ...call }] },
      { annotations: message.annotations },
      {},
    ]);
    expect(choices[3]?.logprobs).toEqual(logprobs);
    expect(events.at(-1)).toMatchObject({ choices: [], usage, service_tier: "default" });
    // The official client keeps what the last event says.
    expect(events.at(-2)).toMatchObject({ choices: [{ finish_reason: "tool_calls" }], service_tier: "default" });
  });

  test("has no bytes of half a character", () => {
    const tokens = toForeignLogprobs([
      { token: "\uFFFD", logprob: -1 },
      { token: "é", logprob: -1 },
    ]);
    expect(tokens["content"]).toMatchObject([{ bytes: null }, { bytes: [195, 169] }]);
  });

  test("names no tier that OpenAI's clients do not know", () => {
    const answered = { ...completion, usage: { inputTokens: 1, outputTokens: 1, serviceTier: "performance" } };
    expect(toChatCompletion(answered, head)).not.toHaveProperty("service_tier");
  });
});

describe("the official client", () => {
  test("reads a whole answer", async () => {
    const chat = await client.chat.completions.create(request);
    expect(chat).toMatchObject({
      id: `chatcmpl-${requestId}`,
      object: "chat.completion",
      created: 1_700_000_000,
      model: "fast",
    });
    expect(chat.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant", content: "Grüße 👩‍🚀" },
    });
    expect(chat.usage).toMatchObject({
      prompt_tokens: 5,
      completion_tokens: 3,
      total_tokens: 8,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 1 },
    });
  });

  test("reads tool calls, and each has an id", async () => {
    answer = toolAnswer;
    const { choices } = await client.chat.completions.create(request);
    expect(choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    expect(choices[0]?.message.tool_calls).toEqual([
      { id: "call_1", type: "function", function: { name: "look", arguments: '{"at":"x"}' } },
      { id: `call_${requestId}_1`, type: "function", function: { name: "wait", arguments: "{}" } },
    ]);
  });

  test("accumulates a stream to the same answer", async () => {
    for (const expected of [completion, toolAnswer]) {
      answer = expected;
      const whole = await client.chat.completions.create(request);
      const streamed = await client.chat.completions.stream(request).finalChatCompletion();
      const { content, tool_calls: calls } = whole.choices[0]!.message;
      expect(streamed.choices[0]).toMatchObject({ finish_reason: whole.choices[0]!.finish_reason });
      expect(streamed.choices[0]?.message.content ?? "").toBe(content ?? "");
      expect(streamed.choices[0]?.message.tool_calls?.map(({ id, function: target }) => [id, target])).toEqual(
        calls?.map((call) => [call.id, expect.objectContaining(call.type === "function" ? call.function : {})]),
      );
    }
  });

  test("sees usage in a stream only if it asked", async () => {
    const read = async (includeUsage: boolean): Promise<unknown[]> => {
      const stream = await client.chat.completions.create({
        ...request,
        stream: true,
        ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
      });
      const seen: unknown[] = [];
      for await (const chunk of stream) seen.push(chunk.usage);
      return seen;
    };
    const asked = await read(true);
    expect(asked.slice(0, -1).every((usage) => usage === null)).toBe(true);
    expect(asked.at(-1)).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 });
    expect((await read(false)).every((usage) => usage === undefined)).toBe(true);
  });

  test.each([
    ["key_invalid", 401, "AuthenticationError"],
    ["scope_missing", 403, "PermissionDeniedError"],
    ["model_not_found", 404, "NotFoundError"],
    ["input_invalid", 422, "UnprocessableEntityError"],
    ["provider_unavailable", 503, "InternalServerError"],
  ] as const)("throws %s as the class for %s", async (code, status, className) => {
    answer = new HeadgateError(code);
    const error: unknown = await client.chat.completions.create(request).catch((thrown: unknown) => thrown);
    if (!(error instanceof APIError)) throw new Error("It did not fail as expected.", { cause: error });
    expect([error.status, error.code, error.constructor.name]).toEqual([status, code, className]);
  });

  test("is told which field is wrong", async () => {
    const messages = [{ role: "narrator" as "user", content: "Hi" }];
    const error: unknown = await client.chat.completions
      .create({ model: "fast", messages })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      status: 400,
      code: "request_invalid",
      param: "messages[0].role",
      type: "invalid_request_error",
    });
  });
});

describe("createChatChunkWriter", () => {
  const write = (parts: readonly Part[]): string => {
    const writer = createChatChunkWriter({ ...head, includeUsage: false });
    return parts.map((part) => writer.write(part)).join("") + writer.end();
  };

  test("says the role once, before the first word, and ends with [DONE]", () => {
    const events = write([
      { type: "text", text: "a" },
      { type: "text", text: "b" },
      { type: "finish", reason: "other" },
    ]).split("\n\n");
    expect(events.pop()).toBe("");
    expect(events.pop()).toBe("data: [DONE]");
    const choices = events.map((text) => (parseJson(text.slice("data: ".length)) as { choices: unknown[] }).choices[0]);
    expect(choices).toEqual([
      { index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: "a" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: "b" }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: "stop" },
    ]);
  });

  test("says a tool call's id and name once, whatever the provider repeats", () => {
    const call = { type: "tool-call", index: 0, id: "c", name: "look" } as const;
    const text = write([
      { ...call, arguments: '{"a"' },
      { ...call, arguments: ":1}" },
    ]);
    expect(text.match(/"id":"c"/g)).toHaveLength(1);
    expect(text.match(/"name":"look"/g)).toHaveLength(1);
  });

  test("writes nothing for parts that chat clients do not know", () => {
    expect(
      write([
        { type: "reset", reason: "x" },
        { type: "delta", path: "/a", set: 1 },
      ]),
    ).toBe("data: [DONE]\n\n");
  });
});

test("an error that is not ours is reported as internal, without its words", () => {
  expect(toOpenAiError(new Error("password=hunter2"))).toEqual({
    error: { message: "Unexpected internal error", type: "server_error", param: null, code: "internal" },
  });
});

test("an error of a prompt that is too long has OpenAI's own words, which clients look for", () => {
  const error = new HeadgateError("context_too_long", { detail: "The provider x answered 400." });
  expect(toOpenAiError(error)).toEqual({
    error: {
      message: "The prompt exceeds the model's maximum context length. The provider x answered 400.",
      type: "invalid_request_error",
      param: null,
      code: "context_length_exceeded",
    },
  });
});
