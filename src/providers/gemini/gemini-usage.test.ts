import { afterEach, beforeEach, expect, test } from "vitest";
import type { Usage } from "../../reply.ts";
import { ask, openScriptedGemini, toEvents, toPiece, toRequest, type ScriptedGemini } from "./gemini-fixture.ts";

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

type Metadata = Readonly<Record<string, unknown>> | null | undefined;

/** What each piece of a stream reports, and what the answer cost. */
const golden: readonly (readonly [name: string, pieces: readonly Metadata[], usage: Usage | undefined])[] = [
  [
    "reported once, at the end",
    [undefined, { promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 }],
    { inputTokens: 9, outputTokens: 7 },
  ],
  [
    "cumulative: the last counts",
    [
      { promptTokenCount: 118, candidatesTokenCount: 1, totalTokenCount: 119 },
      { promptTokenCount: 118, candidatesTokenCount: 17, totalTokenCount: 135 },
      { promptTokenCount: 271, candidatesTokenCount: 32, totalTokenCount: 303 },
    ],
    { inputTokens: 271, outputTokens: 32 },
  ],
  [
    "repeated: counted once",
    Array.from({ length: 3 }, () => ({ promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 })),
    { inputTokens: 9, outputTokens: 7 },
  ],
  [
    "thoughts beside the candidates",
    [{ promptTokenCount: 71, candidatesTokenCount: 33, thoughtsTokenCount: 93, totalTokenCount: 197 }],
    { inputTokens: 71, outputTokens: 126, reasoningTokens: 93 },
  ],
  [
    "thoughts inside the candidates, as the total tells",
    [{ promptTokenCount: 10, candidatesTokenCount: 30, thoughtsTokenCount: 20, totalTokenCount: 40 }],
    { inputTokens: 10, outputTokens: 30, reasoningTokens: 20 },
  ],
  [
    "nothing but thoughts",
    [{ promptTokenCount: 85, thoughtsTokenCount: 199, totalTokenCount: 284 }],
    { inputTokens: 85, outputTokens: 199, reasoningTokens: 199 },
  ],
  [
    "read from a cache",
    [{ promptTokenCount: 9613, cachedContentTokenCount: 9602, candidatesTokenCount: 33, totalTokenCount: 9646 }],
    { inputTokens: 9613, outputTokens: 33, cachedInputTokens: 9602 },
  ],
  [
    "more from the cache than there was",
    [{ promptTokenCount: 5, cachedContentTokenCount: 9, candidatesTokenCount: 1, totalTokenCount: 6 }],
    { inputTokens: 5, outputTokens: 1, cachedInputTokens: 5 },
  ],
  [
    "what Google's own tools read",
    [
      {
        promptTokenCount: 427,
        toolUsePromptTokenCount: 771,
        candidatesTokenCount: 122,
        thoughtsTokenCount: 447,
        totalTokenCount: 1767,
      },
    ],
    { inputTokens: 1198, outputTokens: 569, reasoningTokens: 447 },
  ],
  [
    "Vertex's first pieces, which count nothing",
    [
      { trafficType: "ON_DEMAND" },
      { promptTokenCount: 43, candidatesTokenCount: 618, totalTokenCount: 661, trafficType: "ON_DEMAND" },
    ],
    { inputTokens: 43, outputTokens: 618, serviceTier: "default" },
  ],
  [
    "Vertex's last piece, which counts nothing",
    [{ promptTokenCount: 4, candidatesTokenCount: 6, totalTokenCount: 10 }, { trafficType: "ON_DEMAND" }],
    { inputTokens: 4, outputTokens: 6 },
  ],
  [
    "Vertex's priority tier",
    [{ promptTokenCount: 4, candidatesTokenCount: 6, totalTokenCount: 10, trafficType: "ON_DEMAND_PRIORITY" }],
    { inputTokens: 4, outputTokens: 6, serviceTier: "priority" },
  ],
  [
    "Vertex's throughput, which is no tier",
    [{ promptTokenCount: 4, candidatesTokenCount: 6, totalTokenCount: 10, trafficType: "PROVISIONED_THROUGHPUT" }],
    { inputTokens: 4, outputTokens: 6 },
  ],
  [
    "AI Studio's standard tier",
    [{ promptTokenCount: 4, candidatesTokenCount: 6, totalTokenCount: 10, serviceTier: "standard" }],
    { inputTokens: 4, outputTokens: 6, serviceTier: "default" },
  ],
  [
    "AI Studio's flex tier",
    [{ promptTokenCount: 4, candidatesTokenCount: 6, totalTokenCount: 10, serviceTier: "flex" }],
    { inputTokens: 4, outputTokens: 6, serviceTier: "flex" },
  ],
  ["zero", [{ promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 }], { inputTokens: 0, outputTokens: 0 }],
  ["the prompt alone", [{ promptTokenCount: 14, totalTokenCount: 14 }], { inputTokens: 14, outputTokens: 0 }],
  ["nothing", [undefined, null], undefined],
  ["an empty count", [{}], undefined],
  [
    "garbage",
    [{ promptTokenCount: "9" }, { promptTokenCount: -1, candidatesTokenCount: 5 }, { promptTokenCount: 1.5 }],
    undefined,
  ],
  [
    "garbage beside counts",
    [{ promptTokenCount: 9, candidatesTokenCount: "7", thoughtsTokenCount: -2, cachedContentTokenCount: null }],
    { inputTokens: 9, outputTokens: 0 },
  ],
  [
    "counts, then garbage",
    [{ promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 }, { promptTokenCount: null }],
    { inputTokens: 9, outputTokens: 7 },
  ],
];

test.each(golden)("usage with %s", async (_name, pieces, usage) => {
  const bodies = pieces.map((usageMetadata, index) => ({
    ...toPiece([{ text: "x" }], index === pieces.length - 1 ? "STOP" : undefined),
    ...(usageMetadata === undefined ? {} : { usageMetadata }),
  }));
  upstream.script({ body: toEvents(...bodies) });
  expect((await ask(upstream.connect(), toRequest({ stream: true }))).usage).toEqual(usage);
  const counted = pieces.findLast((piece) => piece?.["promptTokenCount"] !== undefined) ?? pieces.at(-1);
  if (pieces.length > 1 && counted?.["promptTokenCount"] === null) return;
  upstream.script({ body: { ...toPiece([{ text: "x" }], "STOP"), usageMetadata: counted } });
  expect((await ask(upstream.connect())).usage).toEqual(usage);
});

test("a piece after the finish reason still counts", async () => {
  const late = { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 } };
  upstream.script({ body: toEvents(toPiece([{ text: "x" }], "STOP"), late) });
  const { usage } = await ask(upstream.connect(), toRequest({ stream: true }));
  expect(usage).toEqual({ inputTokens: 9, outputTokens: 7 });
});
