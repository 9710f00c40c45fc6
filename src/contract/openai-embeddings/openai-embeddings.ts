import * as z from "zod";
import type { Loss } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { encodeEvent } from "../../event-stream.ts";
import type { Completion } from "../../reply.ts";
import type { Dialect, DialectHead, DialectRequest } from "../dialect.ts";
import { toOpenAiError } from "../openai-error.ts";
import { toOpenAiLimitHeaders } from "../openai-limits.ts";
import { createLossList } from "../loss-list.ts";
import { toRequestError } from "../request-error.ts";

export interface ParsedEmbeddingsRequest extends DialectRequest {
  readonly encodingFormat: "float" | "base64";
}

const tokens = z.array(z.int().nonnegative()).min(1);

const embeddingsRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1), tokens, z.array(tokens).min(1)]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().positive().nullish(),
  user: z.string().nullish(),
});

type EmbeddingsBody = z.infer<typeof embeddingsRequest>;

/** OpenAI's embeddings, as `POST /v1/embeddings` speaks them. */
export const openAiEmbeddings: Dialect<ParsedEmbeddingsRequest> = {
  parseRequest: parseEmbeddingsRequest,
  toAnswer: toEmbeddings,
  toErrorBody: toOpenAiError,
  toLimitHeaders: toOpenAiLimitHeaders,
  toErrorEvent: (error) => encodeEvent({ data: JSON.stringify(toOpenAiError(error)) }),
};

/** @throws HeadgateError `request_invalid` with the issues */
export function parseEmbeddingsRequest(body: unknown): ParsedEmbeddingsRequest {
  const result = embeddingsRequest.safeParse(body);
  if (!result.success) throw toRequestError(result.error);
  const { model, input, encoding_format: format, dimensions } = result.data;
  const inputs = typeof input === "string" ? [input] : input.filter((text) => typeof text === "string");
  const losses = findLosses(result.data);
  return {
    model,
    messages: [],
    settings: {},
    task: { type: "embed", inputs, ...(typeof dimensions === "number" ? { dimensions } : {}) },
    stream: false,
    encodingFormat: format ?? "float",
    foreign: {
      dialect: "openai-embeddings",
      body: body as Record<string, unknown>,
      ...(losses.length === 0 ? {} : { losses }),
    },
  };
}

const known: ReadonlySet<string> = new Set(["model", "input", "encoding_format", "dimensions", "user"]);

function findLosses(request: EmbeddingsBody): readonly Loss[] {
  const losses = createLossList("only providers of OpenAI's chat know it");
  const { input, user } = request;
  if (typeof input !== "string" && typeof input[0] !== "string") {
    losses.refuse(["input"], "is in tokens, whose numbers mean others to other models: send texts");
  }
  if (typeof user === "string") losses.drop(["user"], "other providers are not told whom embeddings are for");
  losses.dropOthers([], request, known);
  return losses.toLosses();
}

function toEmbeddings(
  { result, usage }: Completion,
  head: DialectHead,
  { encodingFormat }: ParsedEmbeddingsRequest,
): Record<string, unknown> {
  if (result?.type !== "embed") throw new HeadgateError("internal", { detail: "The reply has no embeddings." });
  const inputTokens = usage?.inputTokens ?? 0;
  return {
    object: "list",
    data: result.vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: encodingFormat === "base64" ? toBase64(vector) : vector,
    })),
    model: head.model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  };
}

/** 32-bit floats in little-endian order, which is what OpenAI's own clients read. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, number] of vector.entries()) bytes.writeFloatLE(number, at * 4);
  return bytes.toString("base64");
}
