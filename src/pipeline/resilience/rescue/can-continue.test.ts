import { describe, expect, test } from "vitest";
import { canContinue, canRestart, type AskedAnswer, type SentAnswer } from "./can-continue.ts";

const sent: SentAnswer = { text: "Paris is the", toolCalls: [] };
const asked: AskedAnswer = { settings: {} };

test("text alone can be asked for anew, and gone on with", () => {
  expect(canRestart(sent, asked)).toBe(true);
  expect(canContinue(sent, asked)).toBe(true);
  const thought = { ...sent, reasoning: "Hm.", reasoningBlocks: [{ vendor: "anthropic", text: "Hm." }] } as const;
  expect(canContinue(thought, asked)).toBe(true);
});

describe("neither is possible after", () => {
  test.each<[string, Partial<SentAnswer>, Partial<AskedAnswer>]>([
    ["a tool call", { toolCalls: [{ id: "a", name: "f", arguments: "{" }] }, {}],
    ["a refusal", { isRefusal: true }, {}],
    ["sources", { sources: [{ url: "https://example.org" }] }, {}],
    ["log-probabilities", { logprobs: [{ token: "a", logprob: 0 }] }, {}],
    ["text whose log-probabilities are asked for", {}, { settings: { topLogprobs: 0 } }],
    ["something without words", { isOpaque: true }, {}],
    ["one of several answers", {}, { choices: 2 }],
  ])("%s", (_, more, request) => {
    expect(canRestart({ ...sent, ...more }, { ...asked, ...request })).toBe(false);
    expect(canContinue({ ...sent, ...more }, { ...asked, ...request })).toBe(false);
  });
});

describe("it can only be asked for anew after", () => {
  test.each<[string, Partial<SentAnswer>, Partial<AskedAnswer>]>([
    ["nothing", { text: "" }, {}],
    ["reasoning alone", { text: "", reasoning: "Hm." }, {}],
    ["white space", { text: "\n\n" }, {}],
    ["half a character", { text: "Paris \ud83d" }, {}],
    ["JSON by a schema", {}, { output: { name: "answer", schema: {} } }],
    ["JSON", {}, { settings: { jsonMode: true } }],
  ])("%s", (_, more, request) => {
    expect(canRestart({ ...sent, ...more }, { ...asked, ...request })).toBe(true);
    expect(canContinue({ ...sent, ...more }, { ...asked, ...request })).toBe(false);
  });
});
