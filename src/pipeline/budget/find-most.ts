import type { Call, Target } from "../../call.ts";
import type { ModelEntry } from "../../endpoint/snapshot.ts";
import type { ContentPart, Message } from "../../message.ts";
import type { Usage } from "../../reply.ts";
import type { PriceOf } from "../sum-cost.ts";
import type { Amounts } from "./amounts.ts";

/** An answer that nobody limits is taken to be no longer. */
const usualMostOutputTokens = 16_384;
/** What a vendor adds to a conversation: roles and separators, and how its tools are to be called. */
const tokensPerMessage = 16;
const tokensForTools = 1000;
const tokensPerImage = 6000;
/** A page of a document is read as text and as an image. */
const bytesPerFileToken = 8;
const tokensPerRemoteFile = 100_000;

/**
 * The most that a model call can cost: a token is at least one byte, and the answer has as many as it may. At the highest
 * price among the places where the model may run, and with all of the input written to a cache where that costs more.
 */
export async function findMost(
  call: Call,
  places: readonly Pick<Target, "provider" | "model">[],
  priceOf: PriceOf,
): Promise<Amounts> {
  const inputTokens = countMostInput(call);
  const outputTokens = call.task ? 0 : (call.settings.maxOutputTokens ?? usualMostOutputTokens) * countChoices(call);
  const usages: readonly Usage[] = [
    { inputTokens, outputTokens },
    { inputTokens, outputTokens, cacheWriteTokens: inputTokens, cacheWrite1hTokens: inputTokens },
  ];
  const most: Amounts = { microUsd: 0, tokens: inputTokens + outputTokens };
  let microUsd = 0;
  for (const { provider, model } of places) {
    for (const usage of usages) {
      const price = priceOf({ provider, model, reason: "first", durationMs: 0, usage }, call);
      const cost = price instanceof Promise ? await price : price;
      if (cost === null) return { ...most, microUsd: null };
      microUsd = Math.max(microUsd, cost);
    }
  }
  return { ...most, microUsd };
}

/** Where a route's first choice may run. */
export function listPlaces([first]: readonly ModelEntry[]): readonly Pick<Target, "provider" | "model">[] {
  return first?.deployments ?? [];
}

function countMostInput({ messages, tools = [], output, task }: Call): number {
  let tokens = messages.length * tokensPerMessage;
  for (const message of messages) tokens += countMessage(message);
  if (tools.length > 0) tokens += tokensForTools + Buffer.byteLength(JSON.stringify(tools));
  if (output) tokens += Buffer.byteLength(JSON.stringify(output.schema));
  if (task && "inputs" in task) for (const input of task.inputs) tokens += tokensPerMessage + Buffer.byteLength(input);
  return tokens;
}

function countMessage({ content, toolCalls = [], reasoning = [] }: Message): number {
  let tokens = typeof content === "string" ? Buffer.byteLength(content) : 0;
  if (typeof content !== "string") for (const part of content) tokens += countPart(part);
  for (const { name, arguments: text } of toolCalls) tokens += Buffer.byteLength(name) + Buffer.byteLength(text);
  for (const { text, encrypted = "" } of reasoning) tokens += Buffer.byteLength(text) + encrypted.length;
  return tokens;
}

function countPart(part: ContentPart): number {
  if (part.type === "text") return Buffer.byteLength(part.text);
  if (part.type === "image") return tokensPerImage;
  return part.url.startsWith("data:") ? Math.ceil(part.url.length / bytesPerFileToken) : tokensPerRemoteFile;
}

/** OpenAI's `n` writes several answers, each of the full length. */
function countChoices({ foreign }: Call): number {
  const choices = foreign?.body["n"];
  return typeof choices === "number" && Number.isInteger(choices) && choices > 1 ? choices : 1;
}
