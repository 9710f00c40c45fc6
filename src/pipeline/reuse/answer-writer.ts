import type { Clock } from "../../clock.ts";
import type { AnswerStore, StoredAnswer } from "../../store/store.ts";

/** Brings answers into the store, behind the calls that gave them. */
export interface AnswerWriter {
  /** Returns at once. One that there is no room for is dropped: it would have spared money, and is no data. */
  add(answer: StoredAnswer): void;
  /** Writes what waits, at most for `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

export interface AnswerWriterOptions {
  readonly store: Pick<AnswerStore, "insertAnswers">;
  readonly clock: Clock;
  /** Called with what a store that does not take `count` answers says. */
  readonly onFailure: (error: unknown, count: number) => void;
}

const mostWaitingChars = 8 * 1024 * 1024;
/** Of one statement, which then is over soon. */
const batchChars = 1024 * 1024;
const batchRows = 100;
/** Between statements, so that each takes many. */
const pauseMs = 100;
const pauseAfterFailureMs = 1000;

export function createAnswerWriter({ store, clock, onFailure }: AnswerWriterOptions): AnswerWriter {
  const waiting: StoredAnswer[] = [];
  const closing = new AbortController();
  let waitingChars = 0;
  let isWriting = false;
  let writing = Promise.resolve();

  function takeBatch(): readonly StoredAnswer[] {
    let chars = 0;
    let rows = 0;
    for (const { body } of waiting) {
      if (rows === batchRows || (rows > 0 && chars + body.length > batchChars)) break;
      chars += body.length;
      rows++;
    }
    waitingChars -= chars;
    return waiting.splice(0, rows);
  }

  async function writeAll(): Promise<void> {
    let waitMs = pauseMs;
    while (waiting.length > 0) {
      await clock.sleep(waitMs, closing.signal).catch(() => {});
      const batch = takeBatch();
      try {
        await store.insertAnswers(batch);
        waitMs = pauseMs;
      } catch (error) {
        waitMs = pauseAfterFailureMs;
        onFailure(error, batch.length);
      }
    }
    isWriting = false;
  }

  return {
    add: (answer) => {
      if (closing.signal.aborted || waitingChars + answer.body.length > mostWaitingChars) return;
      waiting.push(answer);
      waitingChars += answer.body.length;
      if (isWriting) return;
      isWriting = true;
      writing = writeAll();
    },
    close: async (timeoutMs) => {
      closing.abort();
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(timeoutMs, late.resolve);
      await Promise.race([writing, late.promise]);
      cancel();
    },
  };
}
