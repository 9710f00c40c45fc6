import { parentPort, workerData } from "node:worker_threads";

/** Runs the model in its own thread: the engine is WebAssembly and blocks the thread it runs on. */

interface Engine {
  readonly embed: (texts: readonly string[]) => Promise<number[][]>;
}

const { enginePackage, modelPackage } = workerData as { enginePackage: string; modelPackage: string };
const port = parentPort!;

// The packages are optional, so the compiler must not look for them.
const { createEmbedder } = (await import(enginePackage)) as {
  readonly createEmbedder: (options: { model: unknown }) => Promise<Engine>;
};
const model = ((await import(modelPackage)) as { default: unknown }).default;
const engine = await createEmbedder({ model });
// The engine reads its weights with the first text.
await engine.embed(["ready"]);
port.postMessage({ id: 0, vectors: [] }, []);

// From 24 texts on, the engine would start threads of its own and load the model once more in each.
const textsPerCall = 20;

port.on("message", ({ id, texts }: { id: number; texts: readonly string[] }) => {
  // A rejection ends the thread, which its owner takes for an answer.
  void embedAll(texts).then((vectors) => port.postMessage({ id, vectors }, []));
});

async function embedAll(texts: readonly string[]): Promise<number[][]> {
  const vectors: number[][] = [];
  for (let at = 0; at < texts.length; at += textsPerCall)
    vectors.push(...(await engine.embed(texts.slice(at, at + textsPerCall))));
  return vectors;
}
