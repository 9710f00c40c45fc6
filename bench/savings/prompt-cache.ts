import { createHash } from "node:crypto";

/** Shorter prompts are not cached; longer ones up to a multiple of the step (OpenAI's prompt caching). */
const leastTokens = 1024;
const stepTokens = 128;

/** Beginnings that are remembered. */
const mostPrefixes = 200_000;

/**
 * The prompt cache of a model provider: how many tokens of a prompt it has read before, from the beginning on. It forgets
 * nothing within a run, where OpenAI keeps a prefix for minutes after its last use: a run is minutes of dense traffic.
 */
export interface PromptCache {
  /** @param model each has a cache of its own */
  read(model: string, tokens: readonly number[]): number;
}

export function createPromptCache(): PromptCache {
  const seen = new Set<string>();
  return {
    read: (model, tokens) => {
      const hash = createHash("sha1").update(model);
      const bytes = Uint32Array.from(tokens);
      let cached = 0;
      for (let from = 0, to = leastTokens; to <= bytes.length; from = to, to += stepTokens) {
        hash.update(bytes.subarray(from, to));
        const prefix = hash.copy().digest("base64");
        if (seen.has(prefix)) cached = to;
        else if (seen.size < mostPrefixes) seen.add(prefix);
      }
      return cached;
    },
  };
}
