import { countTokens, type Answer, type AnswerToolCall } from "./answer.ts";
import type { Failure } from "./dialects/dialect.ts";
import type { HostileRequest } from "./hostile-request.ts";
import { cutIntoWords, writeKnownWords } from "./known-text.ts";
import type { ModelScript } from "./model-script.ts";
import { sampleSchema } from "./sample-schema.ts";

/** How one model answers when no fault is done to it; what its name says after `?` wins. */
export interface HostileModel {
  /** The very text. @default known words */
  readonly text?: string;
  /** The length of known words. @default 40 */
  readonly tokens?: number;
  /** Milliseconds between tokens. @default 0 */
  readonly paceMs?: number;
  /** Milliseconds before the first token. @default 0 */
  readonly ttftMs?: number;
}

export interface AnswerOrder {
  readonly request: HostileRequest;
  readonly script: ModelScript;
  readonly model: HostileModel;
  readonly seed: string;
  readonly id: string;
}

const usualTokens = 40;

/** The whole text that a model says, before anything that was already said is taken off. */
export function writeFullText({ script, model, seed }: Pick<AnswerOrder, "script" | "model" | "seed">): string {
  if (model.text !== undefined) return model.text;
  const tokens = script.params.number("tokens", model.tokens ?? usualTokens);
  return writeKnownWords(`${seed}|${script.params.text("text", script.base)}`, tokens).join("");
}

/** What a healthy model says to a request: the same for the same seed, model and request. */
export function planAnswer(order: AnswerOrder): Answer {
  const { request, script, id } = order;
  const toolCalls = planToolCalls(order);
  const whole = toolCalls.length > 0 ? [] : planPieces(order);
  const pieces = whole.slice(0, readMostTokens(request));
  const isCut = pieces.length < whole.length;
  return {
    id,
    model: request.model === "" ? script.base : request.model,
    pieces,
    toolCalls,
    finish: isCut ? "length" : toolCalls.length > 0 ? "tool" : "stop",
    usage: { inputTokens: request.inputTokens, outputTokens: countTokens({ pieces, toolCalls }) },
  };
}

/** Why this model refuses a conversation that ends with the assistant's own words, as Anthropic says it. */
export function refusePrefill({ request, script }: Pick<AnswerOrder, "request" | "script">): Failure | undefined {
  const last = request.turns.at(-1);
  if (request.dialect !== "anthropic" || last?.role !== "assistant") return undefined;
  if (script.params.flag("noprefill")) {
    const message =
      "This model does not support assistant message prefill. The conversation must end with a user message.";
    return { kind: "invalid-request", message };
  }
  if (last.text.trimEnd() === last.text) return undefined;
  return { kind: "invalid-request", message: "messages: final assistant content cannot end with trailing whitespace" };
}

function planToolCalls({ request, script, id }: AnswerOrder): AnswerToolCall[] {
  const isAfterTool = request.turns.at(-1)?.role === "tool";
  if (!script.params.has("tool") || isAfterTool) return [];
  const name = script.params.text("tool", "") || (request.toolNames[0] ?? "look_up");
  return [{ id: `call_${id}`, name, pieces: ['{"city"', ':"Pa', 'ris"}'] }];
}

function planPieces(order: AnswerOrder): string[] {
  const { request, script, seed } = order;
  if (request.schema) {
    const words = writeKnownWords(`${seed}|${script.params.text("text", script.base)}`, 200);
    let next = 0;
    const value = sampleSchema(request.schema, () => words[next++ % words.length]!.trim());
    return JSON.stringify(value).match(/[\s\S]{1,6}/gu) ?? [];
  }
  return cutIntoWords(continueText(order, writeFullText(order)));
}

function readMostTokens({ json }: HostileRequest): number {
  const most = json["max_tokens"] ?? json["max_completion_tokens"] ?? json["max_output_tokens"];
  return typeof most === "number" && most > 0 ? most : Number.POSITIVE_INFINITY;
}

/** The text that is left to say where a request asks to go on from what was said. */
function continueText(order: AnswerOrder, full: string): string {
  const { request, script, seed } = order;
  const last = request.turns.at(-1);
  const takesPrefix = request.dialect === "anthropic" || last?.isPrefix === true || script.params.flag("prefill");
  if (last?.role === "assistant") return takesPrefix ? restOf(full, last.text) : full;
  const sent = findSent(request, full, script.params.has("continues"));
  if (sent === undefined) return full;
  const rest = restOf(full, sent);
  const anchor = findAnchor(last?.text ?? "", sent);
  switch (script.params.text("continues", anchor === undefined ? "exact" : "anchor")) {
    case "anchor":
      return (anchor ?? "") + (anchor === undefined ? rest.trimStart() : rest);
    case "overlap":
      return lastWords(sent, script.params.number("overlap", 3)) + rest;
    case "trimmed":
      return rest.trimStart();
    case "preamble":
      return `Sure, here is the rest: ${rest.trimStart()}`;
    case "fresh":
      return full;
    case "other":
      return writeKnownWords(`${seed}|other|${script.base}`, cutIntoWords(full).length).join("");
    default:
      return rest;
  }
}

/** What an instruction to go on says was already said, undefined if the request is no such instruction. */
function findSent(request: HostileRequest, full: string, isScripted: boolean): string | undefined {
  const last = request.turns.at(-1);
  if (!last) return undefined;
  if (!isScripted && !/continu|interrupt|cut off|broke|resume|go on/i.test(last.text)) return undefined;
  const before = request.turns.at(-2);
  if (before?.role === "assistant" && before.text !== "") return before.text;
  return findKnownPrefix(full, last.text);
}

function findKnownPrefix(full: string, text: string): string | undefined {
  const words = cutIntoWords(full);
  let found: string | undefined;
  let prefix = "";
  for (const [index, word] of words.entries()) {
    prefix += word;
    if (!text.includes(prefix)) break;
    if (index > 0) found = prefix;
  }
  if (found === undefined) return undefined;
  // A cut may stand within a word.
  const rest = full.slice(found.length);
  let length = 0;
  while (length < rest.length && text.includes(found + rest.slice(0, length + 1))) length++;
  return found + rest.slice(0, length).trimEnd();
}

const longestAnchorWords = 40;

/** The end of what was said, where the instruction has it apart from the whole, or asks to have it repeated. */
function findAnchor(instruction: string, sent: string): string | undefined {
  if (instruction.includes(sent) && !/\brepeat/i.test(instruction)) return undefined;
  const most = Math.min(longestAnchorWords, cutIntoWords(sent).length);
  for (let count = most; count > 0; count--) {
    const end = lastWords(sent, count);
    if (instruction.includes(end)) return end;
  }
  return undefined;
}

function lastWords(text: string, count: number): string {
  return cutIntoWords(text).slice(-count).join("").trimStart();
}

function restOf(full: string, sent: string): string {
  if (full.startsWith(sent)) return full.slice(sent.length);
  if (full.startsWith(sent.trimEnd())) return full.slice(sent.trimEnd().length).trimStart();
  return cutIntoWords(full).slice(cutIntoWords(sent).length).join("");
}
