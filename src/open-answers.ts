import type { Clock } from "./clock.ts";
import type { Snapshot } from "./endpoint/snapshot.ts";
import { createAnswerCache, type AnswerCache } from "./pipeline/reuse/answer-cache.ts";
import { toAnswerKey } from "./pipeline/reuse/answer-key.ts";
import { toCanonicalJson } from "./canonical-json.ts";
import { checkEmbedder } from "./pipeline/reuse/semantic/check-embedder.ts";
import { createSemanticIndex, maxTextCharacters } from "./pipeline/reuse/semantic/semantic-index.ts";
import { createSimilarAnswers, type SimilarAnswers } from "./pipeline/reuse/semantic/similar-answers.ts";
import { createEmbedder } from "./providers/local/embed.ts";
import type { Store } from "./store/store.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface AnswersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly snapshot: Snapshot;
}

/** Answers that are kept, and how those of requests that mean the same are found. */
export interface OpenAnswers {
  readonly answers: AnswerCache;
  readonly semantic: SimilarAnswers;
  close(timeoutMs: number): Promise<void>;
}

/** @throws HeadgateError `config_invalid` if an endpoint wants semantic reuse, and the model for it does not work */
export async function openAnswers({ store, clock, log, snapshot }: AnswersOptions): Promise<OpenAnswers> {
  const embedder = createEmbedder({ clock });
  const embed = (texts: readonly string[]): ReturnType<typeof embedder.embed> =>
    embedder.embed(texts, maxTextCharacters);
  const isSemantic = [...snapshot.endpoints.values()].some(({ reuse }) => reuse?.semantic !== undefined);
  try {
    if (isSemantic) await checkEmbedder(embed);
  } catch (error) {
    await embedder.close();
    throw error;
  }
  const answers = createAnswerCache({
    store,
    clock,
    isSole: store.kind === "embedded",
    onFailure: (error, count) =>
      log.warn({ event: "answers.not_stored", count, err: error }, "Answers could not be stored."),
  });
  const semantic = createSimilarAnswers({
    index: createSemanticIndex({ embed, clock }),
    clock,
    toScope: (call, rest) => {
      const messages = [{ role: "user", content: toCanonicalJson(rest) }] as const;
      return toAnswerKey(call.tenant, { ...call, messages }).hash;
    },
  });
  return {
    answers,
    semantic,
    close: async (timeoutMs) => {
      await answers.close(timeoutMs);
      await embedder.close();
    },
  };
}
