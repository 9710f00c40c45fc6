import OpenAI, { BadRequestError, NotFoundError } from "openai";
import Anthropic, { NotFoundError as AnthropicNotFoundError } from "@anthropic-ai/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { readAll } from "./read-all.ts";
import type { Stage } from "./stage.ts";
import type { OddAnswer } from "./upstream.ts";

/** Exactly what 32 bits can hold. */
export const vectors = [
  [0.5, -0.25],
  [1, 0],
];

/** Vectors as a vendor tells them. @param count of the inputs */
export function tellVectors(vendor: string, isBase64 = false, count = vectors.length): OddAnswer {
  const told = vectors.slice(0, count);
  if (vendor === "gemini") {
    const usageMetadata = { promptTokenCount: 4, totalTokenCount: 4 };
    return { type: "odd", body: { embeddings: told.map((values) => ({ values })), usageMetadata } };
  }
  const data = told.map((vector, index) => {
    const embedding = isBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector;
    return { object: "embedding", index, embedding };
  });
  const usage = { prompt_tokens: 4, total_tokens: 4 };
  return { type: "odd", body: { object: "list", data, model: "text-embedding-3-small", usage } };
}

export const embeddingModels = [
  { vendor: "openai-chat", model: "text-embedding-3-small" },
  { vendor: "gemini", model: "gemini/gemini-embedding-001" },
];

/** OpenAI's client on what is not about talking, and both clients' lists of models. */
export function describeOpenAiOthers(open: () => Stage): void {
  let stage: Stage;
  let openai: OpenAI;
  beforeAll(() => {
    stage = open();
    openai = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  });

  describe.each(embeddingModels)("openai's embeddings, answered by $vendor", ({ vendor, model }) => {
    test("in base64, which the client asks for by itself", async () => {
      stage.upstream.script(tellVectors(vendor, true));
      const { data } = await openai.embeddings.create({ model, input: ["A cat.", "A dog."] });
      expect(data.map(({ embedding }) => embedding)).toEqual(vectors);
      const [call] = stage.upstream.seen;
      expect(JSON.stringify(call!.body)).toMatch(/A cat\..*A dog\./);
    });

    test("in numbers, shortened", async () => {
      stage.upstream.script(tellVectors(vendor));
      const { data, usage } = await openai.embeddings.create({
        model,
        input: ["A cat.", "A dog."],
        encoding_format: "float",
        dimensions: 2,
      });
      expect(data.map(({ embedding }) => embedding)).toEqual(vectors);
      expect(usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
      expect(JSON.stringify(stage.upstream.seen[0]!.body)).toMatch(/"(dimensions|outputDimensionality)":2/);
    });
  });

  test("openai's embeddings from a vendor that has none are refused", async () => {
    const refused = openai.embeddings.create({ model: "anthropic/claude-sonnet-4-5", input: "A cat." });
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
  });

  test("openai's moderations", async () => {
    const results = [
      {
        flagged: true,
        categories: { violence: true },
        category_scores: { violence: 0.9 },
        category_applied_input_types: { violence: ["text"] },
      },
    ];
    stage.upstream.script({ type: "odd", body: { id: "modr-1", model: "omni-moderation-latest", results } });
    const verdict = await openai.moderations.create({ input: "I will hit you." });
    expect(verdict.results).toEqual(results);
    expect(stage.upstream.seen).toMatchObject([{ path: "/v1/moderations", body: { input: "I will hit you." } }]);
  });

  test("openai's models: list and retrieve", async () => {
    const ids = (await readAll(openai.models.list())).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["gpt-4o", "claude-sonnet-4-5", "fast", "smart"]));
    expect(await openai.models.retrieve("fast")).toMatchObject({ id: "fast", object: "model" });
    expect(await openai.models.retrieve("gemini/gemini-2.5-flash")).toMatchObject({ owned_by: "gemini" });
    await expect(openai.models.retrieve("nonesuch")).rejects.toBeInstanceOf(NotFoundError);
  });

  test("anthropic's models: list, page by page, and retrieve", async () => {
    const anthropic = new Anthropic({ baseURL: stage.url, apiKey: stage.key, maxRetries: 0 });
    const all = await readAll(anthropic.models.list());
    const paged = await readAll(anthropic.models.list({ limit: 2 }));
    expect(paged).toEqual(all);
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(["gpt-4o", "claude-sonnet-4-5", "fast", "smart"]));
    expect(await anthropic.models.retrieve("smart")).toMatchObject({ type: "model", id: "smart" });
    await expect(anthropic.models.retrieve("nonesuch")).rejects.toBeInstanceOf(AnthropicNotFoundError);
  });
}
