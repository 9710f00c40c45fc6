import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbedAnswer, EmbedRequest, ModerateAnswer, ModerateRequest, Provider } from "../provider.ts";
import { openAnsweringServer, toCall, type AnsweringServer } from "./openai-chat-fixture.ts";

let server: AnsweringServer;
beforeAll(async () => {
  server = await openAnsweringServer();
});
afterAll(() => server.close());

function embed(provider: Provider, request: Partial<EmbedRequest> = {}): Promise<EmbedAnswer> {
  return provider.embed!({ model: "e-1", inputs: ["a", "b"], ...request }, toCall(provider).context);
}

function moderate(provider: Provider, request: Partial<ModerateRequest> = {}): Promise<ModerateAnswer> {
  return provider.moderate!({ model: "omni", inputs: ["a"], ...request }, toCall(provider).context);
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString("base64");
}

const usage = { prompt_tokens: 4, total_tokens: 4 };

describe("embeddings", () => {
  test("come in the order of their texts, as numbers or as base64", async () => {
    const data = [
      { index: 1, embedding: toBase64([0.5, -1]) },
      { index: 0, embedding: [1, 0.25] },
    ];
    server.script({ data, usage });
    expect(await embed(server.connect())).toEqual({
      vectors: [
        [1, 0.25],
        [0.5, -1],
      ],
      usage: { inputTokens: 4, outputTokens: 0 },
    });
    expect(server.requests.at(-1)).toMatchObject({ path: "/v1/embeddings", body: { model: "e-1", input: ["a", "b"] } });
  });

  test("may come without index and usage", async () => {
    server.script({ data: [{ embedding: [1] }, { embedding: [2] }] });
    expect(await embed(server.connect())).toEqual({ vectors: [[1], [2]], usage: undefined });
  });

  test("are shortened in the vendor's word for it, and asked at Azure's deployment", async () => {
    server.script({ data: [{ embedding: [1] }] });
    await embed(server.connect({ vendor: "mistral" }), { inputs: ["a"], dimensions: 256 });
    expect(server.requests.at(-1)?.body).toEqual({ model: "e-1", input: ["a"], output_dimension: 256 });
    server.script({ data: [{ embedding: [1] }] });
    const azure = server.connect({ vendor: "azure", baseUrl: server.url, apiVersion: "2024-10-21" });
    await embed(azure, { inputs: ["a"], dimensions: 256 });
    expect(server.requests.at(-1)).toMatchObject({
      path: "/openai/deployments/e-1/embeddings?api-version=2024-10-21",
      body: { dimensions: 256 },
    });
  });

  test("of a client's own request go through untouched", async () => {
    const body = { model: "alias", input: [[1, 2]], encoding_format: "base64", own: true };
    const answer = { data: [{ index: 0, embedding: toBase64([1]) }], usage, own: { field: 1 } };
    server.script(answer);
    const relayed = await embed(server.connect(), { inputs: [], foreign: { dialect: "openai-embeddings", body } });
    expect(server.requests.at(-1)?.body).toEqual({ ...body, model: "e-1" });
    expect(Buffer.from(relayed.raw!).toString()).toBe(JSON.stringify(answer));
    expect(relayed.usage).toEqual({ inputTokens: 4, outputTokens: 0 });
  });

  test.each([
    ["too few", { data: [{ embedding: [1] }] }],
    [
      "the same twice",
      {
        data: [
          { index: 0, embedding: [1] },
          { index: 0, embedding: [1] },
        ],
      },
    ],
    ["no numbers", { data: [{ embedding: ["x"] }, { embedding: [1] }] }],
    ["half a number", { data: [{ embedding: "AAAA" }, { embedding: [1] }] }],
    ["null", { data: [null, { embedding: [1] }] }],
    ["none", { object: "list" }],
  ])("that are %s break the protocol", async (_what, answer) => {
    server.script(answer);
    await expect(embed(server.connect())).rejects.toMatchObject({ code: "provider_protocol" });
  });

  test("fail as the vendor says, be it with status 200", async () => {
    server.script({ error: { code: 429, message: "secret" } });
    await expect(embed(server.connect())).rejects.toMatchObject({ code: "provider_rate_limited" });
    server.script({ error: { code: "401" } }, 401);
    await expect(embed(server.connect())).rejects.toMatchObject({ code: "provider_auth" });
  });

  test.each(["groq", "deepseek", "xai", "perplexity", "cerebras"] as const)("are not what %s has", (vendor) => {
    const provider = server.connect({ vendor });
    expect(provider.embed).toBeUndefined();
    expect(provider.dialects).toEqual(["openai-chat"]);
  });
});

describe("moderation", () => {
  const result = {
    flagged: true,
    categories: { hate: true, violence: false },
    category_scores: { hate: 0.9, violence: 0 },
  };

  test("is OpenAI's verdict, or its bytes for a client that asked so", async () => {
    const provider = server.connect({ vendor: "openai" });
    expect(provider.dialects).toEqual(["openai-chat", "openai-embeddings", "openai-moderations"]);
    server.script({ results: [result] });
    expect(await moderate(provider)).toEqual({
      results: [{ isFlagged: true, categories: { hate: true, violence: false }, scores: { hate: 0.9, violence: 0 } }],
    });
    const body = { input: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }] };
    server.script({ results: [result], own: 1 });
    const { raw } = await moderate(provider, { inputs: [], foreign: { dialect: "openai-moderations", body } });
    expect(Buffer.from(raw!).toString()).toBe(JSON.stringify({ results: [result], own: 1 }));
    expect(server.requests.at(-1)).toMatchObject({ path: "/v1/moderations", body: { ...body, model: "omni" } });
  });

  test("of Mistral is flagged if any category is", async () => {
    const provider = server.connect({ vendor: "mistral" });
    expect(provider.dialects).not.toContain("openai-moderations");
    server.script({ results: [{ categories: { pii: true }, category_scores: { pii: 0.8 } }] });
    expect((await moderate(provider)).results[0]?.isFlagged).toBe(true);
    server.script({ results: [{ categories: { pii: false }, category_scores: { pii: 0.1 } }] });
    expect((await moderate(provider)).results[0]?.isFlagged).toBe(false);
  });

  test.each([
    ["none", {}],
    ["too few", { results: [] }],
    ["no objects", { results: [1] }],
  ])("whose verdicts are %s breaks the protocol", async (_what, answer) => {
    server.script(answer);
    await expect(moderate(server.connect({ vendor: "openai" }))).rejects.toMatchObject({ code: "provider_protocol" });
  });

  test("is not what others have", () => {
    for (const vendor of ["azure", "groq", "openrouter"] as const) {
      expect(server.connect({ vendor }).moderate).toBeUndefined();
    }
  });
});
