import type { Clock } from "../../../clock.ts";
import { createEntryStore, type Entry } from "./entry-store.ts";
import { isSameReading, readText, type Reading } from "./reading/read-text.ts";

/** Unit vectors in the order of the texts, near by their meaning. Undefined: the model does not answer. */
export type Embed = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[] | undefined>;

/** The texts of a request, and what else has to be equal for its answer to be another's. */
export interface SemanticQuery {
  readonly tenant: string;
  /** Stands for everything but the texts: equal or nothing is found. */
  readonly scope: string;
  /** In the order of their fields. */
  readonly texts: readonly string[];
}

export interface SemanticIndexOptions {
  readonly embed: Embed;
  readonly clock: Clock;
  /** @default 20,000 */
  readonly maxEntries?: number;
  /** Estimated, with what an entry takes beside its texts. @default 64 MiB */
  readonly maxBytes?: number;
}

/** Finds kept answers whose request meant the same. In memory: another process has its own. */
export interface SemanticIndex {
  /**
   * The key of the answer whose texts are the most similar, of those that say the same by their words.
   * @param similarity least cosine of each text with its counterpart
   */
  readonly find: (query: SemanticQuery, similarity: number) => Promise<string | undefined>;
  /** Texts that cannot be compared by their words, or are longer than `maxTextCharacters` together, are not taken. */
  readonly add: (query: SemanticQuery, key: string, expiresAtMs: number) => void;
  /** The answer is not kept any more. */
  readonly forget: (tenant: string, key: string) => void;
  readonly size: number;
}

/** About 100 words: 160 ms for the model on one core. */
export const maxTextCharacters = 600;
/** A request waits no longer for the model; what it takes is added to what the answer takes when nothing is found. */
const embedTimeoutMs = 500;
/** The model has one thread: more than these would only wait. */
const maxComparing = 4;

export function createSemanticIndex(options: SemanticIndexOptions): SemanticIndex {
  const { embed, clock, maxEntries = 20_000, maxBytes = 64 * 1024 ** 2 } = options;
  const entries = createEntryStore({ clock, maxEntries, maxBytes });
  let comparing = 0;

  const compare = async (texts: readonly string[], candidates: readonly Entry[]): Promise<readonly number[]> => {
    const unknown = candidates.filter(({ vectors }) => vectors === undefined);
    const vectors = await embedInTime([texts, ...unknown.map((entry) => entry.texts)].flat());
    if (vectors === undefined) return [];
    for (const [at, entry] of unknown.entries()) {
      const first = (at + 1) * texts.length;
      entry.vectors = vectors.slice(first, first + texts.length).map((vector) => Float32Array.from(vector));
    }
    return candidates.map((entry) => Math.min(...texts.map((_, at) => cosine(vectors[at]!, entry.vectors![at]!))));
  };

  const embedInTime = async (texts: readonly string[]): ReturnType<Embed> => {
    const answered = new AbortController();
    const timeout = clock.sleep(embedTimeoutMs, answered.signal).catch(ignore);
    const vectors = await Promise.race([embed(texts).catch(ignore), timeout]);
    answered.abort();
    return vectors?.length === texts.length ? vectors : undefined;
  };

  return {
    async find({ tenant, scope, texts }, similarity) {
      const readings = readAll(texts);
      if (!readings || comparing >= maxComparing) return undefined;
      const candidates = entries
        .list(tenant, toPlace(scope, readings))
        .filter((entry) => readings.every((reading, at) => isSameReading(reading, entry.readings[at]!)));
      if (candidates.length === 0) return undefined;
      comparing++;
      try {
        const similarities = await compare(texts, candidates);
        const best = Math.max(-1, ...similarities);
        const found = best >= similarity ? candidates[similarities.indexOf(best)] : undefined;
        return found && entries.touch(found) ? found.key : undefined;
      } finally {
        comparing--;
      }
    },
    add({ tenant, scope, texts }, key, expiresAtMs) {
      const readings = readAll(texts);
      if (readings) entries.put({ tenant, key, place: toPlace(scope, readings), texts, readings, expiresAtMs });
    },
    forget: entries.remove,
    get size() {
      return entries.size;
    },
  };
}

function readAll(texts: readonly string[]): readonly Reading[] | undefined {
  if (texts.length === 0 || texts.reduce((sum, text) => sum + text.length, 0) > maxTextCharacters) return undefined;
  const readings = texts.map((text) => readText(text));
  return readings.every((reading) => reading !== undefined) ? readings : undefined;
}

function toPlace(scope: string, readings: readonly Reading[]): string {
  return JSON.stringify([scope, ...readings.map(({ key }) => key)]);
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * (b[at] ?? Number.NaN);
  return sum;
}

function ignore(): undefined {}
