import { describe, expect, test } from "vitest";
import { openAiChat } from "../../src/contract/openai-chat/openai-chat.ts";
import { openAiEmbeddings } from "../../src/contract/openai-embeddings/openai-embeddings.ts";
import { toOpenAiModel, toOpenAiModelList } from "../../src/contract/openai-models.ts";
import { openAiModerations } from "../../src/contract/openai-moderations/openai-moderations.ts";
import { toOpenAiError } from "../../src/contract/openai-error.ts";
import { createEventDecoder } from "../../src/event-stream.ts";
import { errorCatalogue, HeadgateError, type ErrorCode } from "../../src/errors.ts";
import { wholeReply, type Completion } from "../../src/reply.ts";
import { findSpecViolations, type SpecReading } from "./openai-spec.ts";

const head = { requestId: "0190aaaa-0000-7000-8000-000000000000", model: "fast", createdAtMs: 1_700_000_000_999 };

const answers: readonly (readonly [string, Completion])[] = [
  ["text", { text: "Grüße 👩‍🚀", toolCalls: [], finishReason: "stop", usage: { inputTokens: 5, outputTokens: 3 } }],
  ["nothing", { text: "", toolCalls: [], finishReason: "other" }],
  ["a cut text", { text: "Hel", toolCalls: [], finishReason: "length" }],
  ["a filtered text", { text: "", toolCalls: [], finishReason: "content_filter" }],
  [
    "everything that Headgate has a word for",
    {
      text: "It is Köln.",
      reasoning: "Look it up.",
      reasoningBlocks: [{ vendor: "anthropic", text: "Look it up.", signature: "s" }],
      sources: [{ url: "https://x/y", title: "Y", startIndex: 6, endIndex: 10 }, { url: "https://x/z" }],
      logprobs: [{ token: "It", logprob: -0.5, top: [{ token: "Es", logprob: -1 }] }],
      toolCalls: [
        { id: "c1", name: "look", arguments: '{"at":1}' },
        { id: "", name: "wait", arguments: "", signature: "g" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "tool_use",
      usage: { inputTokens: 9, outputTokens: 5, cachedInputTokens: 3, cacheWriteTokens: 1, reasoningTokens: 2 },
    },
  ],
];

const chatRequest = openAiChat.parseRequest(
  { model: "fast", messages: [{ role: "user", content: "Hi" }], stream_options: { include_usage: true } },
  {},
);

async function streamChat(completion: Completion): Promise<unknown[]> {
  const writer = openAiChat.createWriter?.(head, chatRequest);
  const data: string[] = [];
  const decoder = createEventDecoder((event) => data.push(event.data));
  for await (const part of wholeReply(completion).parts) decoder.feed(Buffer.from(writer?.write(part) ?? ""));
  decoder.feed(Buffer.from(writer?.end() ?? ""));
  expect(data.at(-1)).toBe("[DONE]");
  return data.slice(0, -1).map((text) => JSON.parse(text) as unknown);
}

describe.each<SpecReading>(["relaxed", "strict"])("read %s, OpenAI's description is met by", (reading) => {
  test.each(answers)("a chat completion of %s", (_what, completion) => {
    expect(findSpecViolations("chat completion", openAiChat.toAnswer(completion, head, chatRequest), reading)).toEqual(
      [],
    );
  });

  test.each(answers)("the chunks of %s", async (_what, completion) => {
    const chunks = await streamChat(completion);
    expect(chunks.length).toBeGreaterThan(0);
    expect(chunks.flatMap((chunk) => findSpecViolations("chat chunk", chunk, reading))).toEqual([]);
  });

  test("the list of models, and one of them", () => {
    const model = { id: "fast", ownedBy: "headgate" };
    expect(findSpecViolations("models", toOpenAiModelList([model], 1_700_000_000_999), reading)).toEqual([]);
    expect(toOpenAiModelList([model], 1)["data"]).toEqual([toOpenAiModel(model, 1)]);
  });

  test("embeddings", () => {
    const request = openAiEmbeddings.parseRequest({ model: "fast", input: ["a", "b"] }, {});
    const completion: Completion = {
      text: "",
      toolCalls: [],
      finishReason: "stop",
      usage: { inputTokens: 2, outputTokens: 0 },
      result: {
        type: "embed",
        vectors: [
          [0.5, -1],
          [0, 1],
        ],
      },
    };
    expect(findSpecViolations("embeddings", openAiEmbeddings.toAnswer(completion, head, request), reading)).toEqual([]);
  });

  test.each(Object.keys(errorCatalogue) as ErrorCode[])("the error %s", (code) => {
    const issues = [{ path: "/messages/0/role", message: "must be a role" }];
    for (const error of [new HeadgateError(code), new HeadgateError(code, { detail: "So.", issues })]) {
      expect(findSpecViolations("error", toOpenAiError(error), reading)).toEqual([]);
    }
  });
});

// Other vendors name fewer categories than the description asks for.
test("read relaxed, OpenAI's description is met by moderations of every category that OpenAI knows", () => {
  const names =
    "hate hate/threatening harassment harassment/threatening illicit illicit/violent self-harm self-harm/intent self-harm/instructions sexual sexual/minors violence violence/graphic".split(
      " ",
    );
  const completion: Completion = {
    text: "",
    toolCalls: [],
    finishReason: "stop",
    result: {
      type: "moderate",
      results: [
        {
          isFlagged: false,
          categories: Object.fromEntries(names.map((name) => [name, false])),
          scores: Object.fromEntries(names.map((name) => [name, 0.1])),
        },
      ],
    },
  };
  const request = openAiModerations.parseRequest({ input: "x" }, {});
  expect(findSpecViolations("moderations", openAiModerations.toAnswer(completion, head, request))).toEqual([]);
});
