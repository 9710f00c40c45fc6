import { describe, expect, test } from "vitest";
import { loadRecordings } from "../../../test/replay/recording.ts";
import { HeadgateError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import { parseCountTokensRequest, parseMessagesRequest } from "./parse-messages-request.ts";

const minimal = { model: "fast", max_tokens: 64, messages: [{ role: "user", content: "Hi" }] };

function read(body: object, headers = {}): ReturnType<typeof parseMessagesRequest> {
  return parseMessagesRequest({ ...minimal, ...body }, headers);
}

function readMessages(...messages: readonly unknown[]): readonly Message[] {
  return read({ messages }).messages;
}

/** Path and effect of every loss. */
function lossesOf(body: object, headers = {}): Record<string, string> {
  const losses = read(body, headers).foreign.losses ?? [];
  return Object.fromEntries(losses.map(({ path, effect }) => [path, effect]));
}

describe("settings", () => {
  test("the smallest request is read, and its body and the dialect's headers are kept for providers of the dialect", () => {
    const headers = { "anthropic-version": "2023-06-01", "x-api-key": "hg_secret", authorization: "Bearer hg_secret" };
    expect(parseMessagesRequest(minimal, headers)).toEqual({
      model: "fast",
      messages: [{ role: "user", content: "Hi" }],
      settings: { maxOutputTokens: 64 },
      stream: false,
      foreign: { dialect: "anthropic-messages", body: minimal, headers: { "anthropic-version": "2023-06-01" } },
    });
  });

  test("every setting that others know is mapped", () => {
    const { settings, stream, foreign } = read({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ["END"],
      thinking: { type: "enabled", budget_tokens: 2048, display: "summarized" },
      output_config: { effort: "high" },
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      metadata: { user_id: "u-1" },
      service_tier: "standard_only",
      stream: true,
    });
    expect(settings).toEqual({
      maxOutputTokens: 64,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stop: ["END"],
      reasoningTokens: 2048,
      reasoningEffort: "high",
      toolChoice: "required",
      parallelToolCalls: false,
      user: "u-1",
      serviceTier: "default",
    });
    expect(stream).toBe(true);
    expect(foreign.losses).toBeUndefined();
  });

  test.each([
    [{ type: "disabled" }, { reasoningEffort: "none" }],
    [{ type: "adaptive" }, {}],
    [{ type: "enabled", budget_tokens: 1024 }, { reasoningTokens: 1024 }],
  ])("thinking %j is read as %j", (thinking, expected) => {
    expect(read({ thinking }).settings).toEqual({ maxOutputTokens: 64, ...expected });
    expect(lossesOf({ thinking })).toEqual({});
  });

  test.each([
    [{ type: "auto" }, "auto"],
    [{ type: "none" }, "none"],
    [{ type: "any" }, "required"],
    [{ type: "tool", name: "look" }, { name: "look" }],
  ])("the tool choice %j is read as %j", (choice, expected) => {
    expect(read({ tool_choice: choice }).settings).toEqual({ maxOutputTokens: 64, toolChoice: expected });
  });

  test("the wanted structure is read from either field", () => {
    const format = { type: "json_schema", schema: { type: "object" } };
    const expected = { name: "output", schema: { type: "object" } };
    expect(read({ output_config: { format } }).output).toEqual(expected);
    expect(read({ output_format: format }).output).toEqual(expected);
    expect(lossesOf({ output_config: { format } })).toEqual({});
  });

  test("the client's own tools are read, with the marks of the cache", () => {
    const { tools } = read({
      tools: [
        { name: "look", description: "Looks", input_schema: { type: "object" }, cache_control: { type: "ephemeral" } },
        { type: "custom", name: "wait", input_schema: { type: "object" }, strict: true, allowed_callers: ["direct"] },
      ],
    });
    expect(tools).toEqual([
      { name: "look", description: "Looks", parameters: { type: "object" }, cacheTtl: "5m" },
      { name: "wait", parameters: { type: "object" }, isStrict: true },
    ]);
  });
});

describe("messages", () => {
  test("instructions stand first, wherever they come from they are the system's", () => {
    const system = [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }];
    expect(read({ system: "Be brief." }).messages[0]).toEqual({ role: "system", content: "Be brief." });
    expect(read({ system }).messages[0]).toEqual({
      role: "system",
      content: [{ type: "text", text: "Be brief.", cacheTtl: "1h" }],
    });
    expect(
      readMessages(
        { role: "user", content: "Hi" },
        { role: "system", content: "Be kind." },
        { role: "developer", content: [{ type: "text", text: "Be quick." }] },
      ).map(({ role, content }) => [role, content]),
    ).toEqual([
      ["user", "Hi"],
      ["system", "Be kind."],
      ["system", "Be quick."],
    ]);
  });

  test("a turn with tools: reasoning, text and calls are one message, results come before what the user adds", () => {
    const messages = readMessages(
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Look it up.", signature: "sig" },
          { type: "redacted_thinking", data: "sealed" },
          { type: "text", text: "One moment." },
          { type: "tool_use", id: "toolu_1", name: "look", input: { at: "x" }, caller: { type: "direct" } },
          { type: "tool_use", id: "toolu_2", name: "wait", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "text", text: "And then?" },
          { type: "tool_result", tool_use_id: "toolu_1", content: "a cat" },
          {
            type: "tool_result",
            tool_use_id: "toolu_2",
            is_error: true,
            content: [{ type: "text", text: "too late" }],
          },
        ],
      },
    );
    expect(messages).toEqual([
      {
        role: "assistant",
        content: "One moment.",
        reasoning: [
          { vendor: "anthropic", text: "Look it up.", signature: "sig" },
          { vendor: "anthropic", text: "", encrypted: "sealed" },
        ],
        toolCalls: [
          { id: "toolu_1", name: "look", arguments: '{"at":"x"}' },
          { id: "toolu_2", name: "wait", arguments: "{}" },
        ],
      },
      { role: "tool", toolCallId: "toolu_1", content: "a cat" },
      { role: "tool", toolCallId: "toolu_2", content: "too late", isError: true },
      { role: "user", content: "And then?" },
    ]);
  });

  test("a tool's result can have images, and its mark of the cache is that of its last part", () => {
    const source = { type: "base64", media_type: "image/png", data: "AAAA" };
    const content = [
      { type: "text", text: "see" },
      { type: "image", source },
    ];
    const cached = { type: "tool_result", tool_use_id: "t", content, cache_control: { type: "ephemeral" } };
    expect(readMessages({ role: "user", content: [cached] })).toEqual([
      {
        role: "tool",
        toolCallId: "t",
        content: [
          { type: "text", text: "see" },
          { type: "image", url: "data:image/png;base64,AAAA", mimeType: "image/png", cacheTtl: "5m" },
        ],
      },
    ]);
    const empty = { type: "tool_result", tool_use_id: "t", cache_control: { type: "ephemeral" } };
    expect(readMessages({ role: "user", content: [empty] })).toEqual([{ role: "tool", toolCallId: "t", content: "" }]);
    const found = [{ type: "tool_reference", tool_name: "look" }];
    expect(
      readMessages({ role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: found }] }),
    ).toEqual([{ role: "tool", toolCallId: "t", content: "look" }]);
  });

  test("images and documents of every source that is not Anthropic's own", () => {
    const pdf = { type: "base64", media_type: "application/pdf", data: "JVBE" };
    const [message] = readMessages({
      role: "user",
      content: [
        { type: "image", source: { type: "url", url: "https://x/y.png" } },
        { type: "document", source: pdf, title: "Report", context: "Of May." },
        { type: "document", source: { type: "url", url: "https://x/y.pdf" } },
        { type: "document", source: { type: "text", media_type: "text/plain", data: "Plain." }, title: "Note" },
        {
          type: "document",
          source: { type: "content", content: [{ type: "text", text: "Part." }] },
          cache_control: { type: "ephemeral" },
        },
      ],
    });
    expect(message?.content).toEqual([
      { type: "image", url: "https://x/y.png" },
      { type: "text", text: "Of May." },
      { type: "file", url: "data:application/pdf;base64,JVBE", mimeType: "application/pdf", name: "Report" },
      { type: "file", url: "https://x/y.pdf" },
      { type: "text", text: "Note" },
      { type: "text", text: "Plain." },
      { type: "text", text: "Part.", cacheTtl: "5m" },
    ]);
  });

  test("a mark of the cache on the whole request is one on its last part", () => {
    const cache = { cache_control: { type: "ephemeral", ttl: "1h" } };
    expect(read(cache).messages).toEqual([{ role: "user", content: [{ type: "text", text: "Hi", cacheTtl: "1h" }] }]);
    expect(read({ ...cache, messages: [{ role: "user", content: "" }] }).messages).toEqual([
      { role: "user", content: "" },
    ]);
  });
});

describe("count_tokens", () => {
  test("the request is read as a task, and nothing about it is refused", () => {
    const request = parseCountTokensRequest(
      { model: "fast", messages: minimal.messages, tools: [{ type: "web_search_20250305", name: "web_search" }] },
      { "anthropic-beta": "token-counting-2024-11-01" },
    );
    expect(request).toMatchObject({ task: { type: "count-tokens" }, stream: false, settings: {} });
    expect(request.foreign.losses).toMatchObject([{ path: "/tools/0", effect: "dropped" }]);
  });
});

const recordings = loadRecordings()?.filter(({ meta }) => meta.endpoint.startsWith("anthropic.")) ?? [];

test.runIf(recordings.length > 0)("every recorded request is read, and kept for Anthropic as it is", () => {
  for (const { request, meta } of recordings) {
    const parse = meta.endpoint === "anthropic.count_tokens" ? parseCountTokensRequest : parseMessagesRequest;
    const { messages, foreign } = parse(request.body, {});
    expect(messages.length).toBeGreaterThan(0);
    expect(foreign.body).toBe(request.body);
  }
});

describe("a request that is malformed", () => {
  const inUser = (block: unknown): object => ({ messages: [{ role: "user", content: [block] }] });
  const image = { type: "image", source: { type: "base64", data: 7 } };

  test.each([
    [{ model: "" }, "/model"],
    [{ messages: [] }, "/messages"],
    [{ messages: [{ role: "narrator", content: "x" }] }, "/messages/0/role"],
    [{ messages: [{ role: "user", content: 5 }] }, "/messages/0/content"],
    [{ messages: [{ role: "user" }] }, "/messages/0/content"],
    [inUser("Hi"), "/messages/0/content/0"],
    [inUser({ text: "Hi" }), "/messages/0/content/0/type"],
    [inUser({ type: "text" }), "/messages/0/content/0/text"],
    [inUser(image), "/messages/0/content/0/source/data"],
    [inUser({ type: "tool_result", content: "x" }), "/messages/0/content/0/tool_use_id"],
    [
      inUser({ type: "tool_result", tool_use_id: "t", content: [image] }),
      "/messages/0/content/0/content/0/source/data",
    ],
    [{ system: [{ type: "text", text: 4 }] }, "/system/0/text"],
    [{ max_tokens: "many" }, "/max_tokens"],
    [{ tools: [{ description: "nameless" }] }, "/tools/0/name"],
    [{ thinking: "deep" }, "/thinking"],
  ])("%j is told to be wrong at %s", (body, path) => {
    const failure = (): unknown => read(body);
    expect(failure).toThrow(HeadgateError);
    expect(failure).toThrow(
      expect.objectContaining({ code: "request_invalid", issues: [{ path, message: expect.any(String) as string }] }),
    );
  });
});
