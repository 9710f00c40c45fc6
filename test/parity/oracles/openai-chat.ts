import { createDeepSeek } from "@ai-sdk/deepseek";
import { createGroq } from "@ai-sdk/groq";
import { createMistral } from "@ai-sdk/mistral";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createPerplexity } from "@ai-sdk/perplexity";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ComparedField, Oracle } from "../oracle.ts";

type Create = (fetch: typeof globalThis.fetch) => LanguageModelV4;

const settings = { apiKey: "k", baseURL: "http://oracle.test/v1" };

/** The vendor's own package where it reads this dialect; xAI's reads Responses only. */
const packages: Readonly<Record<string, Create>> = {
  openai: (fetch) => createOpenAI({ ...settings, fetch }).chat("gpt-4o"),
  azure: (fetch) => createOpenAI({ ...settings, fetch }).chat("gpt-4o"),
  groq: (fetch) => createGroq({ ...settings, fetch })("m"),
  mistral: (fetch) => createMistral({ ...settings, fetch })("m"),
  deepseek: (fetch) => createDeepSeek({ ...settings, fetch })("m"),
  perplexity: (fetch) => createPerplexity({ ...settings, fetch })("m"),
};

const compatible: Create = (fetch) =>
  createOpenAICompatible({ ...settings, name: "oracle", includeUsage: true, fetch }).chatModel("m");

/** Why we are right where we differ. */
const reasons: Readonly<Record<string, Partial<Record<ComparedField, string>>>> = {
  azure: {
    cachedInputTokens: "Grok on Azure counts its own hidden prompt as cached: no more can be cached than there is.",
  },
  openrouter: { cacheWriteTokens: "The compatible package does not read cache_write_tokens." },
  xai: { outputTokens: "xAI counts reasoning beside the completion, as the total shows; it is billed as output." },
};

export const openAiChatOracle: Oracle = {
  name: "openai-chat",
  // Snowflake sends no finish reason, and the package refuses to read on.
  covers: ({ provider }) => provider !== "snowflake",
  differences: {
    ffdc6f747b22:
      "Two choices call tools at the same index; the package mixes their arguments, we read the first choice.",
  },
  explain: ({ provider }, field) => reasons[provider]?.[field],
  create: ({ provider }, fetch) => (packages[provider] ?? compatible)(fetch),
};
