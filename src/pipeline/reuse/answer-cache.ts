import type { Clock } from "../../clock.ts";
import type { AnswerStore } from "../../store/store.ts";
import type { AnswerKey } from "./answer-key.ts";
import { createAnswerMemory } from "./answer-memory.ts";
import { createAnswerWriter, type AnswerWriterOptions } from "./answer-writer.ts";
import { createLookUps } from "./look-ups.ts";
import { createStoredKeys } from "./stored-keys.ts";
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
  readonly store: Pick<AnswerStore, "findAnswers" | "listAnswerKeys" | "insertAnswers">;
  readonly clock: Clock;
  /** Nobody else writes to the store. */
  readonly isSole: boolean;
}

/** Larger answers are not kept. */
const maxAnswerChars = 1024 * 1024;

export function createAnswerCache({ store, clock, isSole, onFailure }: AnswerCacheOptions): AnswerCache {
  const memory = createAnswerMemory();
  const writer = createAnswerWriter({ store, clock, onFailure });
  const lookUp = createLookUps({ clock, read });
  const stored = isSole ? createStoredKeys((limit) => store.listAnswerKeys(limit, clock.now())) : undefined;
  /** As the project has it that asked last. */
  let maxMemoryBytes = 0;

  async function read(keys: readonly AnswerKey[]): Promise<readonly (KeptAnswer | undefined)[]> {
    try {
      const wanted = keys.map(({ tenant, hash }) => ({ tenant, key: hash }));
      const texts = await store.findAnswers(wanted, clock.now());
      return texts.map((text, index) => (text === undefined ? undefined : remember(keys[index]!, text)));
    } catch {
      // Whatever is wrong with the store, the model can answer.
      return [];
    }
  }

  function remember({ hash }: AnswerKey, text: string): KeptAnswer | undefined {
    const found = readKeptAnswer(text);
    if (!found) return undefined;
    const known = findInMemory(hash);
    if (known && known.createdAtMs > found.createdAtMs) return known;
    memory.set(hash, text, maxMemoryBytes);
    return found;
  }

  function findInMemory(hash: string): KeptAnswer | undefined {
    const text = memory.get(hash);
    return text === undefined ? undefined : readKeptAnswer(text);
  }

  return {
    find: (key, sinceMs, rules) => {
      const known = findInMemory(key.hash);
      if (known && known.createdAtMs >= sinceMs) return known;
      if (!rules.isStored || stored?.mayHave(key.hash) === false) return undefined;
      ({ maxMemoryBytes } = rules);
      return lookUp(key).then((found) => (found && found.createdAtMs >= sinceMs ? found : undefined));
    },
    keep: ({ tenant, hash }, answer, expiresAtMs, rules) => {
      const text = writeKeptAnswer(answer);
      if (text.length > maxAnswerChars) return false;
      memory.set(hash, text, rules.maxMemoryBytes);
      if (!rules.isStored) return true;
      writer.add({ tenant, key: hash, createdAtMs: answer.createdAtMs, expiresAtMs, body: text });
      stored?.add(hash);
      return true;
    },
    close: (timeoutMs) => writer.close(timeoutMs),
  };
}
