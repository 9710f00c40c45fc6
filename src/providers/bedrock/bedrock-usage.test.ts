import { afterAll, beforeAll, expect, test } from "vitest";
import type { Usage } from "../../reply.ts";
import { toEvent, toStream } from "./aws-frames-fixture.ts";
import { openScriptedBedrock, toWhole, type ScriptedBedrock } from "./scripted-bedrock-fixture.ts";

let bench: ScriptedBedrock;
beforeAll(async () => {
  bench = await openScriptedBedrock();
});
afterAll(() => bench.close());

/** What Bedrock reports, and what it comes to. */
const shapes: readonly (readonly [string, unknown, Usage | undefined])[] = [
  ["plain counts", { inputTokens: 10, outputTokens: 20, totalTokens: 30 }, { inputTokens: 10, outputTokens: 20 }],
  ["no total", { inputTokens: 10, outputTokens: 20 }, { inputTokens: 10, outputTokens: 20 }],
  ["zeros", { inputTokens: 0, outputTokens: 0, totalTokens: 0 }, { inputTokens: 0, outputTokens: 0 }],
  [
    "a cache that was not used",
    { inputTokens: 10, outputTokens: 20, totalTokens: 30, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
    { inputTokens: 10, outputTokens: 20, cachedInputTokens: 0, cacheWriteTokens: 0 },
  ],
  [
    "a cache that was written",
    {
      inputTokens: 11,
      outputTokens: 264,
      totalTokens: 1303,
      cacheReadInputTokens: 0,
      cacheReadInputTokenCount: 0,
      cacheWriteInputTokens: 1028,
      cacheWriteInputTokenCount: 1028,
      serverToolUsage: {},
    },
    { inputTokens: 1039, outputTokens: 264, cachedInputTokens: 0, cacheWriteTokens: 1028 },
  ],
  [
    "a cache that was read",
    { inputTokens: 12, outputTokens: 185, totalTokens: 1225, cacheReadInputTokens: 1028, cacheWriteInputTokens: 0 },
    { inputTokens: 1040, outputTokens: 185, cachedInputTokens: 1028, cacheWriteTokens: 0 },
  ],
  [
    "a cache that was read and written, for an hour and for five minutes",
    {
      inputTokens: 5,
      outputTokens: 7,
      totalTokens: 112,
      cacheReadInputTokens: 40,
      cacheWriteInputTokens: 60,
      cacheDetails: [
        { ttl: "1h", inputTokens: 45 },
        { ttl: "5m", inputTokens: 15 },
      ],
    },
    { inputTokens: 105, outputTokens: 7, cachedInputTokens: 40, cacheWriteTokens: 60, cacheWrite1hTokens: 45 },
  ],
  [
    "a cache written for five minutes only",
    {
      inputTokens: 5,
      outputTokens: 7,
      totalTokens: 72,
      cacheWriteInputTokens: 60,
      cacheDetails: [{ ttl: "5m", inputTokens: 60 }],
    },
    { inputTokens: 65, outputTokens: 7, cacheWriteTokens: 60 },
  ],
  [
    "a model that counts the cache within its input, as the total tells",
    { inputTokens: 100, outputTokens: 7, totalTokens: 107, cacheReadInputTokens: 64 },
    { inputTokens: 100, outputTokens: 7, cachedInputTokens: 64 },
  ],
  [
    "a total that leaves the cache out",
    { inputTokens: 5, outputTokens: 7, totalTokens: 12, cacheReadInputTokens: 64 },
    { inputTokens: 69, outputTokens: 7, cachedInputTokens: 64 },
  ],
  [
    "more written for an hour than was written",
    {
      inputTokens: 5,
      outputTokens: 7,
      totalTokens: 22,
      cacheWriteInputTokens: 10,
      cacheDetails: [{ ttl: "1h", inputTokens: 99 }, null, { ttl: "1h", inputTokens: -1 }],
    },
    { inputTokens: 15, outputTokens: 7, cacheWriteTokens: 10, cacheWrite1hTokens: 10 },
  ],
  [
    "null and odd counts beside good ones",
    { inputTokens: 5, outputTokens: 7, cacheReadInputTokens: null, cacheWriteInputTokens: "9", cacheDetails: {} },
    { inputTokens: 5, outputTokens: 7 },
  ],
  ["no output", { inputTokens: 5 }, undefined],
  ["a negative count", { inputTokens: -5, outputTokens: 7 }, undefined],
  ["a fraction", { inputTokens: 5.5, outputTokens: 7 }, undefined],
  ["text", { inputTokens: "5", outputTokens: 7 }, undefined],
  ["null", null, undefined],
];

test.each(shapes)("usage with %s is exact, whole and streamed", async (_name, reported, expected) => {
  bench.script({ body: toWhole([{ text: "x" }], "end_turn", reported) }, { body: toStream([], "end_turn", reported) });
  expect((await bench.complete()).usage).toEqual(expected);
  expect((await bench.complete({ stream: true })).usage).toEqual(expected);
});

const stop = toEvent("messageStop", { stopReason: "end_turn" });
const report = (outputTokens: number, more = {}) =>
  toEvent("metadata", { usage: { inputTokens: 10, outputTokens, totalTokens: 10 + outputTokens }, ...more });

test.each([
  ["late, after the stop", [stop, report(20)], { inputTokens: 10, outputTokens: 20 }],
  ["early, before the stop", [report(20), stop], { inputTokens: 10, outputTokens: 20 }],
  ["early and again late: the last holds", [report(5), stop, report(20)], { inputTokens: 10, outputTokens: 20 }],
  ["twice: nothing is added", [stop, report(20), report(20)], { inputTokens: 10, outputTokens: 20 }],
  [
    "early, and late without counts",
    [report(20), stop, toEvent("metadata", {})],
    { inputTokens: 10, outputTokens: 20 },
  ],
  [
    "with the tier that served it",
    [stop, report(20, { serviceTier: { type: "priority" } })],
    { inputTokens: 10, outputTokens: 20, serviceTier: "priority" },
  ],
  ["never", [stop], undefined],
] as const)("usage that a stream reports %s is exact", async (_name, frames, expected) => {
  bench.script({ body: Buffer.concat([toEvent("messageStart", { role: "assistant" }), ...frames]) });
  const { parts, error } = await bench.read();
  expect(error).toBeUndefined();
  expect(parts.map(({ type }) => type)).toEqual(expected ? ["usage", "finish"] : ["finish"]);
  expect(parts.flatMap((part) => (part.type === "usage" ? [part.usage] : []))).toEqual(expected ? [expected] : []);
});

test("a whole answer's tier is kept", async () => {
  bench.script({ body: { ...toWhole([]), serviceTier: { type: "flex" } } });
  expect((await bench.complete()).usage?.serviceTier).toBe("flex");
});
