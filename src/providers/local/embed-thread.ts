import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.ts";

export type Vector = readonly number[];

export interface EmbedThreadOptions {
  readonly clock: Clock;
  readonly enginePackage: string;
  readonly modelPackage: string;
  /** Milliseconds for loading the model, and for each batch. */
  readonly timeoutMs: number;
}

/** The model's thread. Whatever goes wrong in it ends it for good, and every question is then answered by undefined. */
export interface EmbedThread {
  ask(texts: readonly string[]): Promise<readonly Vector[] | undefined>;
  stop(): Promise<void>;
}

interface Answer {
  /** 0 says that the model is loaded. */
  readonly id: number;
  readonly vectors: readonly Vector[];
}

export function startEmbedThread(options: EmbedThreadOptions): EmbedThread {
  const { clock, timeoutMs, enginePackage, modelPackage } = options;
  const worker = new Worker(workerFile(), { workerData: { enginePackage, modelPackage } });
  const waiting = new Map<number, (vectors: readonly Vector[] | undefined) => void>();
  let isStopped = false;
  let lastId = 0;

  const stop = async (): Promise<void> => {
    isStopped = true;
    for (const settle of waiting.values()) settle(undefined);
    waiting.clear();
    await worker.terminate();
  };
  worker.on("message", ({ id, vectors }: Answer) => {
    waiting.get(id)?.(vectors);
    waiting.delete(id);
  });
  worker.on("error", () => void stop());
  worker.on("exit", () => void stop());

  const wait = async (id: number): Promise<readonly Vector[] | undefined> => {
    const answered = new AbortController();
    worker.ref();
    clock.sleep(timeoutMs, answered.signal).then(stop, () => undefined);
    const vectors = await new Promise<readonly Vector[] | undefined>((resolve) => {
      waiting.set(id, resolve);
    });
    answered.abort();
    // An idle model must not keep a finished process alive.
    if (waiting.size === 0) worker.unref();
    return vectors;
  };

  const loaded = wait(0);
  return {
    async ask(texts) {
      await loaded;
      if (isStopped) return undefined;
      const id = ++lastId;
      worker.postMessage({ id, texts }, []);
      return wait(id);
    },
    stop,
  };
}

function workerFile(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("./embed-worker.ts", import.meta.url)
    : new URL("./embed-worker.js", import.meta.url);
}
