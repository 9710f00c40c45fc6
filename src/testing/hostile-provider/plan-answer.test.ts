import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHostileProvider, type HostileProvider } from "./hostile-provider.ts";

let provider: HostileProvider;
let openai: OpenAI;
let anthropic: Anthropic;

beforeEach(async () => {
  provider = await createHostileProvider();
  openai = new OpenAI({ baseURL: provider.url, apiKey: "k", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: provider.url.replace("/v1", ""), apiKey: "k", maxRetries: 0 });
});
afterEach(() => provider.close());

const hi = [{ role: "user" as const, content: "Hi" }];

describe("goes on with an interrupted answer", () => {
  const full = (): string => provider.textOf("ok");
  const sent = (): string => full().slice(0, 53);

  async function goOn(model: string, messages: { role: "user" | "assistant"; content: string }[]): Promise<string> {
    const { choices } = await openai.chat.completions.create({ model, messages });
    return choices[0]!.message.content!;
  }
  const ask = (model: string): Promise<string> =>
    goOn(model, [
      ...hi,
      { role: "assistant", content: sent() },
      { role: "user", content: "Continue exactly where you stopped." },
    ]);

  test("from a prefill, within a word too", async () => {
    const messages = [...hi, { role: "assistant" as const, content: sent() }];
    const { content, usage } = await anthropic.messages.create({ model: "ok", max_tokens: 100, messages });
    expect(sent() + (content[0] as { text: string }).text).toBe(full());
    expect(usage.output_tokens).toBeLessThan(40);
  });

  test("but not where it takes no prefill, or one that ends in white space", async () => {
    const refuse = (model: string, content: string): Promise<unknown> =>
      anthropic.messages.create({ model, max_tokens: 100, messages: [...hi, { role: "assistant", content }] });
    await expect(refuse("ok?noprefill", sent())).rejects.toThrow("does not support assistant message prefill");
    await expect(refuse("ok", "Some ")).rejects.toThrow("trailing whitespace");
  });

  test("when told to, in each of the ways that models have", async () => {
    const rest = full().slice(53);
    expect(await ask("ok")).toBe(rest);
    expect(await ask("ok?continues=exact")).toBe(rest);
    expect(await ask("ok?continues=trimmed")).toBe(rest.trimStart());
    expect(await ask("ok?continues=fresh")).toBe(full());
    expect(await ask("ok?continues=preamble")).toMatch(/^Sure, here is the rest: /);
    const overlap = await ask("ok?continues=overlap&overlap=2");
    expect(overlap.endsWith(rest)).toBe(true);
    expect(overlap.slice(0, -rest.length)).toBe(sent().split(" ").slice(-2).join(" "));
    expect(await ask("ok?continues=other")).not.toContain(rest.slice(0, 10));
    expect(await ask("ok?text=b")).not.toContain(rest.slice(0, 10));
  });

  test("from the words that it is told to begin with, or from a quotation in the instruction", async () => {
    const anchor = sent().split(" ").slice(-4).join(" ");
    const anchored = await goOn("ok", [
      ...hi,
      { role: "assistant", content: sent() },
      { role: "user", content: `You were cut off. Begin with <last-words>\n${anchor}\n</last-words>` },
    ]);
    expect(anchored).toBe(anchor + full().slice(53));
    const repeated = await goOn("ok", [
      ...hi,
      { role: "assistant", content: sent() },
      {
        role: "user",
        content: `You were cut off. Begin by repeating these words: <last-words>\n${sent()}\n</last-words>`,
      },
    ]);
    expect(repeated).toBe(full());
    const quoted = await goOn("ok", [{ role: "user", content: `Please continue this: """${sent()}"""` }]);
    expect(quoted).toBe(full().slice(53));
  });
});
