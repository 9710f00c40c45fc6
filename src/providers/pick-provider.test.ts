import { expect, test } from "vitest";
import { readEnvironment } from "../config.ts";
import { findHostedProvider } from "./pick-provider.ts";

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
