import { describe, expect, test } from "vitest";
import type { Usage } from "../../reply.ts";
import { parseUsage } from "./parse-usage.ts";
import { createResponseReader } from "./response-reader.ts";
import { parseResponse } from "./parse-response.ts";
import { toVendorTraits } from "./vendor-traits.ts";

const details = (cached: unknown, reasoning: unknown, written?: unknown): Record<string, unknown> => ({
  input_tokens_details: { cached_tokens: cached, ...(written === undefined ? {} : { cache_write_tokens: written }) },
  output_tokens_details: { reasoning_tokens: reasoning },
});

// Each as a real server reports it.
const shapes: [string, Record<string, unknown>, Usage][] = [
  ["without details", { input_tokens: 9, output_tokens: 7 }, { inputTokens: 9, outputTokens: 7 }],
  ["of zeros", { input_tokens: 0, output_tokens: 0, total_tokens: 0 }, { inputTokens: 0, outputTokens: 0 }],
  [
    "with details of zeros",
    { input_tokens: 9, output_tokens: 7, total_tokens: 16, ...details(0, 0, 0) },
    { inputTokens: 9, outputTokens: 7, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
  ],
  [
    "read from the cache",
    { input_tokens: 4020, output_tokens: 5, total_tokens: 4025, ...details(4012, 0, 0) },
    { inputTokens: 4020, outputTokens: 5, cachedInputTokens: 4012, cacheWriteTokens: 0, reasoningTokens: 0 },
  ],
  [
    "written to the cache",
    { input_tokens: 4020, output_tokens: 5, total_tokens: 4025, ...details(0, 0, 4012) },
    { inputTokens: 4020, outputTokens: 5, cachedInputTokens: 0, cacheWriteTokens: 4012, reasoningTokens: 0 },
  ],
  [
    "with reasoning inside the output",
    { input_tokens: 13, output_tokens: 2241, total_tokens: 2254, ...details(0, 1856) },
    { inputTokens: 13, outputTokens: 2241, cachedInputTokens: 0, reasoningTokens: 1856 },
  ],
  [
    "of reasoning only",
    { input_tokens: 439, output_tokens: 1984, total_tokens: 2423, ...details(0, 1984) },
    { inputTokens: 439, outputTokens: 1984, cachedInputTokens: 0, reasoningTokens: 1984 },
  ],
  [
    "with reasoning beside the output",
    { input_tokens: 32, output_tokens: 9, total_tokens: 241, ...details(6, 200) },
    { inputTokens: 32, outputTokens: 209, cachedInputTokens: 6, reasoningTokens: 200 },
  ],
  [
    "with the cache beside the input",
    { input_tokens: 10, output_tokens: 5, total_tokens: 205, ...details(190, 0) },
    { inputTokens: 200, outputTokens: 5, cachedInputTokens: 190, reasoningTokens: 0 },
  ],
  [
    "with more read from the cache than there was",
    { input_tokens: 10, output_tokens: 5, total_tokens: 15, ...details(190, 0) },
    { inputTokens: 10, outputTokens: 5, cachedInputTokens: 10, reasoningTokens: 0 },
  ],
  [
    "with what the vendor counts besides",
    {
      input_tokens: 232,
      output_tokens: 300,
      total_tokens: 532,
      ...details(192, 291),
      num_sources_used: 0,
      cost_in_usd_ticks: 8_384_000,
    },
    { inputTokens: 232, outputTokens: 300, cachedInputTokens: 192, reasoningTokens: 291 },
  ],
  [
    "with details that are null, or no counts",
    { input_tokens: 9, output_tokens: 7, input_tokens_details: null, output_tokens_details: { reasoning_tokens: -1 } },
    { inputTokens: 9, outputTokens: 7 },
  ],
];

const reading = { peer: "P", traits: toVendorTraits("openai") };
const toEvent = (type: string, response: unknown): { data: string } => ({ data: JSON.stringify({ type, response }) });

describe("usage", () => {
  test.each(shapes)("%s is exact: alone, in a whole response and at a stream's end", (_what, value, expected) => {
    expect(parseUsage(value)).toEqual(expected);
    const response = { status: "completed", output: [], usage: value };
    expect(parseResponse(reading, Buffer.from(JSON.stringify(response))).usage).toEqual(expected);
    const reader = createResponseReader(reading);
    reader.read(toEvent("response.completed", response));
    expect(reader.end(true)[0]).toEqual({ type: "usage", usage: expected });
  });

  test.each([
    ["null", null],
    ["a count below zero", { input_tokens: -1, output_tokens: 5 }],
    ["a count that is text", { input_tokens: "5", output_tokens: 5 }],
    ["one count", { input_tokens: 5 }],
    ["half a token", { input_tokens: 5, output_tokens: 0.5 }],
    ["Chat Completions' words", { prompt_tokens: 5, completion_tokens: 5 }],
  ])("is left open for %s", (_what, value) => {
    expect(parseUsage(value)).toBeUndefined();
  });

  test("counts what the last event says, not what earlier ones said", () => {
    const reader = createResponseReader(reading);
    const early = { status: "in_progress", output: [], usage: { input_tokens: 1, output_tokens: 1 } };
    reader.read(toEvent("response.created", early));
    reader.read(toEvent("response.in_progress", early));
    reader.read(
      toEvent("response.completed", { ...early, status: "completed", usage: { input_tokens: 8, output_tokens: 3 } }),
    );
    expect(reader.end(true)).toEqual([
      { type: "usage", usage: { inputTokens: 8, outputTokens: 3 } },
      { type: "finish", reason: "stop", rawReason: "completed" },
    ]);
  });

  test("of an answer that was cut by its limit counts", () => {
    const reader = createResponseReader(reading);
    const response = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output: [] };
    reader.read(toEvent("response.incomplete", { ...response, usage: { input_tokens: 8, output_tokens: 16 } }));
    expect(reader.end(true)[0]).toEqual({ type: "usage", usage: { inputTokens: 8, outputTokens: 16 } });
  });

  test.each([
    ["flex", "flex"],
    ["priority", "priority"],
    ["auto", undefined],
    [null, undefined],
  ])("was served at the tier %o: %o", (said, serviceTier) => {
    expect(parseUsage({ input_tokens: 1, output_tokens: 1 }, said)?.serviceTier).toBe(serviceTier);
  });
});
