import { describe, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import { SentTape } from "./sent-tape.ts";

function record(...parts: readonly Part[]): SentTape {
  const tape = new SentTape();
  for (const part of parts) tape.add(part);
  return tape;
}

function relay(...says: readonly Part[]): Part {
  return { type: "raw", bytes: Buffer.from("x"), says };
}

const text = (words: string): Part => ({ type: "text", text: words });
const think = (words: string): Part => ({ type: "reasoning", text: words });
const block: Part = { type: "reasoning-block", block: { vendor: "anthropic", text: "a", signature: "s" } };
const seal = (length: number): Part => ({
  type: "reasoning-block",
  block: { vendor: "openai", text: "", encrypted: "e".repeat(length) },
});
const toolCall: Part = { type: "tool-call", index: 0, name: "f", arguments: "{}" };

test("holds what was said in stretches, and its text apart from the reasoning", () => {
  const tape = record(think("I "), think("see."), block, text("It "), relay(text("is "), text("so")), text("."));
  expect(tape.parts).toEqual([think("I see."), block, text("It is so.")]);
  expect(tape.text).toBe("It is so.");
  expect(tape.isRetellable).toBe(true);
});

test("tells of stretches that take turns as they came", () => {
  expect(record(text("a"), think("b"), text("c")).parts).toEqual([text("a"), think("b"), text("c")]);
});

test("leaves out what says nothing", () => {
  const usage: Part = { type: "usage", usage: { inputTokens: 1, outputTokens: 1 } };
  expect(record(usage, relay(), text("a"), relay(usage), text("b")).parts).toEqual([text("ab")]);
});

test("does not change what it has told", () => {
  const tape = record(text("a"));
  const before = tape.parts;
  tape.add(text("b"));
  tape.add(think("c"));
  expect(before).toEqual([text("a")]);
});

describe("gives up for good, and holds nothing,", () => {
  test.each([
    { what: "after a tool call", part: toolCall },
    { what: "after a relayed tool call", part: relay(toolCall) },
    { what: "after bytes that have no words", part: { ...relay(), isOpaque: true } as Part },
    { what: "after a source", part: { type: "source", source: { url: "https://example.org" } } as Part },
    { what: "after a refusal", part: { type: "text", text: "No", isRefusal: true } as Part },
    { what: "after log-probabilities", part: { type: "text", text: "a", logprobs: [] } as Part },
    { what: "beyond 32 Ki characters of text", part: text("a".repeat(32 * 1024)) },
    { what: "beyond 32 Ki characters of reasoning", part: think("a".repeat(32 * 1024)) },
    { what: "beyond 256 Ki characters of sealed reasoning", part: seal(256 * 1024 + 1) },
    { what: "beyond 1024 blocks of reasoning", part: relay(...Array.from({ length: 1024 }, () => seal(1))) },
  ])("$what", ({ part }) => {
    const tape = record(text("a"), part, text("more"), think("more"), block);
    expect(tape).toMatchObject({ isRetellable: false, text: "", parts: [] });
  });
});

test("holds 32 Ki characters", () => {
  expect(record(text("a".repeat(32 * 1024))).isRetellable).toBe(true);
});
