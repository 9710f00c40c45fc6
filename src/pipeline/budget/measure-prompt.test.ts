import { expect, test } from "vitest";
import type { Message } from "../../message.ts";
import { measurePrompt, mediaTokens } from "./measure-prompt.ts";

/** A token for each word; counted are the texts that were counted. */
function createCounter(): { readonly counted: string[]; readonly countTokens: (text: string) => Promise<number> } {
  const counted: string[] = [];
  return {
    counted,
    countTokens: async (text) => {
      counted.push(text);
      return text.split(" ").length;
    },
  };
}

const image = { type: "image", url: "data:image/png;base64,AAAA" } as const;
const messages: readonly Message[] = [
  { role: "system", content: "one two three" },
  { role: "user", content: [{ type: "text", text: "four five" }, image] },
];

test("messages, tools and media count", async () => {
  const tools = [{ name: "find", parameters: { type: "object" } }];
  const { countTokens } = createCounter();
  expect(await measurePrompt({ messages }, countTokens).count()).toBe(5 + mediaTokens);
  expect(await measurePrompt({ messages, tools }, countTokens).count()).toBe(6 + mediaTokens);
});

test("tokens are counted once, and not at all where bytes settle it", async () => {
  const { counted, countTokens } = createCounter();
  const measure = measurePrompt({ messages }, countTokens);
  expect(await measure.hasAtMost(22 + mediaTokens)).toBe(true);
  expect(counted).toEqual([]);
  expect(await measure.hasAtMost(5 + mediaTokens)).toBe(true);
  expect(await measure.hasAtMost(4 + mediaTokens)).toBe(false);
  expect(counted).toEqual(["one two three", "four five"]);
});

test("no image fits into less than it counts", async () => {
  const measure = measurePrompt({ messages: [{ role: "user", content: [image] }] }, createCounter().countTokens);
  expect(await measure.hasAtMost(mediaTokens - 1)).toBe(false);
  expect(await measure.hasAtMost(mediaTokens)).toBe(true);
});

test("a prompt shows a text that is in it, as it is or as JSON writes it", () => {
  const content = 'Read: one\n"two" and {"text":"three\\n\\"four\\""}';
  const measure = measurePrompt({ messages: [{ role: "user", content }] }, createCounter().countTokens);
  expect(measure.shows(' one\n"two" ')).toBe(true);
  expect(measure.shows('three\n"four"')).toBe(true);
  expect(measure.shows("five")).toBe(false);
});
