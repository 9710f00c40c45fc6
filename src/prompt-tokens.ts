import type { Call } from "./call.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import type { ContentPart, Message } from "./message.ts";
import { countTokens, type Encoding } from "./tokens.ts";

/** What of a call the model reads. */
export type Prompt = Pick<Call, "messages"> & Partial<Pick<Call, "tools" | "output" | "task">>;

interface Estimate extends Prompt {
  readonly tokens: number;
}

// Several stages ask about the same call.
const estimates = new WeakMap<Prompt["messages"], Estimate>();
const jsonTexts = new WeakMap<object, string>();

/** About how many o200k tokens a prompt has, with its tools, its output schema and its media. Takes microseconds. */
export function estimatePrompt(prompt: Prompt): number {
  const { messages, tools, output, task } = prompt;
  const known = estimates.get(messages);
  if (known && known.tools === tools && known.output === output && known.task === task) return known.tokens;
  const tokens = listTexts(prompt).reduce((sum, text) => sum + estimateTokens(text), weighFrame(prompt));
  estimates.set(messages, { messages, tools, output, task, tokens });
  return tokens;
}

/** The same with its texts counted, which takes a millisecond for 6,000 characters. */
export async function countPrompt(prompt: Prompt, encoding: Encoding): Promise<number> {
  return weighFrame(prompt) + (await countTokens(listTexts(prompt).join("\n"), encoding));
}

/** True if the model gets more than words to read. */
export function hasMedia({ messages }: Pick<Prompt, "messages">): boolean {
  return messages.some(({ content }) => typeof content !== "string" && content.some(({ type }) => type !== "text"));
}

function listTexts({ messages, tools = [], output, task }: Prompt): string[] {
  const texts = messages.flatMap(listMessageTexts);
  if (task && "inputs" in task) texts.push(...task.inputs);
  for (const tool of tools) texts.push(toJsonText(tool));
  if (output) texts.push(toJsonText(output.schema));
  return texts;
}

function listMessageTexts({ content, toolCalls }: Message): string[] {
  const texts = typeof content === "string" ? [content] : content.flatMap((part) => ("text" in part ? part.text : []));
  for (const { name, arguments: given } of toolCalls ?? []) texts.push(name, given);
  return texts;
}

/** An endpoint's schema is the same object in each of its calls. */
function toJsonText(value: object): string {
  const known = jsonTexts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  jsonTexts.set(value, text);
  return text;
}

/** What vendors put around each message. */
const tokensOfMessage = 4;

/** Vendors go by the size, which is not known here: these are usual ones. */
const tokensOfMedia = { image: 800, file: 1600, audio: 400 } as const;
const tokensOfSmallImage = 85;

/** Of all that is no text. */
function weighFrame({ messages }: Prompt): number {
  let tokens = messages.length * tokensOfMessage;
  for (const { content } of messages) {
    if (typeof content === "string") continue;
    for (const part of content) tokens += weighMedia(part);
  }
  return tokens;
}

function weighMedia(part: ContentPart): number {
  if (part.type === "text") return 0;
  return part.type === "image" && part.detail === "low" ? tokensOfSmallImage : tokensOfMedia[part.type];
}
