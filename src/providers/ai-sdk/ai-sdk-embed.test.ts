import { describe, expect, test } from "vitest";
import type { EmbedRequest, ProviderContext } from "../provider.ts";
import { openBench } from "./fake-model-fixture.ts";

interface FakeEmbedder {
  readonly version?: string;
  readonly limit?: unknown;
  readonly answer?: (values: readonly string[]) => unknown;
}

const embedLengths = (values: readonly string[]): unknown => ({
  embeddings: values.map(({ length }) => [length, 0.5]),
  usage: { tokens: values.length },
  warnings: [],
});

function open({ version = "v4", limit, answer = embedLengths }: FakeEmbedder = {}) {
  const calls: Record<string, unknown>[] = [];
  const warnings: string[] = [];
  const model = {
    specificationVersion: version,
    provider: "fake.embed",
    maxEmbeddingsPerCall: limit,
    doEmbed: (options: Record<string, unknown>) => {
      calls.push(options);
      return answer(options["values"] as string[]);
    },
  };
  const { provider } = openBench({ embeddingModel: () => model });
  const embed = (request: Partial<EmbedRequest> = {}, context: Partial<ProviderContext> = {}) =>
    provider.embed!(
      { model: "e", inputs: ["a", "bb", "ccc"], ...request },
      {
        signal: new AbortController().signal,
        deadlineMs: Date.now() + 10_000,
        warn: (warning) => warnings.push(warning),
        ...context,
      },
    );
  return { calls, warnings, embed };
}

const vectors = [
  [1, 0.5],
  [2, 0.5],
  [3, 0.5],
];

test("a provider without an embedding model has no embeddings", () => {
  expect(openBench({}).provider.embed).toBeUndefined();
});

test.each(["v2", "v3", "v4"])("inputs are embedded by a model of the specification %s", async (version) => {
  const { calls, embed } = open({ version });
  expect(await embed()).toEqual({ vectors, usage: { inputTokens: 3, outputTokens: 0 } });
  expect(calls).toEqual([{ values: ["a", "bb", "ccc"], abortSignal: expect.any(AbortSignal) as unknown }]);
});

test.each([
  [2, [2, 1]],
  [Promise.resolve(1), [1, 1, 1]],
  [Infinity, [3]],
  [undefined, [3]],
  [0, [3]],
])("a model that takes %s at once is asked as often as that needs, in order", async (limit, expected) => {
  const { calls, embed } = open({ limit });
  expect(await embed()).toEqual({ vectors, usage: { inputTokens: 3, outputTokens: 0 } });
  expect(calls.map(({ values }) => (values as string[]).length)).toEqual(expected);
});

test("dimensions are a word of v4 only", async () => {
  const [now, then] = [open(), open({ version: "v3" })];
  await now.embed({ dimensions: 256 });
  await then.embed({ dimensions: 256 });
  expect(now.calls[0]).toMatchObject({ dimensions: 256 });
  expect(then.calls[0]).not.toHaveProperty("dimensions");
  expect(now.warnings).toEqual([]);
  expect(then.warnings).toEqual(["dimensions is not offered by models of the specification v3 and was dropped."]);
});

test("usage is open if one call does not say, and warnings are passed on", async () => {
  let count = 0;
  const answer = (values: readonly string[]): unknown => ({
    embeddings: values.map(() => [1]),
    usage: count++ === 0 ? { tokens: 1 } : { tokens: NaN },
    warnings: [{ type: "unsupported", feature: "dimensions" }],
  });
  const { embed, warnings } = open({ limit: 1, answer });
  expect(await embed({ inputs: ["a", "b"] })).toEqual({ vectors: [[1], [1]] });
  expect(warnings[0]).toBe("dimensions is not offered by fake.embed and was dropped or changed.");
});

describe("an answer", () => {
  test.each([
    ["nothing", undefined],
    ["no vectors", {}],
    ["too few vectors", { embeddings: [[1]] }],
    ["vectors of text", { embeddings: [["1"], ["2"], ["3"]] }],
  ])("with %s breaks the protocol", async (_what, answer) => {
    await expect(open({ answer: () => answer }).embed()).rejects.toMatchObject({ code: "provider_protocol" });
  });

  test("that is an error is mapped", async () => {
    const error = Object.assign(new Error("x"), { statusCode: 429, responseHeaders: { "retry-after": "1" } });
    const { embed } = open({ answer: () => Promise.reject(error) });
    await expect(embed()).rejects.toMatchObject({ code: "provider_rate_limited", retryAfterMs: 1000 });
  });

  test("that never comes ends when the call is cancelled", async () => {
    const controller = new AbortController();
    const { embed, calls } = open({ answer: () => new Promise(() => {}) });
    const call = embed({}, { signal: controller.signal });
    await expect.poll(() => calls.length).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "request_cancelled" });
    expect(calls[0]).toMatchObject({ abortSignal: { aborted: true } });
  });
});

test("a config's function that makes no embedding model is told so", async () => {
  const { provider } = openBench({ embeddingModel: () => ({ specificationVersion: "v4" }) });
  const context = { signal: new AbortController().signal, deadlineMs: Date.now() + 10_000, warn: () => {} };
  await expect(provider.embed!({ model: "e", inputs: ["a"] }, context)).rejects.toMatchObject({
    code: "provider_rejected",
    detail: "The provider fake: embeddingModel made no embedding model of the AI SDK: it has no doEmbed.",
  });
});
