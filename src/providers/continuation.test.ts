import { describe, expect, test } from "vitest";
import { acceptsPrefill, findPrefill, type PrefillVendor } from "./continuation.ts";

const anthropic = { type: "anthropic" } as const;
const bedrock = { type: "bedrock" } as const;
const gemini = { type: "gemini" } as const;

function openAi(vendor?: PrefillVendor["vendor"], baseUrl?: string): PrefillVendor {
  return { type: "openai-chat", vendor, baseUrl };
}

describe("an answer that was begun is gone on with by", () => {
  test.each<[PrefillVendor, string]>([
    [anthropic, "claude-2.1"],
    [anthropic, "claude-3-haiku-20240307"],
    [anthropic, "claude-3-7-sonnet-latest"],
    [anthropic, "claude-opus-4-20250514"],
    [anthropic, "claude-sonnet-4@20250514"],
    [anthropic, "claude-opus-4-1"],
    [anthropic, "claude-opus-4-5-20251101"],
    [anthropic, "claude-haiku-4-5"],
    [bedrock, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
    [bedrock, "anthropic.claude-v2:1"],
    [bedrock, "eu.amazon.nova-pro-v1:0"],
    [gemini, "gemini-2.5-flash"],
    [gemini, "publishers/google/models/gemini-3.1-pro-preview"],
    [gemini, "gemini-3.5-flash"],
    [openAi("openrouter"), "anthropic/claude-sonnet-4.5"],
    [openAi("groq"), "llama-3.3-70b-versatile"],
  ])("%o %s", (vendor, model) => {
    expect(acceptsPrefill(vendor, model)).toBe(true);
  });
});

describe("it is refused, or answered, by", () => {
  test.each<[PrefillVendor, string]>([
    [anthropic, "claude-opus-4-6"],
    [anthropic, "claude-sonnet-4-6-20260217"],
    [anthropic, "claude-opus-4-8"],
    [anthropic, "claude-opus-4-10"],
    [anthropic, "claude-haiku-5-5"],
    [anthropic, "claude-sonnet-5"],
    [anthropic, "claude-fable-5"],
    [anthropic, "claude-of-tomorrow"],
    [anthropic, "MiniMax-M2"],
    [bedrock, "us.anthropic.claude-opus-4-6-v1"],
    [bedrock, "meta.llama3-8b-instruct-v1:0"],
    [bedrock, "amazon.nova-2-lite-v1:0"],
    [gemini, "gemini-3.5-flash-lite"],
    [gemini, "gemini-3.8-flash"],
    [gemini, "gemini-flash-latest"],
    [openAi("openrouter"), "anthropic/claude-sonnet-4.6"],
    [openAi("groq"), "openai/gpt-oss-120b"],
    [openAi("openai"), "gpt-4o"],
    [openAi(), "claude-3-haiku-20240307"],
    [openAi("ollama"), "llama3.1"],
    [{ type: "openai-responses", vendor: "openai" }, "gpt-5"],
    [{ type: "local" }, "local"],
  ])("%o %s", (vendor, model) => {
    expect(findPrefill(vendor, model)).toBeUndefined();
    expect(acceptsPrefill(vendor, model)).toBe(false);
  });
});

test("some vendors have to be told by fields of their own", () => {
  expect(findPrefill(openAi("mistral"), "mistral-large-latest")).toEqual({
    message: { prefix: true },
    body: {},
    isReturned: true,
  });
  expect(findPrefill(openAi("deepseek", "https://api.deepseek.com/beta"), "deepseek-chat")).toMatchObject({
    message: { prefix: true },
    isReturned: false,
  });
  expect(findPrefill(openAi("deepseek"), "deepseek-chat")).toBeUndefined();
  expect(findPrefill(openAi("mistral"), "magistral-medium-latest")).toBeUndefined();
  expect(findPrefill(openAi("vllm"), "any")?.body).toEqual({
    continue_final_message: true,
    add_generation_prompt: false,
  });
  expect(acceptsPrefill(openAi("mistral"), "mistral-large-latest")).toBe(false);
  expect(acceptsPrefill(openAi("vllm"), "any")).toBe(false);
});
