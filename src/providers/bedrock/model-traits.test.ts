import { expect, test } from "vitest";
import { findModelTraits, withoutGeography } from "./model-traits.ts";

test.each([
  ["anthropic.claude-v2:1", "nothing", "none", false, "all"],
  ["anthropic.claude-instant-v1", "nothing", "none", false, "all"],
  ["anthropic.claude-3-haiku-20240307-v1:0", "tool", "none", false, "all"],
  ["us.anthropic.claude-3-5-sonnet-20241022-v2:0", "tool", "none", false, "all"],
  ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "tool", "budget", false, "all"],
  ["anthropic.claude-sonnet-4-20250514-v1:0", "tool", "budget", false, "all"],
  ["us.anthropic.claude-opus-4-1-20250805-v1:0", "tool", "budget", false, "one"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "tool", "budget", true, "one"],
  ["anthropic.claude-haiku-4-5-20251001-v1:0", "tool", "budget", false, "one"],
  ["anthropic.claude-opus-4-6-v1", "tool", "adaptive", true, "one"],
  ["us.anthropic.claude-sonnet-4-6", "tool", "adaptive", false, "one"],
  ["anthropic.claude-opus-4-8", "tool", "adaptive", false, "none"],
  ["anthropic.claude-opus-5", "tool", "adaptive", false, "none"],
  ["eu.anthropic.claude-opus-5-5", "nothing", "adaptive", false, "none"],
  ["anthropic.claude-haiku-5-5", "tool", "adaptive", false, "none"],
  ["global.anthropic.claude-fable-5-1", "nothing", "adaptive", false, "none"],
  [
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "tool",
    "budget",
    true,
    "one",
  ],
  ["us.amazon.nova-pro-v1:0", "tool", "none", false, "all"],
  ["us.amazon.nova-2-lite-v1:0", "tool", "nova", false, "all"],
  ["openai.gpt-oss-20b-1:0", "nothing", "openai", true, "all"],
  ["mistral.mistral-large-2402-v1:0", "any", "none", false, "all"],
  ["mistral.mistral-large-3-675b-instruct", "nothing", "none", true, "all"],
  ["qwen.qwen3-coder-30b-a3b-v1:0", "nothing", "qwen", true, "all"],
  ["zai.glm-5", "tool", "none", true, "all"],
  ["us.meta.llama4-scout-17b-instruct-v1:0", "nothing", "none", false, "all"],
  ["arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "nothing", "none", false, "all"],
] as const)("%s forces %s, thinks by %s", (model, forces, thinking, hasSchemaMode, sampling) => {
  expect(findModelTraits(model)).toMatchObject({ forces, thinking, hasSchemaMode, sampling });
});

test.each([
  ["us.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"],
  ["us-gov.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"],
  ["global.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"],
  ["anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"],
])("%s without geography is %s", (model, expected) => {
  expect(withoutGeography(model)).toBe(expected);
});
