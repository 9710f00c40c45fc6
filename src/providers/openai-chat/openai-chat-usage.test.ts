import { afterAll, beforeAll, expect, test } from "vitest";
import type { Usage } from "../../reply.ts";
import { complete, openAnsweringServer, stream, whole, type AnsweringServer } from "./openai-chat-fixture.ts";

let server: AnsweringServer;
beforeAll(async () => {
  server = await openAnsweringServer();
});
afterAll(() => server.close());

const counts = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const plain: Usage = { inputTokens: 100, outputTokens: 20 };

/** Usage as vendors report it, and what it means. */
const shapes: readonly (readonly [what: string, reported: Record<string, unknown>, usage: Usage | undefined])[] = [
  ["plain", { usage: counts }, plain],
  [
    "OpenAI's, with all its details",
    {
      service_tier: "flex",
      usage: {
        ...counts,
        prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 12, audio_tokens: 0, accepted_prediction_tokens: 0 },
      },
    },
    { ...plain, cachedInputTokens: 64, reasoningTokens: 12, serviceTier: "flex" },
  ],
  [
    "spoken",
    {
      usage: {
        ...counts,
        prompt_tokens_details: { audio_tokens: 80 },
        completion_tokens_details: { audio_tokens: 15 },
      },
    },
    { ...plain, audioInputTokens: 80, audioOutputTokens: 15 },
  ],
  [
    "DeepSeek's cache",
    { usage: { ...counts, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 } },
    { ...plain, cachedInputTokens: 64 },
  ],
  [
    "Mistral's cache and tier",
    { usage: { ...counts, num_cached_tokens: 48, service_tier: "standard" } },
    { ...plain, cachedInputTokens: 48, serviceTier: "standard" },
  ],
  [
    "OpenRouter's cache, read and written",
    { service_tier: null, usage: { ...counts, prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 } } },
    { ...plain, cachedInputTokens: 30, cacheWriteTokens: 50 },
  ],
  [
    "LiteLLM's cache",
    { usage: { ...counts, cache_creation_input_tokens: 50, cache_read_input_tokens: 0 } },
    { ...plain, cacheWriteTokens: 50 },
  ],
  [
    "xAI's reasoning, beside the completion",
    { usage: { ...counts, total_tokens: 720, completion_tokens_details: { reasoning_tokens: 600 } } },
    { inputTokens: 100, outputTokens: 620, reasoningTokens: 600 },
  ],
  [
    "Perplexity's reasoning, beside the completion and the total",
    { usage: { ...counts, reasoning_tokens: 7000, citation_tokens: 300, search_context_size: "low" } },
    { inputTokens: 100, outputTokens: 7020, reasoningTokens: 7000 },
  ],
  [
    "Google's thoughts, in the total only",
    { usage: { ...counts, total_tokens: 170 } },
    { inputTokens: 100, outputTokens: 70, reasoningTokens: 50 },
  ],
  [
    "Azure's cache, larger than the prompt",
    { usage: { ...counts, prompt_tokens_details: { cached_tokens: 373 } } },
    { ...plain, cachedInputTokens: 100 },
  ],
  [
    "written and read in contradiction",
    { usage: { ...counts, prompt_tokens_details: { cached_tokens: 90, cache_write_tokens: 90 } } },
    { ...plain, cachedInputTokens: 90, cacheWriteTokens: 10 },
  ],
  ["zero", { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }, { inputTokens: 0, outputTokens: 0 }],
  ["an empty tier", { service_tier: "", usage: counts }, plain],
  ["details of null", { usage: { ...counts, prompt_tokens_details: null, completion_tokens_details: null } }, plain],
  ["null", { usage: null }, undefined],
  ["half", { usage: { prompt_tokens: 100 } }, undefined],
  ["negative", { usage: { ...counts, completion_tokens: -1 } }, undefined],
];

test.each(shapes)(
  "usage that is %s is counted exactly, whole and at a stream's end",
  async (_what, reported, usage) => {
    const provider = server.connect();
    server.script(whole({ content: "x" }, reported));
    expect((await complete(provider)).usage).toEqual(usage);
    server.script(stream([{ content: "x" }], { last: { choices: [], ...reported } }));
    expect((await complete(provider, { stream: true })).usage).toEqual(usage);
  },
);

const chunk = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const choices = (content: string, reason: string | null = null): unknown[] => [
  { index: 0, delta: { content }, finish_reason: reason },
];

/** Where and how often streams report usage. */
const streams: readonly (readonly [what: string, events: string, usage: Usage | undefined])[] = [
  [
    "growing in each chunk",
    chunk({ choices: choices("x"), usage: { ...counts, completion_tokens: 1 } }) +
      chunk({ choices: choices("y", "stop"), usage: counts }),
    plain,
  ],
  [
    "twice the same",
    chunk({ choices: choices("x", "stop"), usage: counts }) + chunk({ choices: [], usage: counts }),
    plain,
  ],
  ["in the chunk of the finish", chunk({ choices: choices("x", "stop"), usage: counts }), plain],
  [
    "after the finish, without choices",
    chunk({ choices: choices("x", "stop") }) + chunk({ choices: [], usage: counts }),
    plain,
  ],
  [
    "after the finish, without a list of choices",
    chunk({ choices: choices("x", "stop") }) + chunk({ usage: counts }),
    plain,
  ],
  [
    "then null",
    chunk({ choices: choices("x"), usage: counts }) + chunk({ choices: choices("", "stop"), usage: null }),
    plain,
  ],
  ["in Groq's own field only", chunk({ choices: choices("x", "stop"), x_groq: { id: "r", usage: counts } }), plain],
  [
    "with the tier in earlier chunks",
    chunk({ choices: choices("x", "stop"), service_tier: "default" }) + chunk({ choices: [], usage: counts }),
    { ...plain, serviceTier: "default" },
  ],
  ["missing", chunk({ choices: choices("x", "stop") }), undefined],
];

test.each(streams)("a stream's usage %s is counted once", async (_what, events, usage) => {
  const provider = server.connect();
  for (const end of ["data: [DONE]\n\n", ""]) {
    server.script(events + end);
    expect((await complete(provider, { stream: true })).usage).toEqual(usage);
    server.script(events + end);
    const foreign = { dialect: "openai-chat", body: { stream: true } } as const;
    expect((await complete(provider, { stream: true, foreign })).usage).toEqual(usage);
  }
});
