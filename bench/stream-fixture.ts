/** A streamed answer as OpenAI sends it: the role, 64 words, the finish and the end. */
export const words = Array.from({ length: 64 }, (_, index) => `word${index} `);
export const eventEveryMs = 20;

const toEvent = (delta: unknown, reason: string | null = null): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "test-model",
    service_tier: "default",
    system_fingerprint: "fp_bench",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  })}\n\n`;

export const deltas: readonly string[] = [
  toEvent({ role: "assistant", content: "", refusal: null }),
  ...words.map((content) => toEvent({ content })),
  toEvent({}, "stop"),
  "data: [DONE]\n\n",
];
