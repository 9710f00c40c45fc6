import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { parseChatRequest } from "./parse-chat-request.ts";

const minimal = { model: "fast", messages: [{ role: "user", content: "Hi" }] };

function failure(body: unknown): HeadgateError {
  try {
    parseChatRequest(body);
  } catch (error) {
    if (HeadgateError.is(error)) return error;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("parseChatRequest", () => {
  test("reads the smallest request", () => {
    expect(parseChatRequest(minimal)).toEqual({
      ...minimal,
      settings: {},
      stream: false,
      includeUsage: false,
      foreign: { dialect: "openai-chat", body: minimal },
    });
  });

  test("reads messages, settings, tools and the wanted schema", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const body = {
      model: "smart",
      messages: [
        { role: "developer", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What?" },
            { type: "image_url", image_url: { url: "https://x/y.png", detail: "low" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c", type: "function", function: { name: "look", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c", content: "a cat" },
      ],
      temperature: 0.2,
      top_p: 0.9,
      max_tokens: 1,
      max_completion_tokens: 2,
      stop: "END",
      seed: 7,
      tools: [
        { type: "function", function: { name: "look", description: "Looks" } },
        { type: "custom", custom: { name: "x" } },
      ],
      response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
      stream: true,
      stream_options: { include_usage: true },
    };
    expect(parseChatRequest(body)).toEqual({
      model: "smart",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What?" },
            { type: "image", url: "https://x/y.png", detail: "low" },
          ],
        },
        { role: "assistant", content: "", toolCalls: [{ id: "c", name: "look", arguments: "{}" }] },
        { role: "tool", content: "a cat", toolCallId: "c" },
      ],
      settings: { temperature: 0.2, topP: 0.9, maxOutputTokens: 2, stop: ["END"], seed: 7 },
      output: { name: "answer", schema, isStrict: true },
      tools: [{ name: "look", description: "Looks", parameters: {} }],
      stream: true,
      includeUsage: true,
      foreign: {
        dialect: "openai-chat",
        body,
        losses: [expect.objectContaining({ path: "/tools/1", effect: "refused" })],
      },
    });
  });

  test("treats null as absent", () => {
    const body = {
      ...minimal,
      temperature: null,
      stop: null,
      stream: null,
      tools: null,
      response_format: null,
      max_tokens: null,
      seed: null,
    };
    expect(parseChatRequest(body)).toMatchObject({ settings: {}, stream: false });
  });

  test("keeps fields it does not know, and values it would not choose", () => {
    const body = {
      ...minimal,
      vendor_option: { deep: [1] },
      temperature: 1.99,
      n: 3,
      messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }],
    };
    expect(parseChatRequest(body).foreign.body).toBe(body);
  });

  test.each([
    ["no body", undefined, ""],
    ["no model", { messages: minimal.messages }, "/model"],
    ["an empty model", { ...minimal, model: "" }, "/model"],
    ["no messages", { model: "fast" }, "/messages"],
    ["an empty list of messages", { model: "fast", messages: [] }, "/messages"],
    ["an unknown role", { model: "fast", messages: [{ role: "narrator", content: "Hi" }] }, "/messages/0/role"],
    ["content of the wrong type", { model: "fast", messages: [{ role: "user", content: 5 }] }, "/messages/0/content"],
    ["a temperature as text", { ...minimal, temperature: "hot" }, "/temperature"],
    ["no room for output", { ...minimal, max_tokens: 0 }, "/max_tokens"],
  ])("refuses %s and says where", (_what, body, path) => {
    const error = failure(body);
    expect(error.code).toBe("request_invalid");
    expect(error.issues?.map((issue) => issue.path)).toEqual([path]);
  });

  test("never repeats a value in an error", () => {
    const error = failure({
      model: "fast",
      messages: [{ role: "secret-role", content: { secret: "secret" } }],
      temperature: "secret",
    });
    expect(JSON.stringify([error.message, error.issues])).not.toContain("secret");
  });
});
