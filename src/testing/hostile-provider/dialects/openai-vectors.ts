import type { HostileRequest } from "../hostile-request.ts";
import { createRandom } from "../known-text.ts";

const usualDimensions = 8;

export function toEmbeddings(request: HostileRequest): Record<string, unknown> {
  const inputs = readInputs(request);
  const isBase64 = request.json["encoding_format"] === "base64";
  return {
    object: "list",
    data: inputs.map((input, index) => {
      const vector = toVector(input, readDimensions(request));
      return { object: "embedding", index, embedding: isBase64 ? toBase64(vector) : vector };
    }),
    model: request.model,
    usage: { prompt_tokens: request.inputTokens, total_tokens: request.inputTokens },
  };
}

export function toModerations(request: HostileRequest): Record<string, unknown> {
  return { id: "modr-hostile", model: request.model, results: readInputs(request).map(() => toResult({})) };
}

/** One verdict; `flagged` names further categories that are true. */
export function toResult(flagged: Readonly<Record<string, boolean>>): Record<string, unknown> {
  const categories = { hate: false, harassment: false, "self-harm": false, sexual: false, violence: false, ...flagged };
  return {
    flagged: Object.values(categories).some(Boolean),
    categories,
    category_scores: Object.fromEntries(
      Object.entries(categories).map(([name, isFlagged]) => [name, isFlagged ? 0.9 : 0.01]),
    ),
  };
}

function readInputs({ json }: HostileRequest): unknown[] {
  const input = json["input"];
  return Array.isArray(input) && typeof input[0] !== "number" ? input : [input];
}

function readDimensions({ json }: HostileRequest): number {
  return typeof json["dimensions"] === "number" ? json["dimensions"] : usualDimensions;
}

function toVector(input: unknown, dimensions: number): number[] {
  const random = createRandom(JSON.stringify(input) ?? "");
  const raw = Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = Math.hypot(...raw);
  return raw.map((value) => Math.fround(value / length));
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString("base64");
}
