import { describe, expect, test } from "vitest";
import { parseChatRequest, type ParsedChatRequest } from "./parse-chat-request.ts";

const minimal = { model: "fast", messages: [{ role: "user", content: "Hi" }] };

function parse(more: Record<string, unknown>): ParsedChatRequest {
  return parseChatRequest({ ...minimal, ...more });
}

function losses(more: Record<string, unknown>): readonly (readonly [string, string])[] {
  return (parse(more).foreign.losses ?? []).map(({ path, effect }) => [path, effect]);
}

function withUser(...content: unknown[]): Record<string, unknown> {
  return { messages: [{ role: "user", content }] };
}

describe("settings", () => {
  test("are read in all of OpenAI's words, and in those of its followers", () => {
    const body = {
      top_k: 40,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      reasoning_effort: "xhigh",
      verbosity: "low",
      service_tier: "flex",
      user: "u-1",
      safety_identifier: "s-1",
      logprobs: true,
      top_logprobs: 3,
      parallel_tool_calls: false,
      response_format: { type: "json_object" },
      n: 1,
      modalities: ["text"],
    };
    const { settings, foreign } = parse(body);
    expect(settings).toEqual({
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      reasoningEffort: "xhigh",
      verbosity: "low",
      serviceTier: "flex",
      user: "u-1",
      topLogprobs: 3,
      parallelToolCalls: false,
      jsonMode: true,
    });
    expect(foreign).not.toHaveProperty("losses");
  });

  test.each([
    [{ reasoning: { effort: "low", max_tokens: 2000 } }, { reasoningEffort: "low", reasoningTokens: 2000 }],
    [{ presence_penalty: 0, frequency_penalty: 0, verbosity: "medium", n: 1, logprobs: false, logit_bias: {} }, {}],
    [
      { presence_penalty: -0.5, temperature: 1 },
      { presencePenalty: -0.5, temperature: 1 },
    ],
    [{ logprobs: true }, { topLogprobs: 0 }],
    [{ logprobs: 2 }, { topLogprobs: 2 }],
    [{ logprobs: false, top_logprobs: 2 }, {}],
    [{ service_tier: "auto" }, {}],
    [{ safety_identifier: "s-1" }, { user: "s-1" }],
    [{ response_format: { type: "json_schema", json_schema: { name: "x" } } }, { jsonMode: true }],
    [{ response_format: { type: "text" } }, {}],
  ])("%o is %o", (body, settings) => {
    expect(parse(body).settings).toEqual(settings);
    expect(parse(body).foreign).not.toHaveProperty("losses");
  });

  test("with values that nobody knows are dropped", () => {
    expect(losses({ reasoning_effort: "default", verbosity: "huge" })).toEqual([
      ["/reasoning_effort", "dropped"],
      ["/verbosity", "dropped"],
    ]);
    expect(parse({ reasoning_effort: "default" }).settings).toEqual({});
  });
});

describe("what only this dialect says", () => {
  test.each([
    ["n", 2],
    ["functions", [{ name: "f" }]],
    ["function_call", "auto"],
    ["logit_bias", { "50256": -100 }],
    ["web_search_options", {}],
    ["moderation", "auto"],
    ["audio", { voice: "alloy", format: "wav" }],
    ["modalities", ["text", "audio"]],
    ["response_format", { type: "grammar" }],
  ])("and an answer hangs on, such as %s, is refused", (field, value) => {
    expect(losses({ [field]: value })).toEqual([[`/${field}`, "refused"]]);
  });

  test.each([
    ["store", true],
    ["metadata", { a: "b" }],
    ["prediction", { type: "content", content: "x" }],
    ["prompt_cache_key", "k"],
    ["some_new_field", 0],
  ])("and an answer is whole without, such as %s, is dropped", (field, value) => {
    expect(losses({ [field]: value })).toEqual([[`/${field}`, "dropped"]]);
  });

  test.each([
    ["store", false],
    ["metadata", {}],
    ["logit_bias", {}],
    ["logit_bias", null],
    ["web_search_options", null],
    ["functions", []],
    ["some_new_field", null],
  ])("but says nothing, such as %s: %o, is no loss", (field, value) => {
    expect(losses({ [field]: value })).toEqual([]);
  });

  test("is told by its place, and in bounds", () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`field_${at}`, 1]));
    const all = parse({ ...unknown, n: 2 }).foreign.losses!;
    expect(all).toHaveLength(52);
    expect(all[0]).toMatchObject({ path: "/n", effect: "refused" });
    expect(all.at(-1)).toEqual({ path: "", effect: "dropped", why: "4950 more fields are not known" });
  });
});

describe("messages", () => {
  test("carry files, audio, details and caching", () => {
    const { messages, foreign } = parse(
      withUser(
        { type: "text", text: "See:", cache_control: { type: "ephemeral", ttl: "1h" } },
        { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "high" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } },
        { type: "file", file: { file_data: "AA==" }, cache_control: { type: "ephemeral" } },
        { type: "document_url", document_url: "https://x.test/a.pdf" },
        { type: "input_audio", input_audio: { data: "AA==", format: "mp3" } },
        { type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
      ),
    );
    expect(foreign).not.toHaveProperty("losses");
    expect(messages[0]?.content).toEqual([
      { type: "text", text: "See:", cacheTtl: "1h" },
      { type: "image", url: "https://x.test/a.png", detail: "high" },
      { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
      { type: "file", url: "data:application/pdf;base64,AA==", cacheTtl: "5m" },
      { type: "file", url: "https://x.test/a.pdf" },
      { type: "audio", url: "data:audio/mpeg;base64,AA==", mimeType: "audio/mpeg" },
      { type: "audio", url: "data:audio/wav;base64,AA==", mimeType: "audio/wav" },
    ]);
  });

  test.each([
    ["a file that the vendor keeps", withUser({ type: "file", file: { file_id: "file-1" } }), "/messages/0/content/0"],
    ["a part that is not known", withUser({ type: "video_url", video_url: {} }), "/messages/0/content/0"],
    ["audio without a format", withUser({ type: "input_audio", input_audio: {} }), "/messages/0/content/0"],
    ["a spoken answer", { messages: [{ role: "assistant", audio: { id: "a" } }] }, "/messages/0/audio"],
    ["a function's result", { messages: [{ role: "function", name: "f", content: "x" }] }, "/messages/0"],
    [
      "a function's call",
      { messages: [{ role: "assistant", function_call: { name: "f", arguments: "" } }] },
      "/messages/0",
    ],
    [
      "a vendor's own call",
      { messages: [{ role: "assistant", tool_calls: [{ id: "c", type: "custom", custom: {} }] }] },
      "/messages/0/tool_calls/0",
    ],
  ])("with %s are refused", (_what, body, path) => {
    expect(losses(body)).toContainEqual([path, "refused"]);
  });

  test("lose names and fields of their own, but not an answer's empty ones", () => {
    const answer = {
      role: "assistant",
      content: "x",
      refusal: null,
      annotations: [],
      audio: null,
      function_call: null,
    };
    expect(
      losses({ messages: [{ role: "user", name: "Ada", content: "Hi" }, answer, { ...answer, prefix: true }] }),
    ).toEqual([
      ["/messages/0/name", "dropped"],
      ["/messages/2/prefix", "dropped"],
    ]);
  });

  test("of a model that refused keep what it said", () => {
    const { messages } = parse({
      messages: [
        { role: "assistant", content: null, refusal: "I cannot." },
        { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      ],
    });
    expect(messages.map(({ content }) => content)).toEqual(["I cannot.", [{ type: "text", text: "No." }]]);
  });

  test("hand reasoning back, with its seal where there is one", () => {
    const { messages } = parse({
      messages: [
        { role: "assistant", content: "a", reasoning_content: "Hm." },
        { role: "assistant", content: "b", reasoning: "Ah." },
        {
          role: "assistant",
          content: "c",
          reasoning_content: "So.",
          reasoning_details: [
            { type: "reasoning.text", text: "So.", signature: "s", format: "anthropic-claude-v1", index: 0 },
            { type: "reasoning.encrypted", data: "e", format: "anthropic-claude-v1", index: 1 },
            { type: "reasoning.summary", summary: "In short.", format: "openai-responses-v1", index: 2, id: "rs" },
            { type: "reasoning.encrypted", data: "f", format: "openai-responses-v1", index: 2, id: "rs" },
          ],
        },
        { role: "user", content: "d", reasoning_content: "ignored" },
      ],
    });
    expect(messages.map(({ reasoning }) => reasoning)).toEqual([
      [{ vendor: "other", text: "Hm." }],
      [{ vendor: "other", text: "Ah." }],
      [
        { vendor: "anthropic", text: "So.", signature: "s" },
        { vendor: "anthropic", text: "", encrypted: "e" },
        { vendor: "openai", text: "In short.", encrypted: "f", id: "rs" },
      ],
      undefined,
    ]);
  });

  test("hand a call's signature back", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
    const signed = { ...call, extra_content: { google: { thought_signature: "sig" } } };
    const { messages } = parse({ messages: [{ role: "assistant", tool_calls: [signed, call] }] });
    expect(messages[0]?.toolCalls).toEqual([
      { id: "c", name: "f", arguments: "{}", signature: "sig" },
      { id: "c", name: "f", arguments: "{}" },
    ]);
  });
});

describe("tools", () => {
  const tool = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
    type: "function",
    function: { name, ...more },
  });

  test("carry strictness and caching", () => {
    const tools = [{ ...tool("f", { strict: true }), cache_control: { type: "ephemeral" } }];
    expect(parse({ tools }).tools).toEqual([{ name: "f", parameters: {}, isStrict: true, cacheTtl: "5m" }]);
  });

  const refusal = (path: string, why: string): unknown => ({ path, effect: "refused", why });
  const custom = "is a custom tool, whose argument is any text: only tools with JSON arguments are translated";

  test("whose argument is any text are refused for that, wherever they stand", () => {
    const named = { type: "custom", custom: { name: "g" } };
    const call = { id: "c", type: "custom", custom: { name: "g", input: "SELECT 1" } };
    const messages = [{ role: "assistant", tool_calls: [call] }];
    expect(parse({ tools: [named] }).foreign.losses).toEqual([refusal("/tools/0", custom)]);
    expect(parse({ tool_choice: named }).foreign.losses).toEqual([refusal("/tool_choice", custom)]);
    expect(parse({ messages }).foreign.losses).toEqual([refusal("/messages/0/tool_calls/0", custom)]);
  });

  test("that only a vendor runs are refused for that", () => {
    const why = "is a tool that only its vendor runs";
    expect(parse({ tools: [{ type: "web_search" }] }).foreign.losses).toEqual([refusal("/tools/0", why)]);
  });

  test("that are no functions are refused", () => {
    expect(losses({ tools: [tool("f"), { type: "custom", custom: { name: "g" } }] })).toEqual([
      ["/tools/1", "refused"],
    ]);
    expect(losses({ tools: [tool("f")], tool_choice: { type: "custom", custom: { name: "g" } } })).toEqual([
      ["/tool_choice", "refused"],
    ]);
  });

  test.each([
    ["auto", "auto"],
    ["any", "required"],
    [{ type: "function", function: { name: "f" } }, { name: "f" }],
    [{ type: "tool", name: "f" }, { name: "f" }],
    ["sometimes", undefined],
  ])("are chosen by %o", (choice, expected) => {
    expect(parse({ tools: [tool("f")], tool_choice: choice }).settings.toolChoice).toEqual(expected);
  });

  test("of which only some are allowed are no others", () => {
    const choice = { type: "allowed_tools", allowed_tools: { mode: "required", tools: [tool("g")] } };
    const { tools, settings, foreign } = parse({ tools: [tool("f"), tool("g")], tool_choice: choice });
    expect(tools?.map(({ name }) => name)).toEqual(["g"]);
    expect(settings).toEqual({ toolChoice: "required" });
    expect(foreign).not.toHaveProperty("losses");
  });
});
