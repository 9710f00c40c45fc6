import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import type { ContentPart, Message, ToolCall } from "../../message.ts";
import { isSealed } from "../wire/is-sealed.ts";
import type { ModelFamily } from "./model-family.ts";
import { toMediaPart } from "./to-media-part.ts";

type Part = Record<string, unknown>;
type MediaPart = Exclude<ContentPart, { type: "text" }>;

interface Content {
  readonly role: "user" | "model";
  readonly parts: readonly Part[];
}

export interface Conversation {
  readonly contents: readonly Content[];
  readonly systemInstruction?: { readonly parts: readonly Part[] };
}

export interface ContentsOptions {
  readonly family: ModelFamily;
  readonly isVertex: boolean;
  readonly warn: (warning: string) => void;
}

/**
 * The turns of a conversation. All system messages become one instruction, and results that answer the calls of one
 * turn become one turn, since Google counts them.
 * @throws HeadgateError `not_translatable`
 */
export function toContents(messages: readonly Message[], options: ContentsOptions): Conversation {
  const contents: Content[] = [];
  const known: KnownCalls = new Map();
  let results: Message[] = [];

  function add(role: Content["role"], parts: readonly Part[]): void {
    if (parts.length > 0) contents.push({ role, parts });
  }

  function addResults(): void {
    const { parts, media } = toResultParts(results, known, options);
    add("user", parts);
    add("user", media);
    results = [];
  }

  for (const message of messages) {
    if (message.role === "tool") results.push(message);
    else {
      addResults();
      if (message.role === "system" && contents.length > 0) {
        options.warn("A system message amid the conversation was moved to its beginning.");
      }
      if (message.role === "user") add("user", toParts(message.content, options));
      else if (message.role === "assistant") add("model", toModelParts(message, known, options));
    }
  }
  addResults();
  return placeSystem(contents, messages.filter(({ role }) => role === "system").flatMap(toSystemParts), options);
}

function toSystemParts({ content }: Message): Part[] {
  const parts = typeof content === "string" ? [{ type: "text", text: content } as const] : content;
  return parts.flatMap((part) => {
    if (part.type === "text") return part.text === "" ? [] : [{ text: part.text }];
    throw new HeadgateError("not_translatable", { detail: `Gemini takes no ${part.type} parts in system messages.` });
  });
}

function placeSystem(contents: Content[], parts: Part[], { family, warn }: ContentsOptions): Conversation {
  if (parts.length === 0) return { contents };
  const [first, ...rest] = contents;
  if (!first) {
    warn("Gemini asks for a message of the user: the system message was sent as one.");
    return { contents: [{ role: "user", parts }] };
  }
  if (family.hasSystem) return { contents, systemInstruction: { parts } };
  if (first.role === "user") return { contents: [{ role: "user", parts: [...parts, ...first.parts] }, ...rest] };
  return { contents: [{ role: "user", parts }, ...contents] };
}

function toParts(content: Message["content"], { isVertex, warn }: ContentsOptions): Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ text: content }];
  return content.flatMap((part) => {
    if (part.type === "text") return part.text === "" ? [] : [{ text: part.text }];
    if (part.type === "image" && part.detail !== undefined && part.detail !== "auto") {
      warn("The detail of an image is not offered by Gemini and was dropped.");
    }
    return [toMediaPart(part, isVertex)];
  });
}

/** The calls of the conversation so far, by id, and their place in their turn. */
type KnownCalls = Map<string, { readonly name: string; readonly place: number }>;

function toModelParts(message: Message, known: KnownCalls, options: ContentsOptions): Part[] {
  const { toolCalls = [] } = message;
  for (const [place, { id, name }] of toolCalls.entries()) known.set(id, { name, place });
  const said = toParts(message.content, options);
  const { thoughts, signature } = toThoughts(message, options);
  if (signature !== undefined) {
    // It came with the turn's last text, which may have been empty.
    const last = said.findLastIndex((part) => "text" in part);
    said.splice(last === -1 ? said.length : last, 1, { ...(said[last] ?? { text: "" }), thoughtSignature: signature });
  }
  const calls = toolCalls.map((call, place) => toCallPart(call, place, options.family));
  return [...thoughts, ...said, ...calls];
}

function toThoughts(
  { reasoning = [] }: Message,
  { family, warn }: ContentsOptions,
): { readonly thoughts: Part[]; readonly signature: string | undefined } {
  if (reasoning.some((block) => block.vendor !== "google" && isSealed(block))) {
    warn("The reasoning of another vendor's model was dropped.");
  }
  const own = family.thinking.type === "none" ? [] : reasoning.filter(({ vendor }) => vendor === "google");
  return {
    thoughts: own.filter(({ text }) => text !== "").map(({ text }) => ({ text, thought: true })),
    signature: own.findLast((block) => block.signature !== undefined)?.signature,
  };
}

/**
 * What Google documents for calls that another model made, or whose signature is lost: the bytes of
 * `skip_thought_signature_validator`.
 */
const noSignature = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

function toCallPart({ id, name, arguments: text, signature }: ToolCall, place: number, family: ModelFamily): Part {
  // Of parallel calls only the first is signed.
  const thoughtSignature = signature ?? (family.isStrictWithCalls && place === 0 ? noSignature : undefined);
  return {
    functionCall: { ...(hasId(id, family) ? { id } : {}), name, args: toArguments(text) },
    ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
  };
}

function hasId(id: string, { isStrictWithCalls }: ModelFamily): boolean {
  return isStrictWithCalls && id !== "";
}

function toArguments(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  const value = tryParse(text);
  return isRecord(value) ? value : { arguments: value ?? text };
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function toResultParts(
  results: readonly Message[],
  known: KnownCalls,
  options: ContentsOptions,
): { readonly parts: Part[]; readonly media: Part[] } {
  const { family } = options;
  const found = results.map((result) => ({ result, call: findCall(result, known) }));
  // Without ids only the order tells which of two calls of one tool a result answers.
  if (!family.isStrictWithCalls) found.sort((a, b) => a.call.place - b.call.place);
  const media: Part[] = [];
  const parts = found.map(({ result, call }) => {
    const id = result.toolCallId ?? "";
    const own = listMedia(result).map((part) => toMediaPart(part, options.isVertex));
    // Older models want nothing beside the results, so the media follow in a turn of their own.
    if (!family.isStrictWithCalls) media.push(...own);
    return {
      functionResponse: {
        ...(hasId(id, family) ? { id } : {}),
        name: call.name,
        response: toResponse(result),
        ...(family.isStrictWithCalls && own.length > 0 ? { parts: own } : {}),
      },
    };
  });
  return { parts, media };
}

function findCall({ toolCallId = "" }: Message, known: KnownCalls): { readonly name: string; readonly place: number } {
  const call = known.get(toolCallId);
  if (call) return call;
  throw new HeadgateError("not_translatable", {
    detail: "Gemini wants the name of the tool that a result is of, and no call before it has its id.",
  });
}

function listMedia({ content }: Message): MediaPart[] {
  return typeof content === "string" ? [] : content.filter((part) => part.type !== "text");
}

function toResponse({ content, isError }: Message): Record<string, unknown> {
  const text =
    typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join("");
  if (isError === true) return { error: text };
  const value = text.trimStart().startsWith("{") ? tryParse(text) : undefined;
  // Google takes `$ref` in a result for a reference of its own, and refuses it.
  return isRecord(value) && !text.includes('"$ref"') ? value : { result: text };
}
