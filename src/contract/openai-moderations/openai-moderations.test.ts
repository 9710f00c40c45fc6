import { describe, expect, test } from "vitest";
import { openAiModerations, parseModerationsRequest } from "./openai-moderations.ts";

describe("a request", () => {
  test.each([
    ["a text", "Hi", ["Hi"]],
    ["texts", ["a", "b"], ["a", "b"]],
    [
      "parts, which are one thing",
      [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      ["a\nb"],
    ],
  ])("of %s is read", (_what, input, inputs) => {
    const body = { input };
    expect(parseModerationsRequest(body)).toEqual({
      model: "omni-moderation-latest",
      messages: [],
      settings: {},
      task: { type: "moderate", inputs },
      stream: false,
      foreign: { dialect: "openai-moderations", body },
    });
  });

  test("with an image reaches only providers of the dialect", () => {
    const input = [
      { type: "text", text: "a" },
      { type: "image_url", image_url: { url: "https://x.test/a.png" } },
    ];
    expect(parseModerationsRequest({ model: "m", input }).foreign.losses).toMatchObject([
      { path: "/input/1", effect: "refused" },
    ]);
  });

  test.each([
    ["no input", {}, "/input"],
    ["an empty list", { input: [] }, "/input"],
    ["numbers", { input: [1] }, "/input"],
  ])("with %s is refused", (_what, body, path) => {
    expect(() => parseModerationsRequest(body)).toThrow(
      expect.objectContaining({ code: "request_invalid", issues: [expect.objectContaining({ path })] }),
    );
  });
});

test("the answer has a verdict for each input, in OpenAI's words", () => {
  const results = [{ isFlagged: true, categories: { pii: true }, scores: { pii: 0.9 } }];
  const completion = { text: "", toolCalls: [], finishReason: "stop", result: { type: "moderate", results } } as const;
  const head = { requestId: "r", model: "m", createdAtMs: 0 };
  expect(openAiModerations.toAnswer(completion, head, parseModerationsRequest({ input: "x" }))).toEqual({
    id: "modr-r",
    model: "m",
    results: [
      {
        flagged: true,
        categories: { pii: true },
        category_scores: { pii: 0.9 },
        category_applied_input_types: { pii: ["text"] },
      },
    ],
  });
});
