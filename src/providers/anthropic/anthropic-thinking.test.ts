import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ModelSettings } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { openScriptedAnthropic, type ScriptedAnthropic, type Translated } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

type Asked = Omit<Translated, "turns">;

async function ask(model: string, settings: ModelSettings, more: Partial<ModelRequest> = {}): Promise<Asked> {
  const { body, warnings } = await bench.translate({ model, settings, ...more });
  return { body, warnings };
}

const sonnet45 = "claude-sonnet-4-5";

describe("without a limit of its own an answer has", () => {
  test.each([
    ["claude-3-haiku-20240307", 4096],
    ["claude-3-5-sonnet-20241022", 8192],
    ["claude-3-7-sonnet-latest", 32_000],
    ["claude-opus-4-20250514", 32_000],
    ["claude-sonnet-4@20250514", 32_000],
    ["claude-sonnet-4-5", 32_000],
    ["claude-opus-4-8", 32_000],
    ["claude-opus-5", 64_000],
    ["claude-sonnet-5-5", 64_000],
    ["claude-fable-5", 64_000],
    ["claude-of-tomorrow", 64_000],
    ["MiniMax-M2", 8192],
  ])("with %s %s tokens, thinking included where the model thinks unasked", async (model, maxTokens) => {
    expect(await ask(model, {})).toEqual({ body: { max_tokens: maxTokens }, warnings: [] });
  });

  test("and a limit of its own is kept, as far as the model goes", async () => {
    expect((await ask("claude-opus-4-1", { maxOutputTokens: 32_000 })).warnings).toEqual([]);
    expect(await ask("claude-opus-4-1", { maxOutputTokens: 50_000 })).toEqual({
      body: { max_tokens: 32_000 },
      warnings: ["maxOutputTokens was lowered to 32000, the most that claude-opus-4-1 writes."],
    });
    expect((await ask("MiniMax-M2", { maxOutputTokens: 500_000 })).body).toEqual({ max_tokens: 500_000 });
  });
});

describe("reasoning, for models that take a budget,", () => {
  const enabled = (budget: number): object => ({ type: "enabled", budget_tokens: budget });

  test.each([
    ["minimal", 1024],
    ["low", 2048],
    ["medium", 8192],
    ["high", 16_384],
    ["xhigh", 24_576],
    ["max", 32_000],
  ] as const)("of effort %s is a budget of %s, on top of the usual limit", async (reasoningEffort, budget) => {
    expect(await ask(sonnet45, { reasoningEffort })).toEqual({
      body: { max_tokens: Math.min(32_000 + budget, 64_000), thinking: enabled(budget) },
      warnings: [],
    });
  });

  test("leaves room for the answer within a limit", async () => {
    expect(await ask(sonnet45, { reasoningEffort: "high", maxOutputTokens: 10_000 })).toEqual({
      body: { max_tokens: 10_000, thinking: enabled(8000) },
      warnings: [],
    });
    expect(await ask(sonnet45, { reasoningEffort: "high", maxOutputTokens: 1200 })).toEqual({
      body: { max_tokens: 1200 },
      warnings: ["Reasoning was dropped: it takes 1024 tokens or more, and the whole answer may have 1200."],
    });
  });

  test("is the budget that is asked for, within Anthropic's bounds", async () => {
    const changed = "at least 1024, and less than the whole answer may have.";
    expect(await ask(sonnet45, { reasoningTokens: 5000 })).toEqual({
      body: { max_tokens: 37_000, thinking: enabled(5000) },
      warnings: [],
    });
    expect(await ask(sonnet45, { reasoningTokens: 100, reasoningEffort: "high" })).toEqual({
      body: { max_tokens: 33_024, thinking: enabled(1024) },
      warnings: [`reasoningTokens was changed to 1024: ${changed}`],
    });
    expect(await ask(sonnet45, { reasoningTokens: 9000, maxOutputTokens: 4000 })).toEqual({
      body: { max_tokens: 4000, thinking: enabled(3999) },
      warnings: [`reasoningTokens was changed to 3999: ${changed}`],
    });
    expect((await ask("claude-opus-4-6", { reasoningTokens: 5000 })).body).toMatchObject({ thinking: enabled(5000) });
  });

  test.each([{ reasoningEffort: "none" }, { reasoningTokens: 0 }] as const)(
    "is not asked for with %o",
    async (settings) => {
      expect(await ask(sonnet45, settings)).toEqual({ body: { max_tokens: 32_000 }, warnings: [] });
    },
  );

  test("is dropped where Anthropic would refuse it", async () => {
    const user = { role: "user", content: "Hi" } as const;
    const calls = [{ id: "a", name: "f", arguments: "{}" }];
    const call = { role: "assistant", content: "I look.", toolCalls: calls } as const;
    const result = { role: "tool", toolCallId: "a", content: "x" } as const;
    const sealed = { ...call, reasoning: [{ vendor: "anthropic", text: "", encrypted: "x" }] } as const;
    const tools = [{ name: "f", parameters: {} }];
    const effort = { reasoningEffort: "low" } as const;
    const whyNot = async (request: Partial<ModelRequest>): Promise<readonly string[]> => {
      const { body, warnings } = await bench.translate({ settings: effort, ...request });
      expect("thinking" in body).toBe(warnings.length === 0);
      return warnings;
    };
    expect(await whyNot({ messages: [user, call, result], tools })).toEqual([
      "Reasoning was dropped: the tool calls in the conversation come without the reasoning that led to them.",
    ]);
    expect(await whyNot({ messages: [user, sealed, result], tools })).toEqual([]);
    // Calls of an earlier turn do not matter.
    const done = { role: "assistant", content: "Done." } as const;
    expect(await whyNot({ messages: [user, call, result, done, user], tools })).toEqual([]);
    expect(
      await whyNot({
        messages: [user, call, result, { role: "assistant", content: "Done." }, user, call, result],
        tools,
      }),
    ).toHaveLength(1);
    expect(await whyNot({ messages: [user, { role: "assistant", content: "It is" }] })).toEqual([
      "Reasoning was dropped: Anthropic does not offer it for an answer to be continued.",
    ]);
    expect(await whyNot({ settings: { ...effort, toolChoice: "required" }, tools })).toEqual([
      "Reasoning was dropped: Anthropic does not offer it together with a forced tool.",
    ]);
    expect(await whyNot({ settings: { ...effort, toolChoice: "required" } })).toEqual([]);
    expect(await whyNot({ model: "claude-3-5-haiku-20241022" })).toEqual([
      "Reasoning is not offered by claude-3-5-haiku-20241022 and was dropped.",
    ]);
  });
});

describe("reasoning, for models that decide themselves,", () => {
  const adaptive = { type: "adaptive", display: "summarized" };

  test.each([
    ["low", "low"],
    ["medium", "medium"],
    ["high", "high"],
    ["xhigh", "xhigh"],
    ["max", "max"],
  ] as const)("of effort %s is asked for as %s", async (reasoningEffort, effort) => {
    for (const model of ["claude-opus-4-7", "claude-sonnet-5", "claude-opus-5-5", "claude-mythos-preview"]) {
      expect(await ask(model, { reasoningEffort })).toEqual({
        body: { max_tokens: 64_000, thinking: adaptive, output_config: { effort } },
        warnings: [],
      });
    }
  });

  test.each([
    ["claude-opus-4-6", "xhigh", "high"],
    ["claude-opus-5", "minimal", "low"],
  ] as const)("of an effort that %s lacks (%s) is %s", async (model, reasoningEffort, effort) => {
    const { body, warnings } = await ask(model, { reasoningEffort });
    expect(body).toMatchObject({ thinking: adaptive, output_config: { effort } });
    expect(warnings).toEqual([
      `The reasoning effort ${reasoningEffort} is not offered by ${model}: ${effort} is asked for.`,
    ]);
  });

  test.each([
    [500, "low"],
    [2048, "low"],
    [10_000, "medium"],
    [20_000, "high"],
    [50_000, "max"],
  ])("of %s tokens is the effort %s", async (reasoningTokens, effort) => {
    const { body, warnings } = await ask("claude-opus-5", { reasoningTokens });
    expect(body).toMatchObject({ thinking: adaptive, output_config: { effort } });
    expect(warnings).toEqual([]);
  });

  test.each([
    ["claude-opus-4-7", { max_tokens: 32_000 }, []],
    ["claude-opus-5", { max_tokens: 32_000, thinking: { type: "disabled" } }, []],
    [
      "claude-sonnet-5-5",
      { max_tokens: 64_000, thinking: { type: "between_tools" } },
      ["claude-sonnet-5-5 cannot do without reasoning: it is asked to reason between tool calls only."],
    ],
    [
      "claude-opus-5-5",
      { max_tokens: 64_000, output_config: { effort: "low" } },
      ["claude-opus-5-5 cannot do without reasoning: the reasoning effort low is asked for."],
    ],
  ] as const)("of effort none is as little as %s does", async (model, body, warnings) => {
    expect(await ask(model, { reasoningEffort: "none" })).toEqual({ body, warnings });
  });

  test("goes together with a forced tool", async () => {
    const tools = [{ name: "f", parameters: {} }];
    const settings = { reasoningEffort: "low", toolChoice: "required" } as const;
    expect(await ask("claude-opus-5", settings, { tools })).toMatchObject({
      body: { thinking: adaptive, tool_choice: { type: "any" } },
      warnings: [],
    });
  });
});
