import type { Part } from "../reply.ts";

export interface PartsWatcher {
  /** Runs before the part is passed on; what it rejects with ends the stream. */
  readonly onPart?: (part: Part) => void | Promise<void>;
  /** Runs exactly once: when the stream has ended, failed (with the error), or was left by its reader. */
  readonly onEnd: (end: PartsEnd) => void | Promise<void>;
}

export type PartsEnd =
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "left" };

/**
 * Passes parts on and tells of their end. Not a generator: `return` on a generator that was never started skips its
 * `finally`, and a reader that leaves before the first part has to be noticed too.
 */
export function watchParts(parts: AsyncIterable<Part>, watcher: PartsWatcher): AsyncIterable<Part> {
  return {
    [Symbol.asyncIterator]() {
      const source = parts[Symbol.asyncIterator]();
      let hasEnded = false;
      const end = async (how: PartsEnd): Promise<void> => {
        if (hasEnded) return;
        hasEnded = true;
        await watcher.onEnd(how);
      };
      return {
        async next() {
          let step: IteratorResult<Part> | undefined;
          try {
            step = await source.next();
            if (step.done) await end({ type: "done" });
            else if (watcher.onPart) await watcher.onPart(step.value);
            return step;
          } catch (error) {
            // Whoever reads does not close what has failed: the provider's place would stay taken.
            if (step?.done === false) await source.return?.();
            await end({ type: "failed", error });
            throw error;
          }
        },
        async return() {
          await source.return?.();
          await end({ type: "left" });
          return { done: true, value: undefined };
        },
      };
    },
  };
}
