import { setImmediate } from "node:timers/promises";
import type { Message } from "../../message.ts";
import { wholeReply, type Completion, type Part, type Usage } from "../../reply.ts";
import type { Clock } from "../../clock.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { answerChat } from "./answer-chat.ts";
import type { Embedder } from "./embed.ts";
import { embedTexts } from "./embed-texts.ts";
import { fillSchema } from "./fill-schema.ts";
import { createPace, throwIfOver, waitUntilOver, type Pace } from "./pace-work.ts";
import { rankPassages } from "./rank-passages.ts";
import { readMaterial } from "./read-material.ts";
import { readText } from "./read-text.ts";
import { splitPieces } from "./split-pieces.ts";

export interface LocalProviderOptions {
  readonly clock: Clock;
  /** Weighs labels that words alone cannot tell apart; closed with the provider. Absent: words alone. */
  readonly embed?: Embedder;
}

const piecesPerTurn = 64;
const mostValues = 3_000;

/**
 * The built-in offline engine: fills the wanted schema, or answers a chat, with sentences and facts of the request's own
 * text. It is not a language model. The same request always gives the same bytes.
 */
export function createLocalProvider({ clock, embed }: LocalProviderOptions): Provider {
  return {
    name: "local",
    hasSchemaMode: true,
    dialects: [],
    async generate(request, context) {
      throwIfOver(clock, context);
      const pace = createPace(clock, context);
      const likeness = embed && {
        embed: (texts: readonly string[]) => waitUntilOver(embed.embed(texts), clock, context),
      };
      const pieces = splitPieces(await answer(request, pace, likeness));
      const inputTokens = await countPieces(request.messages, pace);
      throwIfOver(clock, context);
      const kept = pieces.slice(0, request.settings.maxOutputTokens ?? Infinity);
      const completion: Completion = {
        text: kept.join(""),
        toolCalls: [],
        finishReason: kept.length < pieces.length ? "length" : "stop",
        usage: { inputTokens, outputTokens: kept.length, isEstimated: true },
      };
      return request.stream ? { parts: stream(kept, completion, clock, context) } : wholeReply(completion);
    },
    ...(embed ? { embed: (request, context) => embedTexts(request, { embedder: embed, clock, context }) } : {}),
    close: async () => embed?.close(),
  };
}

async function answer(
  request: ModelRequest,
  pace: Pace,
  embedder: Pick<Embedder, "embed"> | undefined,
): Promise<string> {
  const material = readMaterial(request.messages);
  const read = await readText(material, pace);
  const passages = material.question === undefined ? [] : await rankPassages(material.question, read, embedder);
  const reading = { ...read, passages };
  if (!request.output) return cutAtStop(answerChat(reading), request.settings.stop);
  const root = request.output.schema;
  const state = {
    root,
    instructions: material.instructions,
    embedder,
    pace,
    used: new Set<number>(),
    evidence: new Map<string, string>(),
    openReferences: new Map<string, number>(),
    valuesLeft: mostValues,
  };
  return JSON.stringify(await fillSchema(root, { reading }, state));
}

async function* stream(
  pieces: readonly string[],
  completion: Completion,
  clock: Clock,
  context: ProviderContext,
): AsyncGenerator<Part> {
  for (const [at, text] of pieces.entries()) {
    if (at % piecesPerTurn === piecesPerTurn - 1) await setImmediate();
    throwIfOver(clock, context);
    yield { type: "text", text };
  }
  yield { type: "usage", usage: completion.usage as Usage };
  yield { type: "finish", reason: completion.finishReason };
}

function cutAtStop(text: string, stop: readonly string[] = []): string {
  const ends = stop.map((mark) => (mark === "" ? -1 : text.indexOf(mark))).filter((at) => at !== -1);
  return text.slice(0, Math.min(text.length, ...ends));
}

const charactersPerCount = 50_000;

async function countPieces(messages: readonly Message[], pace: Pace): Promise<number> {
  let count = 0;
  for (const { content } of messages) {
    const text =
      typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
    for (let at = 0; at < text.length; at += charactersPerCount) {
      count += splitPieces(text.slice(at, at + charactersPerCount)).length;
      await pace(charactersPerCount);
    }
  }
  return count;
}
