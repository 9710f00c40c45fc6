import { expect, test } from "vitest";
import { findModelTraits, withoutGeography } from "./model-traits.ts";

test.each([
  ["anthropic.claude-v2:1", "nothing", "none", false, true],
  ["anthropic.claude-instant-v1", "nothing", "none", false, true],
  ["anthropic.claude-3-haiku-20240307-v1:0", "tool", "none", false, true],
  ["us.anthropic.claude-3-5-sonnet-20241022-v2:0", "tool", "none", false, true],
  ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "tool", "budget", false, true],
  ["anthropic.claude-sonnet-4-20250514-v1:0", "tool", "budget", false, true],
  ["us.anthropic.claude-opus-4-1-20250805-v1:0", "tool", "budget", false, true],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "tool", "budget", true, true],
  ["anthropic.claude-haiku-4-5-20251001-v1:0", "tool", "budget", false, true],
  ["anthropic.claude-opus-4-6-v1", "tool", "adaptive", true, true],
  ["us.anthropic.claude-sonnet-4-6", "tool", "adaptive", false, true],
  ["anthropic.claude-opus-4-8", "tool", "adaptive", false, false],
  ["anthropic.claude-opus-5", "tool", "adaptive", false, false],
  ["eu.anthropic.claude-opus-5-5", "nothing", "adaptive", false, false],
  ["anthropic.claude-haiku-5-5", "tool", "adaptive", false, false],
  ["global.anthropic.claude-fable-5-1", "nothing", "adaptive", false, false],
  [
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "tool",
    "budget",
    true,
    true,
  ],
  ["us.amazon.nova-pro-v1:0", "tool", "none", false, true],
  ["us.amazon.nova-2-lite-v1:0", "tool", "nova", false, true],
  ["openai.gpt-oss-20b-1:0", "nothing", "openai", true, true],
  ["mistral.mistral-large-2402-v1:0", "any", "none", false, true],
  ["mistral.mistral-large-3-675b-instruct", "nothing", "none", true, true],
  ["qwen.qwen3-coder-30b-a3b-v1:0", "nothing", "qwen", true, true],
  ["zai.glm-5", "tool", "none", true, true],
  ["us.meta.llama4-scout-17b-instruct-v1:0", "nothing", "none", false, true],
  ["arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "nothing", "none", false, true],
] as const)("%s forces %s, thinks by %s", (model, forces, thinking, hasSchemaMode, takesSampling) => {
  expect(findModelTraits(model)).toMatchObject({ forces, thinking, hasSchemaMode, takesSampling });
});

test.each([
  ["us.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"],
  ["us-gov.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"],
  ["global.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"],
  ["anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"],
])("%s without geography is %s", (model, expected) => {
  expect(withoutGeography(model)).toBe(expected);
});
