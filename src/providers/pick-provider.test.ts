import { expect, test } from "vitest";
import { readEnvironment } from "../config.ts";
import { defaultResilience } from "../endpoint/default-resilience.ts";
import type { Snapshot } from "../endpoint/snapshot.ts";
import { findHostedProvider, localEngine, withPickedProvider } from "./pick-provider.ts";

test("a hosted vendor whose key is set brings its address, its models and its quirks", () => {
  expect(findHostedProvider(readEnvironment({ MISTRAL_API_KEY: "k" }))).toMatchObject({
    name: "mistral",
    options: {
      type: "openai-chat",
      vendor: "mistral",
      baseUrl: "https://api.mistral.ai/v1",
      apiKeyEnv: "MISTRAL_API_KEY",
    },
    tiers: { fast: "mistral-small-latest" },
    why: "MISTRAL_API_KEY is set, so calls go to https://api.mistral.ai/v1.",
  });
  expect(findHostedProvider(readEnvironment({}))).toBeUndefined();
});

test("another address for OpenAI's key is another server, without OpenAI's quirks", () => {
  const environment = readEnvironment({ OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" });
  expect(findHostedProvider(environment)?.options).toEqual({
    type: "openai-chat",
    baseUrl: "http://127.0.0.1:1/v1",
    apiKeyEnv: "OPENAI_API_KEY",
  });
});

test("a snapshot without a provider gets the picked one, its models and its tiers, and keeps the rest", () => {
  const snapshot: Snapshot = {
    id: "0123456789ab",
    endpoints: new Map(),
    providers: new Map(),
    models: new Map(),
    tiers: new Map(),
    resilience: { ...defaultResilience, maxAttempts: 2 },
  };
  const completed = withPickedProvider(snapshot, localEngine);
  expect(completed).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
    resilience: { maxAttempts: 2 },
  });
  expect(completed.id).not.toBe(snapshot.id);
  expect([...completed.models]).toEqual([
    ["extractive", { name: "extractive", deployments: [{ provider: "local", model: "extractive", weight: 1 }] }],
  ]);
  expect([...completed.tiers]).toEqual(["fast", "standard", "smart"].map((tier) => [tier, ["extractive"]]));
});
