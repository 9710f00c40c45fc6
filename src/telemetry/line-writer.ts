import { write, writeSync } from "node:fs";

/** Where log lines go. Bounded: what a reader that has stopped reading would pile up is dropped. */
export interface LineWriter {
  readonly write: (line: string) => void;
  /**
   * Writes what is left, at once. For the end of the process: it waits 100 ms at most for a reader that lags. A write
   * that the thread pool has begun cannot be waited for, so the lines of that one batch may come after these.
   */
  readonly flush: () => void;
}

const batchChars = 32 * 1024;
const maxWaitingChars = 8 * 1024 * 1024;
const maxDelayMs = 100;
const retryMs = 10;
const nothing = Buffer.alloc(0);

/**
 * Joins lines into few writes, each at most 100 ms late. pino's own destination measures and copies each line, which costs
 * more than the rest of a log call: 9 of 13 us.
 */
export function createLineWriter(descriptor: number): LineWriter {
  let waiting: string[] = [];
  let waitingChars = 0;
  /** What the destination has not taken yet of the batch that is being written. */
  let rest: Buffer = nothing;
  let isBusy = false;
  let timer: NodeJS.Timeout | undefined;

  const schedule = (work: () => void, delayMs: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      work();
    }, delayMs).unref();
  };

  const take = (): Buffer => {
    clearTimeout(timer);
    timer = undefined;
    const bytes = Buffer.from(waiting.join(""));
    waiting = [];
    waitingChars = 0;
    return bytes;
  };

  const writeWaiting = (): void => {
    if (waitingChars === 0) return;
    rest = take();
    writeRest();
  };

  const writeRest = (): void => {
    isBusy = true;
    write(descriptor, rest, (error, written) => {
      isBusy = false;
      // A pipe whose reader lags is asked again; any other failure loses these bytes, which logs may.
      if (error?.code === "EAGAIN") return schedule(writeRest, retryMs);
      rest = error ? nothing : rest.subarray(written);
      if (rest.length > 0) writeRest();
      else if (waitingChars >= batchChars) writeWaiting();
      else if (waitingChars > 0) schedule(writeWaiting, maxDelayMs);
    });
  };

  return {
    write: (line) => {
      if (waitingChars + line.length > maxWaitingChars) return;
      waiting.push(line);
      waitingChars += line.length;
      if (isBusy || rest.length > 0) return;
      if (waitingChars >= batchChars) writeWaiting();
      else schedule(writeWaiting, maxDelayMs);
    },
    flush: () => {
      if (isBusy) return writeAtOnce(descriptor, take());
      const bytes = Buffer.concat([rest, take()]);
      rest = nothing;
      writeAtOnce(descriptor, bytes);
    },
  };
}

const maxPauses = 50;
const pauseMs = 2;

function writeAtOnce(descriptor: number, bytes: Buffer): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let pauses = 0;
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      // Otherwise the reader is gone, or has stopped reading: there is nobody left to tell.
      if (!isLagging(error) || ++pauses > maxPauses) return;
      Atomics.wait(pause, 0, 0, pauseMs);
    }
  }
}

function isLagging(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
