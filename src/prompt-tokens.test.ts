import { expect, test } from "vitest";
import { countPrompt, estimatePrompt, hasMedia, type Prompt } from "./prompt-tokens.ts";
import { countTokens, findEncoding } from "./tokens.ts";

const text = "The council approved the new bridge on Tuesday night.";
const tool = { name: "look-up", description: "Finds an order.", parameters: { type: "object" } };

function promptOf(fields: Partial<Prompt>): Prompt {
  return { messages: [{ role: "user", content: text }], ...fields };
}

test("a prompt has what its messages, tools and schema have, and a frame around each message", async () => {
  const plain = await countPrompt(promptOf({}), "o200k_base");
  expect(plain).toBe(4 + (await countTokens(text)));
  const schema = { type: "object", properties: { summary: { type: "string" } } };
  for (const extra of [{ tools: [tool] }, { output: { name: "x", schema } }]) {
    const prompt = promptOf(extra);
    expect(await countPrompt(prompt, "o200k_base")).toBeGreaterThan(plain);
    expect(estimatePrompt(prompt)).toBeGreaterThan(estimatePrompt(promptOf({})));
  }
  const turn = {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "1", name: "look-up", arguments: `{"id":"${text}"}` }],
  } as const;
  expect(estimatePrompt(promptOf({ messages: [turn] }))).toBeGreaterThan(estimatePrompt(promptOf({})));
});

test("the same messages with other tools are estimated anew", () => {
  const messages = [{ role: "user", content: text }] as const;
  const without = estimatePrompt({ messages });
  expect(estimatePrompt({ messages, tools: [tool] })).toBeGreaterThan(without);
  expect(estimatePrompt({ messages })).toBe(without);
});

test("what is embedded counts", () => {
  const of = (inputs: readonly string[]): number => estimatePrompt({ messages: [], task: { type: "embed", inputs } });
  expect(of([text, text])).toBe(2 * of([text]));
  expect(of([text])).toBeGreaterThan(5);
});

test("media have a usual size, and a small image a small one", () => {
  const image = (detail: "low" | "high"): Prompt =>
    promptOf({ messages: [{ role: "user", content: [{ type: "image", url: "data:image/png;base64,AAAA", detail }] }] });
  expect([estimatePrompt(image("low")), estimatePrompt(image("high"))]).toEqual([89, 804]);
  expect([hasMedia(image("low")), hasMedia(promptOf({}))]).toEqual([true, false]);
  const worded = promptOf({ messages: [{ role: "user", content: [{ type: "text", text }] }] });
  expect(hasMedia(worded)).toBe(false);
});

test.each([
  ["gpt-4", "cl100k_base"],
  ["gpt-4-turbo-2024-04-09", "cl100k_base"],
  ["gpt-35-turbo", "cl100k_base"],
  ["openai/gpt-3.5-turbo", "cl100k_base"],
  ["text-embedding-3-small", "cl100k_base"],
  ["gpt-4o-mini", "o200k_base"],
  ["gpt-4.1", "o200k_base"],
  ["gpt-5", "o200k_base"],
  ["claude-sonnet-4-5", "o200k_base"],
  ["my-gpt-4", "o200k_base"],
])("%s counts in %s", (model, encoding) => {
  expect(findEncoding(model)).toBe(encoding);
});

test("a text that reads like a token of the model's own is counted as text", async () => {
  for (const encoding of ["o200k_base", "cl100k_base"] as const) {
    expect(await countTokens("Write <|endoftext|> and <|endofprompt|>.", encoding)).toBeGreaterThan(8);
  }
});

test("the encodings count the same text differently", async () => {
  const chinese = "市议会经过两年的辩论，于周二晚批准修建新桥。";
  expect(await countTokens(chinese, "cl100k_base")).toBeGreaterThan(await countTokens(chinese, "o200k_base"));
});
