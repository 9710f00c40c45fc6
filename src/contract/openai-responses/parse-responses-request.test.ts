import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { createItemIds } from "./item-ids.ts";
import { parseResponsesRequest } from "./parse-responses-request.ts";
import { toCallItem, toReasoningItem } from "./output-items.ts";

const minimal = { model: "fast", input: "Hi" };
const ids = createItemIds("0190aaaa-0000-7000-8000-000000000000");

function failure(body: unknown, history: Record<string, unknown>[] = []): HeadgateError {
  try {
    parseResponsesRequest(body, {}, history);
  } catch (error) {
    if (HeadgateError.is(error)) return error;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("the request", () => {
  test("in its smallest form is a question, and is forwarded as it came", () => {
    const parsed = parseResponsesRequest(minimal);
    expect(parsed).toMatchObject({
      model: "fast",
      messages: [{ role: "user", content: "Hi" }],
      settings: {},
      stream: false,
      isStored: true,
      foreign: { dialect: "openai-responses", losses: [] },
    });
    expect(parsed.foreign.body).toBe(minimal);
  });

  test("brings every setting that Headgate has a word for", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const body = {
      ...minimal,
      instructions: "Be brief.",
      temperature: 0.2,
      top_p: 0.9,
      max_output_tokens: 50,
      parallel_tool_calls: false,
      reasoning: { effort: "low", summary: "auto" },
      text: {
        format: { type: "json_schema", name: "answer", description: "d", schema, strict: true },
        verbosity: "low",
      },
      include: ["message.output_text.logprobs", "reasoning.encrypted_content"],
      top_logprobs: 3,
      service_tier: "flex",
      user: "u",
      safety_identifier: "s",
      tools: [{ type: "function", name: "look", description: "Looks", parameters: schema, strict: false }],
      tool_choice: { type: "function", name: "look" },
      metadata: { a: "b" },
      stream: true,
      store: false,
    };
    const parsed = parseResponsesRequest(body);
    expect(parsed).toMatchObject({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
      ],
      settings: {
        temperature: 0.2,
        topP: 0.9,
        maxOutputTokens: 50,
        parallelToolCalls: false,
        reasoningEffort: "low",
        verbosity: "low",
        topLogprobs: 3,
        serviceTier: "flex",
        user: "s",
        toolChoice: { name: "look" },
      },
      output: { name: "answer", description: "d", schema, isStrict: true },
      tools: [{ name: "look", description: "Looks", parameters: schema, isStrict: false }],
      stream: true,
      isStored: false,
    });
    expect(parsed.foreign.losses).toEqual([]);
    expect(parsed.foreign.body).toBe(body);
  });

  test("may have null for whatever it does not set", () => {
    const nulls = Object.fromEntries(
      [
        ..."instructions tools tool_choice text reasoning include temperature top_p max_output_tokens stream store".split(
          " ",
        ),
        ..."metadata user safety_identifier previous_response_id background conversation prompt moderation".split(" "),
      ].map((field) => [field, null]),
    );
    const parsed = parseResponsesRequest({ ...minimal, ...nulls });
    expect(parsed).toMatchObject({ settings: {}, stream: false, isStored: true, foreign: { losses: [] } });
  });

  test("offers the tools that it allows, and asks for any JSON", () => {
    const tools = ["look", "wait", "run"].map((name) => ({ type: "function", name }));
    const choice = { type: "allowed_tools", mode: "required", tools: [tools[0], tools[2]] };
    const parsed = parseResponsesRequest({
      ...minimal,
      tools,
      tool_choice: choice,
      text: { format: { type: "json_object" } },
    });
    expect(parsed.tools?.map(({ name }) => name)).toEqual(["look", "run"]);
    expect(parsed.settings).toEqual({ toolChoice: "required", jsonMode: true });
  });
});

describe("items", () => {
  test("of every kind become messages; what the assistant did in a row is one turn", () => {
    const { messages, foreign } = parseResponsesRequest({
      model: "smart",
      input: [
        { role: "developer", content: "Be brief." },
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "What?" },
            { type: "input_image", image_url: "https://x/y.png", detail: "low" },
            { type: "input_file", filename: "a.txt", file_data: "aGk=" },
            { type: "input_file", file_url: "https://x/a.pdf" },
            { type: "input_audio", input_audio: { data: "aGk=", format: "mp3" } },
          ],
        },
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Look" }], encrypted_content: "e" },
        { type: "message", role: "assistant", id: "msg_1", content: [{ type: "output_text", text: "Let me see." }] },
        { type: "function_call", id: "fc_1", call_id: "c1", name: "look", arguments: '{"at":1}' },
        { type: "function_call", call_id: "c2", name: "wait", arguments: "" },
        { type: "function_call_output", call_id: "c1", output: "a cat" },
        {
          type: "function_call_output",
          call_id: "c2",
          output: [{ type: "input_image", image_url: "data:image/png;base64,aGk=" }],
        },
        { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      ],
    });
    expect(messages).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What?" },
          { type: "image", url: "https://x/y.png", detail: "low" },
          { type: "file", url: "data:text/plain;base64,aGk=", name: "a.txt" },
          { type: "file", url: "https://x/a.pdf" },
          { type: "audio", url: "data:audio/mpeg;base64,aGk=", mimeType: "audio/mpeg" },
        ],
      },
      {
        role: "assistant",
        content: "Let me see.",
        reasoning: [{ vendor: "openai", text: "Look", encrypted: "e", id: "rs_1" }],
        toolCalls: [
          { id: "c1", name: "look", arguments: '{"at":1}' },
          { id: "c2", name: "wait", arguments: "" },
        ],
      },
      { role: "tool", toolCallId: "c1", content: "a cat" },
      { role: "tool", toolCallId: "c2", content: [{ type: "image", url: "data:image/png;base64,aGk=" }] },
      { role: "assistant", content: "No." },
    ]);
    expect(foreign.losses).toEqual([]);
  });

  test("of the conversation before come first, and are forwarded; its id is not", () => {
    const history = [
      { type: "message", id: "msg_1", role: "user", content: [{ type: "input_text", text: "One" }] },
      { type: "message", id: "msg_2", role: "assistant", content: [{ type: "output_text", text: "Two" }] },
    ];
    const body = { ...minimal, previous_response_id: "resp_1" };
    const parsed = parseResponsesRequest(body, {}, history);
    expect(parsed.messages.map(({ content }) => content)).toEqual(["One", "Two", "Hi"]);
    expect(parsed.previousResponseId).toBe("resp_1");
    expect(parsed.input).toEqual([{ type: "message", role: "user", content: "Hi" }]);
    expect(parsed.foreign.body).toEqual({
      model: "fast",
      input: [...history, { type: "message", role: "user", content: "Hi" }],
    });
  });

  test("may be left out where a conversation goes on", () => {
    const history = [{ role: "user", content: "One" }];
    const { messages } = parseResponsesRequest({ model: "fast", previous_response_id: "resp_1" }, {}, history);
    expect(messages).toEqual(history);
  });

  test("that Headgate made of another vendor's reasoning and calls find back to it, and never reach a vendor", () => {
    const block = { vendor: "anthropic", text: "Hm", signature: "s" } as const;
    const call = { id: "c1", name: "look", arguments: "{}", signature: "g" };
    const items = [
      toReasoningItem(ids.output("rs", 0), block),
      toReasoningItem(ids.output("rs", 1), { vendor: "other", text: "So" }),
      toReasoningItem(ids.output("rs", 2), { vendor: "openai", text: "", id: "rs_9", encrypted: "e" }),
      toCallItem(ids.output("fc", 3), "completed", call),
    ];
    const callId = items[3]?.["call_id"];
    const output = { type: "function_call_output", call_id: callId, output: "a cat" };
    const { messages, foreign } = parseResponsesRequest({ model: "fast", input: [...items, output] });
    expect(messages).toEqual([
      {
        role: "assistant",
        content: "",
        reasoning: [block, { vendor: "other", text: "So" }, { vendor: "openai", text: "", id: "rs_9", encrypted: "e" }],
        toolCalls: [call],
      },
      { role: "tool", toolCallId: "c1", content: "a cat" },
    ]);
    expect(foreign.body["input"]).toEqual([
      { type: "reasoning", id: "rs_9", summary: [], encrypted_content: "e" },
      { type: "function_call", status: "completed", call_id: "c1", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "a cat" },
    ]);
    expect(foreign.warnings).toEqual(["Earlier reasoning of another vendor's model was dropped."]);
  });

  test("that hold only reasoning of OpenAI's or mere text lose nothing that a client would miss", () => {
    const input = [
      toReasoningItem(ids.output("rs", 0), { vendor: "other", text: "So" }),
      toReasoningItem(ids.output("rs", 1), { vendor: "openai", text: "", id: "rs_9", encrypted: "e" }),
      { role: "user", content: "Hi" },
    ];
    expect(parseResponsesRequest({ model: "fast", input }).foreign).not.toHaveProperty("warnings");
  });

  test("that a client sent without an id keep what they hold when they come back with one of Headgate's", () => {
    const named = { type: "reasoning", id: ids.input("rs", 0), summary: [], encrypted_content: "e" };
    const { messages, foreign } = parseResponsesRequest({ model: "fast", input: [named] });
    expect(messages).toMatchObject([{ reasoning: [{ vendor: "openai", text: "", encrypted: "e" }] }]);
    expect(messages[0]?.reasoning?.[0]).not.toHaveProperty("id");
    expect(foreign.body["input"]).toEqual([{ type: "reasoning", summary: [], encrypted_content: "e" }]);
  });

  test("with call ids that OpenAI would not take get others, the same for a call and its result", () => {
    const call = toCallItem("fc_1", "completed", { id: "c".repeat(65), name: "look", arguments: "", signature: "g" });
    const result = { type: "function_call_output", call_id: call["call_id"], output: "" };
    const { foreign } = parseResponsesRequest({ model: "fast", input: [call, result] });
    const [first, second] = foreign.body["input"] as readonly Record<string, unknown>[];
    expect(first?.["call_id"]).toMatch(/^call_[0-9a-f]{32}$/);
    expect(second?.["call_id"]).toBe(first?.["call_id"]);
  });

  test("with a seal that nobody made are read as far as they go", () => {
    const { messages } = parseResponsesRequest({
      model: "fast",
      input: [
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "headgate_%%%" },
        { type: "function_call", call_id: "headgate_e30", name: "look", arguments: "{}" },
      ],
    });
    expect(messages).toEqual([
      {
        role: "assistant",
        content: "",
        reasoning: [{ vendor: "other", text: "" }],
        toolCalls: [{ id: "headgate_e30", name: "look", arguments: "{}" }],
      },
    ]);
  });
});

test("a turn may have as many parts as a body holds", () => {
  const parts = Array.from({ length: 400_000 }, () => ({ type: "output_text", text: "a" }));
  const { messages } = parseResponsesRequest({ model: "fast", input: [{ role: "assistant", content: parts }] });
  expect(messages[0]?.content).toHaveLength(400_000);
});

describe("a refusal", () => {
  test.each([
    ["no body", undefined, ""],
    ["no model", { input: "Hi" }, "/model"],
    ["no input", { model: "fast" }, "/input"],
    ["input of the wrong type", { model: "fast", input: 5 }, "/input"],
    ["an empty list", { model: "fast", input: [] }, "/input"],
    ["an unknown role", { model: "fast", input: [{ role: "narrator", content: "Hi" }] }, "/input/0/role"],
    [
      "a call without id",
      { model: "fast", input: [{ type: "function_call", name: "x", arguments: "" }] },
      "/input/0/call_id",
    ],
    [
      "a result without output",
      { model: "fast", input: [{ type: "function_call_output", call_id: "x" }] },
      "/input/0/output",
    ],
    ["a temperature as text", { ...minimal, temperature: "hot" }, "/temperature"],
    ["no room for output", { ...minimal, max_output_tokens: 0 }, "/max_output_tokens"],
  ])("of %s says where", (_what, body, path) => {
    const error = failure(body);
    expect(error.code).toBe("request_invalid");
    expect(error.issues?.map((issue) => issue.path)).toEqual([path]);
  });

  test.each(["background", "conversation", "prompt"])("of %s says that all tenants would share it", (field) => {
    const error = failure({ ...minimal, [field]: field === "background" ? true : { id: "x" } });
    expect(error).toMatchObject({ code: "not_translatable", issues: [{ path: `/${field}` }] });
  });

  test("of a reference to an item that nobody knows is the client's not-found error", () => {
    const error = failure({ model: "fast", input: [{ role: "user", content: "Hi" }, { id: "msg_1" }] });
    expect(error).toMatchObject({ code: "response_not_found", issues: [{ path: "/input/1" }] });
  });

  test("never repeats a value", () => {
    const error = failure({
      model: "fast",
      input: [{ role: "secret", content: { secret: "secret" } }],
      temperature: "secret",
    });
    expect(JSON.stringify([error.message, error.issues])).not.toContain("secret");
  });
});
