import { expect, test } from "vitest";
import { sumParts, wholeReply, type Completion, type Part } from "./reply.ts";

const finish: Part = { type: "finish", reason: "content_filter" };
const refusal = (text: string): Part => ({ type: "text", text, isRefusal: true });

test("a text is a refusal if all of it is", () => {
  expect(sumParts([refusal("I "), refusal("cannot."), finish])).toMatchObject({ text: "I cannot.", isRefusal: true });
  const mixed = sumParts([{ type: "text", text: "Well. " }, refusal("I cannot."), finish]);
  expect(mixed).toMatchObject({ text: "Well. I cannot." });
  expect(mixed).not.toHaveProperty("isRefusal");
  expect(sumParts([finish])).not.toHaveProperty("isRefusal");
});

test("a whole refusal is one in parts, too", async () => {
  const completion: Completion = { text: "No.", isRefusal: true, toolCalls: [], finishReason: "content_filter" };
  const parts: Part[] = [];
  for await (const part of wholeReply(completion).parts) parts.push(part);
  expect(parts).toEqual([refusal("No."), finish]);
});
