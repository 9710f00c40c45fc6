import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Usage } from "../../reply.ts";
import type { EmbedAnswer, EmbedRequest, Provider, ProviderContext } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import { toCount } from "./parse-usage.ts";
import { toModelPath } from "./to-request-body.ts";

/** Posts to a method of a model, such as `predict`. */
export type PostTo = (method: string, model: string, body: unknown, context: ProviderContext) => Promise<Buffer>;

export interface EmbedOptions {
  readonly peer: string;
  readonly isVertex: boolean;
  readonly post: PostTo;
}

/** One request of several inputs. */
interface Way {
  readonly method: string;
  /** Most inputs of one request. */
  readonly most: number;
  toBody(inputs: readonly string[], request: EmbedRequest): unknown;
  /** @returns a value for each input, in whatever shape */
  read(body: Readonly<Record<string, unknown>>): Found;
}

interface Found {
  readonly vectors: readonly unknown[];
  readonly inputTokens: number | undefined;
}

const mostAtOnce = 8;

/**
 * Embeds texts: `batchEmbedContents` at AI Studio; at Vertex `predict`, or `embedContent` with one text a request for
 * the models that `predict` has lost (`gemini-embedding-2` and later). More inputs than a request takes are spread.
 */
export function createEmbed({ peer, isVertex, post }: EmbedOptions): NonNullable<Provider["embed"]> {
  return async (request, context) => {
    const way = isVertex ? findVertexWay(request.model) : batch;
    const groups = split(request.inputs, way.most);
    const answers: Embedded[] = [];
    for (const wave of split(groups, way.most === 1 ? mostAtOnce : 1)) {
      answers.push(...(await Promise.all(wave.map(embedGroup))));
    }
    return { vectors: answers.flatMap(({ vectors }) => vectors), ...toUsage(answers) };

    async function embedGroup(inputs: readonly string[]): Promise<Embedded> {
      const bytes = await post(way.method, request.model, way.toBody(inputs, request), context);
      const { vectors, inputTokens } = way.read(parseObject(bytes.toString(), peer, "answered with something"));
      if (vectors.length !== inputs.length) {
        throw new HeadgateError("provider_protocol", {
          detail: `${peer} answered ${inputs.length} inputs with ${vectors.length} vectors.`,
        });
      }
      return { vectors: vectors.map((vector) => toVector(vector, peer)), inputTokens };
    }
  };
}

interface Embedded {
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens: number | undefined;
}

const batch: Way = {
  method: "batchEmbedContents",
  most: 100,
  toBody: (inputs, { model, dimensions: outputDimensionality }) => ({
    requests: inputs.map((text) => ({
      model: toModelPath(model),
      content: { parts: [{ text }] },
      ...(outputDimensionality === undefined ? {} : { outputDimensionality }),
    })),
  }),
  read: ({ embeddings, usageMetadata }) => ({
    vectors: Array.isArray(embeddings) ? embeddings.map((embedding: unknown) => at(embedding, "values")) : [],
    inputTokens: toCount(at(usageMetadata, "promptTokenCount")),
  }),
};

const predict: Way = {
  method: "predict",
  most: 250,
  toBody: (inputs, { dimensions: outputDimensionality }) => ({
    instances: inputs.map((content) => ({ content })),
    ...(outputDimensionality === undefined ? {} : { parameters: { outputDimensionality } }),
  }),
  read: ({ predictions }) => {
    const found = Array.isArray(predictions)
      ? predictions.map((prediction: unknown) => at(prediction, "embeddings"))
      : [];
    return {
      vectors: found.map((embeddings) => at(embeddings, "values")),
      inputTokens: addUp(found.map((embeddings) => toCount(at(at(embeddings, "statistics"), "token_count")))),
    };
  },
};

const single: Way = {
  method: "embedContent",
  most: 1,
  toBody: ([text], { dimensions: outputDimensionality }) => ({
    content: { parts: [{ text }] },
    ...(outputDimensionality === undefined ? {} : { outputDimensionality }),
  }),
  read: ({ embedding, usageMetadata }) => ({
    vectors: [at(embedding, "values")],
    inputTokens: toCount(at(usageMetadata, "promptTokenCount")),
  }),
};

function findVertexWay(model: string): Way {
  return model.includes("gemini-") && !model.includes("gemini-embedding-001") ? single : predict;
}

function toVector(values: unknown, peer: string): readonly number[] {
  if (Array.isArray(values) && values.every((value) => typeof value === "number")) return values;
  throw new HeadgateError("provider_protocol", { detail: `${peer} answered with something that is not a vector.` });
}

function toUsage(answers: readonly Embedded[]): Pick<EmbedAnswer, "usage"> {
  const inputTokens = addUp(answers.map((answer) => answer.inputTokens));
  if (inputTokens === undefined) return {};
  return { usage: { inputTokens, outputTokens: 0 } satisfies Usage };
}

/** Undefined if one of them is missing: half a sum would be a wrong one. */
function addUp(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function split<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
