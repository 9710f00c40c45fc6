import { describe, expect, test } from "vitest";
import type { ReasoningBlock } from "../../message.ts";
import type { Completion } from "../../reply.ts";
import { parseMessagesRequest } from "./parse-messages-request.ts";
import { toMessage } from "./write-message.ts";

const head = { requestId: "r-1", model: "m-1", createdAtMs: 0 };

/** What a client that hands an answer back as it got it makes of the next request. */
function handBack(
  completion: Partial<Completion>,
  next: readonly unknown[] = [],
): ReturnType<typeof parseMessagesRequest> {
  const { content } = toMessage({ text: "", toolCalls: [], finishReason: "stop", ...completion }, head);
  const text = JSON.stringify([
    { role: "user", content: "Hi" },
    { role: "assistant", content },
    {
      role: "user",
      content: ["Go on.", ...next].map((block) => (typeof block === "string" ? { type: "text", text: block } : block)),
    },
  ]);
  return parseMessagesRequest({ model: "m", messages: JSON.parse(text) as unknown }, {});
}

const blocks: readonly ReasoningBlock[] = [
  { vendor: "anthropic", text: "Hm.", signature: "EpIE+/==" },
  { vendor: "anthropic", text: "", encrypted: "sealed" },
  { vendor: "openai", text: "Summary 🌉", encrypted: "gAAA", id: "rs_1" },
  { vendor: "google", text: "", signature: "CikB" },
  { vendor: "other", text: "Said aloud." },
];

describe("an answer that a client hands back", () => {
  test("has every vendor's reasoning as the vendor wrote it", () => {
    const { messages } = handBack({ text: "Yes.", reasoningBlocks: blocks });
    expect(messages[1]).toEqual({ role: "assistant", content: "Yes.", reasoning: blocks });
  });

  test("reaches Anthropic without what Anthropic did not write", () => {
    const { foreign } = handBack({
      text: "Yes.",
      reasoningBlocks: blocks,
      sources: [{ url: "https://x" }],
      toolCalls: [{ id: "t", name: "look", arguments: "{}" }],
    });
    expect((foreign.body["messages"] as unknown[])[1]).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "EpIE+/==" },
        { type: "redacted_thinking", data: "sealed" },
        { type: "text", text: "Yes." },
        { type: "tool_use", id: "t", name: "look", input: {}, caller: { type: "direct" } },
      ],
    });
  });

  test("is left out for Anthropic if nothing of it is left", () => {
    const { foreign } = handBack({ reasoning: "Hm.", sources: [{ url: "https://x" }] });
    expect((foreign.body["messages"] as { role: string }[]).map(({ role }) => role)).toEqual(["user", "user"]);
  });

  describe("with tool calls, to Anthropic with a budget for thinking", () => {
    const dropped = "Earlier reasoning without Anthropic's signature was dropped.";
    const noReasoning =
      "Reasoning was dropped: the tool calls in the conversation come without the reasoning that led to them.";
    const google = { vendor: "google", text: "Hm.", signature: "CikB" } as const;
    const claude = { vendor: "anthropic", text: "Hm.", signature: "EpIE" } as const;
    const call = { id: "t", name: "look", arguments: "{}" };
    const budget = { type: "enabled", budget_tokens: 2000 };

    function relay(
      answers: readonly Partial<Completion>[],
      thinking: Record<string, unknown> = budget,
    ): ReturnType<typeof parseMessagesRequest>["foreign"] {
      const messages = answers.flatMap((answer) => {
        const completion = { text: "", toolCalls: [], finishReason: "stop", ...answer } as const;
        const { content } = toMessage(completion, head);
        return [
          { role: "assistant", content },
          { role: "user", content: "Go on." },
        ];
      });
      return parseMessagesRequest(
        { model: "m", thinking, messages: JSON.parse(JSON.stringify(messages)) as unknown },
        {},
      ).foreign;
    }

    test("goes on without thinking if that before the calls was another vendor's, and the client is told", () => {
      const { body, warnings } = relay([{ reasoningBlocks: [google], toolCalls: [call] }]);
      expect(body).not.toHaveProperty("thinking");
      expect(body["messages"]).toMatchObject([{ content: [{ type: "tool_use" }] }, {}]);
      expect(warnings).toEqual([dropped, noReasoning]);
    });

    test("says nothing of mere text, but that there is no thinking", () => {
      const { body, warnings } = relay([{ reasoning: "Hm.", toolCalls: [call] }]);
      expect(body).not.toHaveProperty("thinking");
      expect(warnings).toEqual([noReasoning]);
    });

    test.each<
      [string, readonly Partial<Completion>[], Record<string, unknown> | undefined, readonly string[] | undefined]
    >([
      ["no call needs it", [{ reasoningBlocks: [google], text: "Yes." }], budget, [dropped]],
      ["the thinking is adaptive", [{ reasoningBlocks: [google], toolCalls: [call] }], { type: "adaptive" }, [dropped]],
      ["Claude's own is left", [{ reasoningBlocks: [google, claude], toolCalls: [call] }], budget, [dropped]],
      [
        "the calls are of an earlier turn",
        [{ reasoningBlocks: [google], toolCalls: [call] }, { text: "Yes." }],
        budget,
        [dropped],
      ],
      ["the client lost the thinking itself", [{ toolCalls: [call] }], budget, undefined],
      ["all is Claude's own", [{ reasoningBlocks: [claude], toolCalls: [call] }], budget, undefined],
    ])("goes on thinking if %s", (_why, answers, thinking, expected) => {
      const { body, warnings } = relay(answers, thinking);
      expect(body["thinking"]).toEqual(thinking);
      expect(warnings).toEqual(expected);
    });
  });

  test("of Anthropic's own is passed on as the same object", () => {
    const body = {
      model: "m",
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm.", signature: "EpIE" },
            { type: "text", text: "Yes.", citations: [{ encrypted_index: "Eo8B" }] },
          ],
        },
        { role: "user", content: "Go on." },
      ],
    };
    expect(parseMessagesRequest(body, {}).foreign.body).toBe(body);
  });

  test("has tool ids that no vendor but Anthropic would allow, and signatures of calls, as the vendor wrote them", () => {
    const toolCalls = [
      { id: "functions.look:0", name: "look", arguments: "{}" },
      { id: "plain_1", name: "look", arguments: "{}", signature: "CikB+/==" },
      { id: "headgate_1", name: "look", arguments: "{}" },
    ];
    const { content } = toMessage({ text: "", toolCalls, finishReason: "tool_calls" }, head);
    const ids = (content as { id: string }[]).map(({ id }) => id);
    expect(ids.every((id) => /^[a-zA-Z0-9_-]+$/.test(id))).toBe(true);
    const { messages } = handBack(
      { toolCalls },
      ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: "a cat" })),
    );
    expect(messages[1]?.toolCalls).toEqual(toolCalls);
    expect(messages.slice(2, 5).map(({ toolCallId }) => toolCallId)).toEqual(toolCalls.map(({ id }) => id));
  });

  test.each(["headgate_", "headgate_!!!", "headgate_bnVsbA", "headgate_eyJ2ZW5kb3IiOjF9"])(
    "and has made up the seal %s is read all the same",
    (signature) => {
      const content = [
        { type: "thinking", thinking: "Hm.", signature },
        { type: "tool_use", id: signature, name: "look", input: {} },
      ];
      const { messages } = parseMessagesRequest({ model: "m", messages: [{ role: "assistant", content }] }, {});
      expect(messages).toEqual([
        {
          role: "assistant",
          content: "",
          reasoning: [{ vendor: "other", text: "Hm." }],
          toolCalls: [{ id: signature, name: "look", arguments: "{}" }],
        },
      ]);
    },
  );
});
