import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EmbedAnswer, EmbedRequest } from "../provider.ts";
import { openScriptedGemini, toContext, type ScriptedGemini } from "./gemini-fixture.ts";

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

async function embed(request: EmbedRequest, auth: "api-key" | "bearer" = "api-key"): Promise<EmbedAnswer> {
  const provider = upstream.connect({ auth });
  return provider.embed!(request, toContext());
}

const model = "gemini-embedding-2";
const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`);

describe("embeddings of AI Studio", () => {
  test("are asked for together, each text as a request of its own", async () => {
    upstream.script({
      body: { embeddings: [{ values: [0.5, 1] }, { values: [-1, 0] }], usageMetadata: { promptTokenCount: 6 } },
    });
    expect(await embed({ model, inputs: ["a", "b"], dimensions: 2 })).toEqual({
      vectors: [
        [0.5, 1],
        [-1, 0],
      ],
      usage: { inputTokens: 6, outputTokens: 0 },
    });
    expect(upstream.requests).toMatchObject([
      {
        path: "/v1beta/models/gemini-embedding-2:batchEmbedContents",
        body: {
          requests: ["a", "b"].map((text) => ({
            model: "models/gemini-embedding-2",
            content: { parts: [{ text }] },
            outputDimensionality: 2,
          })),
        },
      },
    ]);
  });

  test("have no usage where Google reports none, and no length where nobody asks for one", async () => {
    upstream.script({ body: { embeddings: [{ values: [1] }] } });
    expect(await embed({ model, inputs: ["a"] })).toEqual({ vectors: [[1]] });
    expect(JSON.stringify(upstream.requests[0]?.body)).not.toContain("outputDimensionality");
  });

  test("of more texts than a request takes come from several, in order", async () => {
    const answer = (from: number, count: number): unknown => ({
      embeddings: texts(count).map((_, index) => ({ values: [from + index] })),
      usageMetadata: { promptTokenCount: count },
    });
    upstream.script({ body: answer(0, 100) }, { body: answer(100, 100) }, { body: answer(200, 50) });
    const { vectors, usage } = await embed({ model, inputs: texts(250) });
    expect(vectors).toEqual(texts(250).map((_, index) => [index]));
    expect(usage).toEqual({ inputTokens: 250, outputTokens: 0 });
    expect(upstream.requests).toHaveLength(3);
  });

  test("are refused if they are not one for each text, or no vectors", async () => {
    for (const body of [{ embeddings: [] }, {}, { embeddings: [{ values: ["x"] }] }, { embeddings: [{}] }, []]) {
      upstream.script({ body });
      await expect(embed({ model, inputs: ["a"] })).rejects.toMatchObject({ code: "provider_protocol" });
    }
  });

  test("fail as answers do", async () => {
    upstream.script({ status: 429, body: { error: { code: 429, status: "RESOURCE_EXHAUSTED" } } });
    await expect(embed({ model, inputs: ["a"] })).rejects.toMatchObject({ code: "provider_rate_limited" });
  });

  test("of nothing are nothing", async () => {
    expect(await embed({ model, inputs: [] })).toMatchObject({ vectors: [] });
    expect(upstream.requests).toEqual([]);
  });
});

describe("embeddings of Vertex", () => {
  test.each(["text-embedding-005", "gemini-embedding-001"])("are predictions of %s", async (name) => {
    const embeddings = (values: number[], count: number): unknown => ({
      embeddings: { values, statistics: { token_count: count, truncated: false } },
    });
    upstream.script({ body: { predictions: [embeddings([1, 2], 3), embeddings([3, 4], 5)] } });
    expect(await embed({ model: name, inputs: ["a", "b"], dimensions: 2 }, "bearer")).toEqual({
      vectors: [
        [1, 2],
        [3, 4],
      ],
      usage: { inputTokens: 8, outputTokens: 0 },
    });
    expect(upstream.requests).toMatchObject([
      {
        path: `/v1beta/models/${name}:predict`,
        body: { instances: [{ content: "a" }, { content: "b" }], parameters: { outputDimensionality: 2 } },
      },
    ]);
  });

  test("have no usage if one count is missing", async () => {
    const predictions = [
      { embeddings: { values: [1], statistics: { token_count: 3 } } },
      { embeddings: { values: [2] } },
    ];
    upstream.script({ body: { predictions } });
    expect(await embed({ model: "text-embedding-005", inputs: ["a", "b"] }, "bearer")).toEqual({ vectors: [[1], [2]] });
  });

  test("of newer models are asked for one by one", async () => {
    upstream.script(
      ...[1, 2].map(() => ({ body: { embedding: { values: [7] }, usageMetadata: { promptTokenCount: 4 } } })),
    );
    expect(await embed({ model, inputs: ["a", "b"], dimensions: 1 }, "bearer")).toEqual({
      vectors: [[7], [7]],
      usage: { inputTokens: 8, outputTokens: 0 },
    });
    expect(upstream.requests.map(({ path }) => path)).toEqual(
      texts(2).map(() => "/v1beta/models/gemini-embedding-2:embedContent"),
    );
    expect(
      upstream.requests.map(({ body }) => body).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ).toEqual(["a", "b"].map((text) => ({ content: { parts: [{ text }] }, outputDimensionality: 1 })));
  });

  test("of newer models keep the order of many texts", async () => {
    const many = texts(20);
    upstream.scriptBy(({ body }) => {
      const [{ text }] = (body["content"] as { parts: [{ text: string }] }).parts;
      return { body: { embedding: { values: [many.indexOf(text)] } } };
    });
    const { vectors } = await embed({ model, inputs: many }, "bearer");
    expect(vectors).toEqual(many.map((_, index) => [index]));
  });
});
