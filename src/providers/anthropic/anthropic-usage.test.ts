import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Usage } from "../../reply.ts";
import { event, messageStart, textBlock } from "./anthropic-server-fixture.ts";
import { openScriptedAnthropic, type ScriptedAnthropic } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

const delta = (usage?: unknown, reason: string | null = "end_turn"): string =>
  event("message_delta", { delta: { stop_reason: reason }, usage });
const stop = event("message_stop");
const plain: Usage = { inputTokens: 10, outputTokens: 20 };

/** What a stream reports, in order, and what it comes to. */
const shapes: readonly (readonly [string, readonly string[], Usage | undefined])[] = [
  [
    "input at the start and output at the end",
    [messageStart({ input_tokens: 10, output_tokens: 1 }), delta({ output_tokens: 20 })],
    plain,
  ],
  [
    "output that grows from event to event: the last holds, nothing is added",
    [
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      delta({ output_tokens: 8 }, null),
      delta({ output_tokens: 15 }, null),
      delta({ output_tokens: 20 }),
    ],
    plain,
  ],
  [
    "the last event twice",
    [messageStart({ input_tokens: 10, output_tokens: 1 }), delta({ output_tokens: 20 }), delta({ output_tokens: 20 })],
    plain,
  ],
  [
    "the start twice, as a proxy that tries again sends it",
    [
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      delta({ output_tokens: 20 }),
    ],
    plain,
  ],
  [
    "everything late, with a start of zeros",
    [messageStart({ input_tokens: 0, output_tokens: 0 }), delta({ input_tokens: 10, output_tokens: 20 })],
    plain,
  ],
  ["everything late, without a start's usage", [messageStart(), delta({ input_tokens: 10, output_tokens: 20 })], plain],
  ["everything early", [messageStart({ input_tokens: 10, output_tokens: 20 }), delta()], plain],
  [
    "an event without usage after the one with it",
    [messageStart({ input_tokens: 10 }), delta({ output_tokens: 20 }), delta(undefined, null)],
    plain,
  ],
  ["nothing", [messageStart(), delta()], undefined],
  ["null in place of usage", [messageStart(null), delta(null)], undefined],
  ["output only", [messageStart(), delta({ output_tokens: 20 })], undefined],
  ["input only", [messageStart({ input_tokens: 10 }), delta()], undefined],
  [
    "numbers that are none",
    [messageStart({ input_tokens: "10", output_tokens: 1 }), delta({ input_tokens: -1, output_tokens: 1.5 })],
    undefined,
  ],
  [
    "zero, for a prompt that was only to be cached",
    [messageStart({ input_tokens: 10, output_tokens: 0 }), delta({ output_tokens: 0 }, "max_tokens")],
    { inputTokens: 10, outputTokens: 0 },
  ],
  [
    "caches, which are input beside `input_tokens`",
    [
      messageStart({
        input_tokens: 1,
        cache_creation_input_tokens: 126,
        cache_read_input_tokens: 3626,
        output_tokens: 3,
      }),
      delta({ output_tokens: 106 }),
    ],
    { inputTokens: 3753, outputTokens: 106, cachedInputTokens: 3626, cacheWriteTokens: 126 },
  ],
  [
    "caches that nothing was read from or written to",
    [
      messageStart({ input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }),
      delta({ output_tokens: 20 }),
    ],
    { ...plain, cachedInputTokens: 0, cacheWriteTokens: 0 },
  ],
  [
    "caches of null",
    [
      messageStart({ input_tokens: 10, cache_creation_input_tokens: null, cache_read_input_tokens: null }),
      delta({ output_tokens: 20, cache_read_input_tokens: null }),
    ],
    plain,
  ],
  [
    "cache writes of five minutes and of an hour",
    [
      messageStart({
        input_tokens: 10,
        cache_creation_input_tokens: 300,
        cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
        output_tokens: 1,
      }),
      delta({ output_tokens: 20 }),
    ],
    { inputTokens: 310, outputTokens: 20, cacheWriteTokens: 300, cacheWrite1hTokens: 200 },
  ],
  [
    "fewer cache writes than at the start",
    [
      messageStart({
        input_tokens: 10,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 200 },
      }),
      delta({ output_tokens: 20, cache_creation_input_tokens: 150 }),
    ],
    { inputTokens: 160, outputTokens: 20, cacheWriteTokens: 150, cacheWrite1hTokens: 150 },
  ],
  [
    "cache writes only by how long they are kept",
    [
      messageStart({
        input_tokens: 10,
        cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      }),
      delta({ output_tokens: 20 }),
    ],
    { inputTokens: 310, outputTokens: 20, cacheWriteTokens: 300, cacheWrite1hTokens: 200 },
  ],
  [
    "input that grew since the start, by results of the vendor's tools",
    [
      messageStart({ input_tokens: 2068, cache_read_input_tokens: 0, output_tokens: 3 }),
      delta({ input_tokens: 22_397, cache_read_input_tokens: 40, output_tokens: 637 }),
    ],
    { inputTokens: 22_437, outputTokens: 637, cachedInputTokens: 40 },
  ],
  [
    "input that is said again, and null for what is not",
    [
      messageStart({ input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 }),
      delta({ input_tokens: 10, cache_read_input_tokens: null, output_tokens: 20 }),
    ],
    { inputTokens: 15, outputTokens: 20, cachedInputTokens: 5 },
  ],
  [
    "thinking, which is output",
    [
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      delta({ output_tokens: 20, output_tokens_details: { thinking_tokens: 12 } }),
    ],
    { ...plain, reasoningTokens: 12 },
  ],
  [
    "the tier that served, in words of other vendors",
    [messageStart({ input_tokens: 10, service_tier: "standard" }), delta({ output_tokens: 20 })],
    { ...plain, serviceTier: "default" },
  ],
  [
    "another tier",
    [messageStart({ input_tokens: 10 }), delta({ output_tokens: 20, service_tier: "priority" })],
    { ...plain, serviceTier: "priority" },
  ],
  [
    "that it was fast, which costs more than the tier says",
    [messageStart({ input_tokens: 10 }), delta({ output_tokens: 20, service_tier: "standard", speed: "fast" })],
    { ...plain, serviceTier: "fast" },
  ],
  [
    "rounds of one call, which the totals hold",
    [
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      delta({
        input_tokens: 10,
        output_tokens: 20,
        iterations: [
          { type: "message", input_tokens: 4, output_tokens: 8 },
          { type: "message", input_tokens: 6, output_tokens: 12 },
        ],
      }),
    ],
    plain,
  ],
  [
    "a summary of the conversation, which the totals leave out, and a helper at another model's price",
    [
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      delta({
        output_tokens: 20,
        iterations: [
          { type: "compaction", input_tokens: 1000, cache_read_input_tokens: 50, output_tokens: 300 },
          { type: "message", input_tokens: 10, output_tokens: 20 },
          { type: "advisor_message", input_tokens: 77, output_tokens: 77 },
        ],
      }),
    ],
    { inputTokens: 1060, outputTokens: 320, cachedInputTokens: 50 },
  ],
];

describe("a stream that reports", () => {
  test.each(shapes)("%s", async (_shape, [start = "", ...rest], expected) => {
    const body = [start, textBlock("Hello."), ...rest, stop].join("");
    const { usage } = await bench.answer({ body }, { stream: true });
    expect(usage).toEqual(expected);
    const relayed = await readRelayed(body);
    expect(relayed).toEqual(expected);
  });

  async function readRelayed(body: string): Promise<Usage | undefined> {
    bench.server.script({ body });
    const foreign = { dialect: "anthropic-messages", body: { stream: true } } as const;
    const { parts } = await bench.read({ model: "m", messages: [], settings: {}, stream: true, foreign });
    return parts.find((part) => part.type === "usage")?.usage;
  }
});

describe("a whole answer that reports", () => {
  test.each([
    [{ input_tokens: 10, output_tokens: 20 }, plain],
    [
      {
        input_tokens: 1,
        output_tokens: 2,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 8,
        cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 3 },
        output_tokens_details: { thinking_tokens: 1 },
        service_tier: "batch",
      },
      {
        inputTokens: 13,
        outputTokens: 2,
        cachedInputTokens: 4,
        cacheWriteTokens: 8,
        cacheWrite1hTokens: 3,
        reasoningTokens: 1,
        serviceTier: "batch",
      },
    ],
    [{ input_tokens: 10 }, undefined],
    [undefined, undefined],
  ])("%o comes to %o", async (usage, expected) => {
    const body = { type: "message", content: [{ type: "text", text: "x" }], stop_reason: "end_turn", usage };
    expect((await bench.answer({ body })).usage).toEqual(expected);
  });
});
