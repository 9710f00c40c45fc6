import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenAiVendor } from "../../endpoint/vendors.ts";
import { openAnsweringServer, sendTo, type AnsweringServer } from "./openai-chat-fixture.ts";

let server: AnsweringServer;

beforeAll(async () => {
  server = await openAnsweringServer();
});

afterAll(() => server.close());

describe("an earlier answer of another vendor's model, in a relay,", () => {
  const details = [{ type: "reasoning.text", text: "Hm.", signature: "s", format: "anthropic-claude-v1", index: 0 }];
  const call = { id: "c", type: "function", function: { name: "look", arguments: "{}" } };
  const signed = { ...call, extra_content: { google: { thought_signature: "g" } } };
  const plain = { role: "assistant", content: "Yes." };
  const sealed = { ...plain, reasoning_content: "Hm.", reasoning_details: details };
  const told = (label: string): string =>
    `The reasoning of earlier turns is of another vendor than ${label} and was dropped.`;

  async function relay(vendor: OpenAiVendor | undefined, message: object, model = "m-1"): Promise<[unknown, unknown]> {
    const user = { role: "user", content: "Hi", reasoning_content: "mine" };
    const body = { model: "client-name", messages: [user, message, user] };
    const { body: sent, warnings } = await sendTo(
      server,
      { vendor },
      { model, foreign: { dialect: "openai-chat", body } },
    );
    expect(sent).toMatchObject({ model, messages: [user, {}, user] });
    return [(sent["messages"] as unknown[])[1], warnings];
  }

  test.each<[OpenAiVendor | undefined, object, object, boolean]>([
    ["openai", sealed, plain, true],
    ["openai", { ...plain, reasoning_content: "Hm." }, plain, false],
    ["openai", { ...plain, reasoning: "Hm." }, plain, false],
    ["openai", { ...plain, tool_calls: [signed] }, { ...plain, tool_calls: [call] }, false],
    ["azure", sealed, plain, true],
    ["azure", { ...plain, reasoning_content: "Hm." }, { ...plain, reasoning_content: "Hm." }, false],
    ["groq", { ...plain, reasoning: "Hm." }, { ...plain, reasoning: "Hm." }, false],
    ["openrouter", sealed, sealed, false],
    ["openrouter", { ...plain, tool_calls: [signed] }, { ...plain, tool_calls: [signed] }, false],
    [undefined, sealed, sealed, false],
  ])("leaves out for %s what it cannot have written itself (%o)", async (vendor, message, expected, isTold) => {
    const [sent, warnings] = await relay(vendor, message);
    expect(sent).toEqual(expected);
    expect(warnings).toHaveLength(isTold ? 1 : 0);
  });

  test("keeps what stands beside a signature", async () => {
    const extra = { google: { thought_signature: "g" }, own: 1 };
    const [sent] = await relay("xai", { ...plain, tool_calls: [{ ...call, extra_content: extra }, call] });
    expect(sent).toEqual({ ...plain, tool_calls: [{ ...call, extra_content: { own: 1 } }, call] });
  });

  test("has an empty text for DeepSeek's fourth generation, which wants one", async () => {
    const [sent, warnings] = await relay("deepseek", sealed, "deepseek-v4-flash");
    expect(sent).toEqual({ ...plain, reasoning_content: "" });
    expect(warnings).toEqual([told("DeepSeek")]);
  });
});
