import type { Usage } from "../../reply.ts";

/** OpenAI's `usage` of a chat. Tokens written to a cache are told as OpenRouter tells them. */
export function toForeignUsage(usage: Usage): Record<string, unknown> {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens, reasoningTokens = 0 } = usage;
  const { audioInputTokens = 0, audioOutputTokens = 0 } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cachedInputTokens,
      audio_tokens: audioInputTokens,
      ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
    },
    completion_tokens_details: { reasoning_tokens: reasoningTokens, audio_tokens: audioOutputTokens },
  };
}
