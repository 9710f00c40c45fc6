import { toEmbeddings, toModerations, toResult } from "../dialects/openai-vectors.ts";
import type { Exchange } from "../exchange.ts";
import { defineFaults, type FaultRow, type ScriptedFault } from "../fault.ts";

interface Embedding {
  readonly index: number;
  readonly embedding: unknown;
}

/** K: vectors and verdicts that do not fit what was asked. */
export const embeddingFaults: readonly ScriptedFault[] = [
  ...defineFaults({ group: "K", appliesTo: "plain", dialects: ["openai-embeddings"] }, [
    toRow("short-vector", "The last vector is one number short.", (data) =>
      data.map((item, index) =>
        index === data.length - 1 ? { ...item, embedding: toArray(item).slice(0, -1) } : item,
      ),
    ),
    toRow("null-in-vector", "null among the numbers, which is what NaN becomes in JSON.", (data) =>
      data.map((item) => ({ ...item, embedding: toArray(item).with(0, null) })),
    ),
    toRow("zero-vector", "Vectors of zeros.", (data) =>
      data.map((item) => ({ ...item, embedding: toArray(item).map(() => 0) })),
    ),
    {
      ...toRow("reordered", "The right vectors in another order, by their index.", (data) => data.toReversed()),
      isHarmless: true,
    },
    toRow("partial-batch", "A vector fewer than texts.", (data) => data.slice(0, -1)),
    toRow("duplicate-index", "Two vectors with one index.", (data) => data.map((item) => ({ ...item, index: 0 }))),
  ]),
  ...defineFaults({ group: "K", appliesTo: "plain", dialects: ["openai-moderations"] }, [
    {
      name: "unknown-category",
      what: "Flagged for a category that nobody knows.",
      recoverable: false,
      run: (exchange) =>
        exchange.respondJson(200, { ...toModerations(exchange.request), results: [toResult({ gremlins: true })] }),
    },
    {
      name: "no-verdict",
      what: "No results.",
      run: (exchange) => exchange.respondJson(200, { ...toModerations(exchange.request), results: [] }),
    },
  ]),
];

function toRow(name: string, what: string, edit: (data: readonly Embedding[]) => readonly unknown[]): FaultRow {
  return {
    name,
    what,
    run: (exchange: Exchange) => {
      const whole = toEmbeddings(exchange.request);
      return exchange.respondJson(200, { ...whole, data: edit(whole["data"] as readonly Embedding[]) });
    },
  };
}

// Of vectors in Base64 only the length can be wrong.
function toArray({ embedding }: Embedding): unknown[] {
  if (Array.isArray(embedding)) return embedding as unknown[];
  const bytes = Buffer.from(String(embedding), "base64");
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
}
