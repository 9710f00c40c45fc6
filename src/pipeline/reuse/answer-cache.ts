import type { Clock } from "../../clock.ts";
import type { AnswerStore } from "../../store/store.ts";
import type { AnswerKey } from "./answer-key.ts";
import { createAnswerMemory } from "./answer-memory.ts";
import { createAnswerWriter, type AnswerWriterOptions } from "./answer-writer.ts";
import { createLookUps } from "./look-ups.ts";
import { readKeptAnswer, writeKeptAnswer, type KeptAnswer } from "./kept-answer.ts";

/** Where answers are kept. */
export interface CacheRules {
  readonly maxMemoryBytes: number;
  /** False: in memory only. */
  readonly isStored: boolean;
}

/** Answers that are kept: in memory, over a store that all processes share. */
export interface AnswerCache {
  /**
   * One that was given at `sinceMs` or later. What is not in memory is looked for in the store, which has 25 ms: an answer
   * that comes later serves the next request.
   */
  find(key: AnswerKey, sinceMs: number, rules: CacheRules): KeptAnswer | undefined | Promise<KeptAnswer | undefined>;
  /** Returns at once, and never fails. False: the answer is too large. */
  keep(key: AnswerKey, answer: KeptAnswer, expiresAtMs: number, rules: CacheRules): boolean;
  /** Stores what is not stored yet, at most for `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

export interface AnswerCacheOptions extends Pick<AnswerWriterOptions, "onFailure"> {
  readonly store: Pick<AnswerStore, "findAnswer" | "insertAnswers">;
  readonly clock: Clock;
}

/** Larger answers are not kept. */
const maxAnswerChars = 1024 * 1024;

export function createAnswerCache({ store, clock, onFailure }: AnswerCacheOptions): AnswerCache {
  const memory = createAnswerMemory();
  const writer = createAnswerWriter({ store, clock, onFailure });
  const lookUp = createLookUps<KeptAnswer>(clock);

  async function read({ tenant, hash }: AnswerKey, { maxMemoryBytes }: CacheRules): Promise<KeptAnswer | undefined> {
    try {
      const text = await store.findAnswer(tenant, hash, clock.now());
      const found = text === undefined ? undefined : readKeptAnswer(text);
      if (text === undefined || !found) return undefined;
      const known = findInMemory(hash);
      if (known && known.createdAtMs > found.createdAtMs) return known;
      memory.set(hash, text, maxMemoryBytes);
      return found;
    } catch {
      // Whatever is wrong with the store, the model can answer.
      return undefined;
    }
  }

  function findInMemory(hash: string): KeptAnswer | undefined {
    const text = memory.get(hash);
    return text === undefined ? undefined : readKeptAnswer(text);
  }

  return {
    find: (key, sinceMs, rules) => {
      const known = findInMemory(key.hash);
      if (known && known.createdAtMs >= sinceMs) return known;
      if (!rules.isStored) return undefined;
      const looking = lookUp(key.hash, () => read(key, rules));
      return looking.then((found) => (found && found.createdAtMs >= sinceMs ? found : undefined));
    },
    keep: ({ tenant, hash }, answer, expiresAtMs, { maxMemoryBytes, isStored }) => {
      const text = writeKeptAnswer(answer);
      if (text.length > maxAnswerChars) return false;
      memory.set(hash, text, maxMemoryBytes);
      const { createdAtMs } = answer;
      if (isStored) writer.add({ tenant, key: hash, createdAtMs, expiresAtMs, body: text });
      return true;
    },
    close: (timeoutMs) => writer.close(timeoutMs),
  };
}
