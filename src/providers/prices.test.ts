import { expect, test } from "vitest";
import type { Usage } from "../reply.ts";
import type { ProviderOptions } from "../endpoint/define-config.ts";
import type { Snapshot } from "../endpoint/snapshot.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createPriceList } from "./prices.ts";

const clock = createManualClock();
const priceOf = createPriceList(clock);
const usage: Usage = { inputTokens: 1000, outputTokens: 10 };

function openAiChat(baseUrl: string): ProviderOptions {
  return { type: "openai-chat", baseUrl };
}

const openAi = openAiChat("https://api.openai.com/v1");

function price(provider: ProviderOptions, model: string, used = usage): ReturnType<typeof priceOf> {
  const providers: Snapshot["providers"] = new Map([["p", provider]]);
  const snapshot: Snapshot = { id: "s", endpoints: new Map(), providers, models: new Map(), tiers: new Map() };
  return priceOf({ provider: "p", model, usage: used }, { snapshot });
}

test("a vendor's model costs what the list says, in whole micro-dollars", async () => {
  // $0.15 and $0.60 for a million tokens.
  expect(await price(openAi, "gpt-4o-mini")).toBe(156);
  expect(await price(openAi, "gpt-4o-mini", { inputTokens: 1, outputTokens: 1 })).toBe(1);
});

test("tokens read from the vendor's cache are part of the input, at their own price", async () => {
  expect(await price(openAi, "gpt-4o-mini", { ...usage, cachedInputTokens: 400 })).toBe(126);
  expect(await price(openAi, "gpt-4o-mini", { ...usage, cachedInputTokens: 5000 })).toBe(81);
});

test("the short way agrees with the list's own calculation, for every model and tier", async () => {
  const { calcPrice, findProvider } = await import("@pydantic/genai-prices");
  const timestamp = new Date(clock.now());
  let compared = 0;
  for (const [providerId, baseUrl] of [
    ["openai", "https://api.openai.com/v1"],
    ["groq", "https://api.groq.com/openai/v1"],
    ["mistral", "https://api.mistral.ai/v1"],
    ["deepseek", "https://api.deepseek.com/v1"],
    ["openrouter", "https://openrouter.ai/api/v1"],
  ] as const) {
    for (const { id } of findProvider({ providerId })?.models ?? []) {
      for (const inputTokens of [1234, 600_000]) {
        const actual = await price(openAiChat(baseUrl), id, { inputTokens, outputTokens: 77, cachedInputTokens: 1000 });
        const tokens = { input_tokens: inputTokens, output_tokens: 77, cache_read_tokens: 1000 };
        const expected = calcPrice(tokens, id, { providerId, timestamp });
        if (actual === null) continue;
        expect(Math.abs(actual - (expected?.total_price ?? Number.NaN) * 1e6)).toBeLessThanOrEqual(0.501);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(200);
});

test("a model that the list does not know has no price, rather than none to pay", async () => {
  expect(await price(openAi, "a-model-of-tomorrow")).toBeNull();
});

test.each([
  "http://localhost:11434/v1",
  "https://api.openai.com.example/v1",
  "https://example.com/api.openai.com/v1",
  "https://api.openai.com:8443/v1",
])("a vendor's model has no price where the vendor does not serve it: %s", (baseUrl) => {
  expect(price(openAiChat(baseUrl), "gpt-4o-mini")).toBeNull();
});

test("the built-in engine costs nothing, whatever the model is called", () => {
  expect(price({ type: "local" }, "gpt-4o-mini")).toBe(0);
});

test("once the list is loaded, a price takes no waiting", async () => {
  await price(openAi, "gpt-4o-mini");
  expect(price(openAi, "gpt-4o-mini")).toBe(156);
});
