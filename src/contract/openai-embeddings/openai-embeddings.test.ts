import { describe, expect, test } from "vitest";
import { openAiEmbeddings, parseEmbeddingsRequest } from "./openai-embeddings.ts";

const head = { requestId: "r", model: "e-1", createdAtMs: 0 };
const vectors = [
  [0.5, -0.25],
  [1, 0],
];
const completion = {
  text: "",
  toolCalls: [],
  finishReason: "stop",
  usage: { inputTokens: 4, outputTokens: 0 },
  result: { type: "embed", vectors },
} as const;

describe("a request", () => {
  test.each([
    ["a text", "Hi", ["Hi"]],
    ["texts", ["a", "b"], ["a", "b"]],
  ])("of %s is read", (_what, input, inputs) => {
    const body = { model: "e", input, dimensions: 8, encoding_format: null };
    expect(parseEmbeddingsRequest(body)).toEqual({
      model: "e",
      messages: [],
      settings: {},
      task: { type: "embed", inputs, dimensions: 8 },
      stream: false,
      encodingFormat: "float",
      foreign: { dialect: "openai-embeddings", body },
    });
  });

  test.each([[[1, 2, 3]], [[[1, 2], [3]]]])("of tokens %j reaches only providers of the dialect", (input) => {
    expect(parseEmbeddingsRequest({ model: "e", input }).foreign.losses).toMatchObject([
      { path: "/input", effect: "refused" },
    ]);
  });

  test("loses what other providers do not know", () => {
    const { losses } = parseEmbeddingsRequest({ model: "e", input: "x", user: "u", own: 1 }).foreign;
    expect(losses).toMatchObject([
      { path: "/user", effect: "dropped" },
      { path: "/own", effect: "dropped" },
    ]);
  });

  test.each([
    ["no input", { model: "e" }, "/input"],
    ["an empty list", { model: "e", input: [] }, "/input"],
    ["mixed inputs", { model: "e", input: ["a", 1] }, "/input"],
    ["no model", { input: "x" }, "/model"],
    ["another encoding", { model: "e", input: "x", encoding_format: "int8" }, "/encoding_format"],
    ["no dimensions", { model: "e", input: "x", dimensions: 0 }, "/dimensions"],
  ])("with %s is refused", (_what, body, path) => {
    expect(() => parseEmbeddingsRequest(body)).toThrow(
      expect.objectContaining({ code: "request_invalid", issues: [expect.objectContaining({ path })] }),
    );
  });
});

describe("the answer", () => {
  test("is in numbers unless base64 was asked for", () => {
    const request = parseEmbeddingsRequest({ model: "e", input: ["a", "b"] });
    expect(openAiEmbeddings.toAnswer(completion, head, request)).toEqual({
      object: "list",
      data: [
        { object: "embedding", index: 0, embedding: [0.5, -0.25] },
        { object: "embedding", index: 1, embedding: [1, 0] },
      ],
      model: "e-1",
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
    const encoded = openAiEmbeddings.toAnswer(completion, head, { ...request, encodingFormat: "base64" });
    expect(encoded).toMatchObject({ data: [{ embedding: "AAAAPwAAgL4=" }, { embedding: "AACAPwAAAAA=" }] });
  });
});
