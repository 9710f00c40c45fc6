import { expect, test } from "vitest";
import type { ReasoningBlock } from "../../message.ts";
import { readReasoningDetails, toReasoningDetails } from "./reasoning-details.ts";

test.each<ReasoningBlock>([
  { vendor: "anthropic", text: "So.", signature: "s" },
  { vendor: "anthropic", text: "", encrypted: "e" },
  { vendor: "openai", text: "In short.", encrypted: "e", id: "rs_1" },
  { vendor: "openai", text: "", encrypted: "e", id: "rs_1" },
  { vendor: "google", text: "Hm.", signature: "s" },
  { vendor: "google", text: "", signature: "s" },
  { vendor: "other", text: "Hm.", signature: "s", encrypted: "e", id: "i" },
])("%o comes back as it went out", (block) => {
  expect(readReasoningDetails(toReasoningDetails(block, 0))).toEqual([block]);
});

test("several blocks are kept apart", () => {
  const blocks: ReasoningBlock[] = [
    { vendor: "anthropic", text: "One.", signature: "a" },
    { vendor: "openai", text: "Two.", encrypted: "b" },
    { vendor: "anthropic", text: "Three.", signature: "c" },
  ];
  expect(readReasoningDetails(blocks.flatMap(toReasoningDetails))).toEqual(blocks);
});

test("a block that nothing seals needs no details", () => {
  expect(toReasoningDetails({ vendor: "other", text: "Hm." }, 0)).toEqual([]);
});

test("odd details are left out", () => {
  expect(readReasoningDetails("x")).toEqual([]);
  expect(readReasoningDetails([null, 5, { text: 7 }])).toEqual([]);
});
