import { describe, expect, test } from "vitest";
import type { ModelDefinition, PriceOptions, ProviderOptions } from "../../endpoint/define-config.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import { toModelEntry } from "../../endpoint/model-entry.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import type { Usage } from "../../reply.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createPriceList, type UnknownPrice } from "./prices.ts";

const clock = createManualClock();
const priceOf = createPriceList({ clock });
const usage: Usage = { inputTokens: 1000, outputTokens: 10 };

function openAiChat(baseUrl: string): ProviderOptions {
  return { type: "openai-chat", baseUrl };
}

const openAi = openAiChat("https://api.openai.com/v1");
const anthropic: ProviderOptions = { type: "anthropic" };

function toSnapshot(provider: ProviderOptions, models: Readonly<Record<string, ModelDefinition>> = {}): Snapshot {
  const entries = Object.entries(models).map(([name, entry]) => [name, toModelEntry(name, entry)] as const);
  return {
    id: "s",
    endpoints: new Map(),
    providers: new Map([["p", provider]]),
    models: new Map(entries),
    tiers: new Map(),
    resilience: defaultResilience,
  };
}

function price(provider: ProviderOptions, model: string, used: Usage = usage): ReturnType<typeof priceOf> {
  return priceOf({ provider: "p", model, usage: used }, { snapshot: toSnapshot(provider) });
}

test("a vendor's model costs what the list says, in whole micro-dollars", async () => {
  // $0.15 and $0.60 for a million tokens.
  expect(await price(openAi, "gpt-4o-mini")).toBe(156);
  expect(await price(openAi, "gpt-4o-mini", { inputTokens: 1, outputTokens: 1 })).toBe(1);
});

test("half a micro-dollar is rounded up, exactly", async () => {
  // 0.15 has no exact binary form: 10 tokens are 1.5 micro-dollars.
  expect(await price(openAi, "gpt-4o-mini", { inputTokens: 10, outputTokens: 0 })).toBe(2);
  expect(await price(openAi, "gpt-4o-mini", { inputTokens: 9, outputTokens: 0 })).toBe(1);
});

test("tokens read from the vendor's cache are part of the input, at their own price", async () => {
  expect(await price(openAi, "gpt-4o-mini", { ...usage, cachedInputTokens: 400 })).toBe(126);
  expect(await price(openAi, "gpt-4o-mini", { ...usage, cachedInputTokens: 5000 })).toBe(81);
});

test("tokens written to the cache cost more, and twice the input when they are kept for an hour", async () => {
  // $3 in, $15 out, $0.30 read, $3.75 and $6 written.
  const written: Usage = { inputTokens: 1000, outputTokens: 0, cachedInputTokens: 100, cacheWriteTokens: 500 };
  expect(await price(anthropic, "claude-sonnet-4-5", written)).toBe(400 * 3 + 30 + 1875);
  const kept = { ...written, cacheWrite1hTokens: 200 };
  expect(await price(anthropic, "claude-sonnet-4-5", kept)).toBe(400 * 3 + 30 + 300 * 3.75 + 200 * 6);
});

test("embeddings cost their input", async () => {
  expect(await price(openAi, "text-embedding-3-small", { inputTokens: 1000, outputTokens: 0 })).toBe(20);
});

test("a price for each request comes on top", async () => {
  const perplexity = openAiChat("https://api.perplexity.ai");
  const { calcPrice } = await import("@pydantic/genai-prices");
  const expected = calcPrice({ input_tokens: 1000, output_tokens: 10 }, "sonar", {
    providerId: "perplexity",
  });
  expect(await price(perplexity, "sonar")).toBe(Math.round(expected!.total_price * 1e6));
});

describe("prices that change", () => {
  test("by the hour are those of the moment", async () => {
    const deepSeek = openAiChat("https://api.deepseek.com/v1");
    const { calcPrice } = await import("@pydantic/genai-prices");
    const seen = new Set<number | null>();
    let nowMs = 0;
    const list = createPriceList({ clock: { ...clock, now: () => nowMs } });
    for (const hour of [2, 10, 18, 23]) {
      nowMs = Date.UTC(2025, 5, 1, hour);
      const cost = await list({ provider: "p", model: "deepseek-chat", usage }, { snapshot: toSnapshot(deepSeek) });
      const tokens = { input_tokens: 1000, output_tokens: 10 };
      const expected = calcPrice(tokens, "deepseek-chat", { providerId: "deepseek", timestamp: new Date(nowMs) });
      expect(cost).toBe(Math.round(expected!.total_price * 1e6));
      seen.add(cost);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test("with the length of the input hold for the whole call", async () => {
    // $1.25 and $10; above 200,000 tokens $2.50 and $15.
    const gemini: ProviderOptions = { type: "gemini" };
    expect(await price(gemini, "gemini-2.5-pro", { inputTokens: 200_000, outputTokens: 100 })).toBe(251_000);
    expect(await price(gemini, "gemini-2.5-pro", { inputTokens: 200_001, outputTokens: 100 })).toBe(501_503);
  });
});

describe("a service tier", () => {
  test.each([undefined, "default", "standard", "auto"])(
    "that is the usual one, such as %s, costs as much",
    async (serviceTier) => {
      expect(await price(openAi, "gpt-4o-mini", { ...usage, serviceTier })).toBe(156);
    },
  );

  test("that costs half is half, rounded at the end", async () => {
    expect(await price(openAi, "gpt-4o-mini", { ...usage, serviceTier: "flex" })).toBe(78);
    expect(await price(openAi, "gpt-4o-mini", { inputTokens: 10, outputTokens: 0, serviceTier: "flex" })).toBe(1);
    const groq = openAiChat("https://api.groq.com/openai/v1");
    const flex = await price(groq, "llama-3.1-8b-instant", { ...usage, serviceTier: "flex" });
    expect(flex).toBe(await price(groq, "llama-3.1-8b-instant"));
  });

  test.each(["priority", "scale", "constructor"])(
    "whose share is not known, such as %s, has no price",
    async (serviceTier) => {
      const told: UnknownPrice[] = [];
      const list = createPriceList({ clock, onUnknown: (model) => void told.push(model) });
      const used = { ...usage, serviceTier };
      expect(await list({ provider: "p", model: "gpt-4o", usage: used }, { snapshot: toSnapshot(openAi) })).toBeNull();
      expect(told).toMatchObject([{ model: "gpt-4o", why: expect.stringContaining("tier") as string }]);
    },
  );
});

test.each<[string, ProviderOptions, string]>([
  ["Anthropic", anthropic, "claude-sonnet-4-5"],
  ["AI Studio", { type: "gemini" }, "gemini-2.5-flash"],
  ["Vertex", { type: "gemini", vertex: { project: "p", location: "europe-west4" } }, "gemini-2.5-flash"],
  ["Vertex, global", { type: "gemini", vertex: { project: "p", location: "global" } }, "gemini-2.5-flash"],
  ["Bedrock", { type: "bedrock", region: "eu-central-1" }, "anthropic.claude-3-5-sonnet-20241022-v2:0"],
  ["Bedrock, by profile", { type: "bedrock", region: "us-east-1" }, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["Responses", { type: "openai-responses" }, "gpt-5-mini"],
  ["Azure", { type: "openai-chat", vendor: "azure", baseUrl: "https://r.openai.azure.com" }, "gpt-4o-mini"],
  ["Groq", { type: "openai-chat", vendor: "groq" }, "llama-3.1-8b-instant"],
  ["Mistral", { type: "openai-chat", vendor: "mistral" }, "mistral-small-latest"],
  ["DeepSeek", { type: "openai-chat", vendor: "deepseek" }, "deepseek-chat"],
  ["xAI", { type: "openai-chat", vendor: "xai" }, "grok-4"],
  ["OpenRouter", { type: "openai-chat", vendor: "openrouter" }, "openai/gpt-4o-mini"],
  ["Together", { type: "openai-chat", vendor: "together" }, "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  ["Fireworks", { type: "openai-chat", vendor: "fireworks" }, "accounts/fireworks/models/gpt-oss-20b"],
  ["Perplexity", { type: "openai-chat", vendor: "perplexity" }, "sonar-pro"],
  ["Cerebras", { type: "openai-chat", vendor: "cerebras" }, "gpt-oss-120b"],
])("%s has prices", async (_vendor, provider, model) => {
  expect(await price(provider, model)).toBeGreaterThan(0);
});

test("the exact sum agrees with the list's own calculation, for every model, length and vendor", async () => {
  const { calcPrice, findProvider } = await import("@pydantic/genai-prices");
  const timestamp = new Date(clock.now());
  let compared = 0;
  for (const [providerId, provider] of [
    ["openai", openAi],
    ["anthropic", anthropic],
    ["google", { type: "gemini" }],
    ["aws", { type: "bedrock", region: "us-east-1" }],
    ["groq", openAiChat("https://api.groq.com/openai/v1")],
    ["mistral", openAiChat("https://api.mistral.ai/v1")],
    ["deepseek", openAiChat("https://api.deepseek.com/v1")],
    ["openrouter", openAiChat("https://openrouter.ai/api/v1")],
    ["x-ai", openAiChat("https://api.x.ai/v1")],
    ["together", openAiChat("https://api.together.xyz/v1")],
    ["fireworks", openAiChat("https://api.fireworks.ai/inference/v1")],
  ] as const satisfies readonly (readonly [string, ProviderOptions])[]) {
    for (const { id } of findProvider({ providerId })?.models ?? []) {
      for (const inputTokens of [1234, 600_000]) {
        const used = { inputTokens, outputTokens: 77, cachedInputTokens: 1000, cacheWriteTokens: 100 };
        const actual = await price(provider, id, used);
        const tokens = {
          input_tokens: inputTokens,
          output_tokens: 77,
          cache_read_tokens: 1000,
          cache_write_tokens: 100,
        };
        const expected = calcPrice(tokens, id, { providerId, timestamp });
        if (actual === null) continue;
        expect(Math.abs(actual - (expected?.total_price ?? Number.NaN) * 1e6)).toBeLessThanOrEqual(0.501);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(1500);
});

describe("an unknown price", () => {
  test("is null rather than none to pay, and told once", async () => {
    const told: UnknownPrice[] = [];
    const list = createPriceList({ clock, onUnknown: (model) => void told.push(model) });
    const snapshot = toSnapshot(openAi);
    for (let count = 0; count < 3; count++) {
      expect(await list({ provider: "p", model: "a-model-of-tomorrow", usage }, { snapshot })).toBeNull();
    }
    expect(told).toEqual([
      {
        provider: "p",
        model: "a-model-of-tomorrow",
        why: "The price list does not know it. Set models.<name>.price in the config.",
      },
    ]);
  });

  test("of names that clients make up is told in bounds", async () => {
    const told: UnknownPrice[] = [];
    const list = createPriceList({ clock, onUnknown: (model) => void told.push(model) });
    const snapshot = toSnapshot(openAi);
    for (let at = 0; at < 1500; at++) await list({ provider: "p", model: `unknown-${at}`, usage }, { snapshot });
    expect(told).toHaveLength(1000);
  });

  test.each([
    "http://localhost:11434/v1",
    "https://api.openai.com.example/v1",
    "https://example.com/api.openai.com/v1",
    "https://api.openai.com:8443/v1",
    "https://r.openai.azure.com.example",
    "https://bedrock-runtime.eu-central-1.amazonaws.com.example",
  ])("is that of a vendor's model where the vendor does not serve it: %s", (baseUrl) => {
    expect(price(openAiChat(baseUrl), "gpt-4o-mini")).toBeNull();
  });

  test.each([
    ["sound by a model without a price for it", openAi, "gpt-4o-mini", { ...usage, audioInputTokens: 10 }],
    ["searches that usage does not tell", openAiChat("https://api.perplexity.ai"), "sonar-deep-research", usage],
    ["text of a model that only embeds", openAi, "text-embedding-3-small", usage],
  ])("is that of %s", async (_what, provider, model, used) => {
    expect(await price(provider, model, used)).toBeNull();
  });

  test("is not that of a call without usage, which failed before it answered", async () => {
    const told: UnknownPrice[] = [];
    const list = createPriceList({ clock, onUnknown: (model) => void told.push(model) });
    expect(await list({ provider: "p", model: "x" }, { snapshot: toSnapshot(openAi) })).toBeNull();
    expect(told).toEqual([]);
  });
});

test("the built-in engine costs nothing, whatever the model is called", () => {
  expect(price({ type: "local" }, "gpt-4o-mini")).toBe(0);
});

test("once the list is loaded, a price takes no waiting", async () => {
  await price(openAi, "gpt-4o-mini");
  expect(price(openAi, "gpt-4o-mini")).toBe(156);
});

describe("a price of the config", () => {
  const own: PriceOptions = { inputPerMillionUsd: 2, outputPerMillionUsd: 10 };
  const ask = (models: Readonly<Record<string, ModelDefinition>>, model: string, used = usage): unknown =>
    priceOf({ provider: "p", model, usage: used }, { snapshot: toSnapshot(openAi, models) });

  test("wins over the list, by whichever name the model is called", () => {
    expect(ask({ fast: { provider: "p", model: "gpt-4o-mini", price: own } }, "gpt-4o-mini")).toBe(2100);
    expect(ask({ "gpt-4o-mini": { provider: "p", price: own } }, "gpt-4o-mini")).toBe(2100);
    expect(ask({ fast: { provider: "q", model: "gpt-4o-mini", price: own } }, "gpt-4o-mini")).toBe(156);
  });

  test("holds at each of the model's deployments", () => {
    const spread = { deployments: [{ provider: "p", model: "one" }, { provider: "p" }, { provider: "q" }], price: own };
    expect(ask({ mine: spread }, "one")).toBe(2100);
    expect(ask({ mine: spread }, "mine")).toBe(2100);
    expect(ask({ mine: { ...spread, deployments: [{ provider: "q" }] } }, "gpt-4o-mini")).toBe(156);
  });

  test("holds for models that no list knows, at every tier", () => {
    const models = { mine: { provider: "p", price: own } };
    expect(ask(models, "mine", { ...usage, serviceTier: "priority" })).toBe(2100);
  });

  test("may tell caches and requests apart", () => {
    const used: Usage = { ...usage, cachedInputTokens: 300, cacheWriteTokens: 200, cacheWrite1hTokens: 100 };
    const plain = { mine: { provider: "p", price: own } };
    expect(ask(plain, "mine", used)).toBe(2100);
    const apart = { ...own, cachedInputPerMillionUsd: 0.2, cacheWritePerMillionUsd: 2.5, perRequestUsd: 0.005 };
    expect(ask({ mine: { provider: "p", price: apart } }, "mine", used)).toBe(500 * 2 + 60 + 500 + 100 + 5000);
  });

  test("of 0 is free, not unknown", () => {
    const free = { inputPerMillionUsd: 0, outputPerMillionUsd: 0 };
    expect(ask({ mine: { provider: "p", price: free } }, "mine")).toBe(0);
  });
});
