import type { CacheTtl, ContentPart, Message, ReasoningBlock, ToolCall } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { toReasoningOptions, toThoughtOptions } from "./reasoning-metadata.ts";
import { toFilePart, toResultFile, type FileTarget } from "./to-file-part.ts";

type Fields = Record<string, unknown>;

/** The messages as a prompt of the AI SDK. @throws HeadgateError `not_translatable` */
export function toPrompt(messages: readonly Message[], target: FileTarget): Fields[] {
  const names = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name] as const)));
  const prompt: { readonly role: string; readonly content: unknown }[] = [];
  for (const message of messages) {
    const last = prompt.at(-1);
    if (message.role !== "tool") prompt.push(toTurn(message, target));
    // Results of one turn's calls belong together.
    else if (last?.role === "tool") (last.content as Fields[]).push(toToolResult(message, names, target));
    else prompt.push({ role: "tool", content: [toToolResult(message, names, target)] });
  }
  return prompt;
}

function toTurn(message: Message, target: FileTarget): { readonly role: string; readonly content: unknown } {
  const { role, content, reasoning = [], toolCalls = [] } = message;
  if (role === "system") return toSystem(message);
  const said = typeof content === "string" ? toText(content) : content.map((part) => toPart(part, target));
  if (role === "user") return { role, content: said };
  return { role, content: [...reasoning.map(toReasoning), ...said, ...toolCalls.map(toToolCall)] };
}

function toSystem({ role, content }: Message): { readonly role: string; readonly content: string } {
  if (typeof content === "string") return { role, content };
  const texts = content.map((part) => {
    if (part.type === "text") return part.text;
    throw new HeadgateError("not_translatable", { detail: "The AI SDK takes only text in system messages." });
  });
  const cacheTtl = content.findLast((part) => part.type === "text" && part.cacheTtl !== undefined);
  return { role, content: texts.join("\n\n"), ...(cacheTtl?.type === "text" ? toCache(cacheTtl.cacheTtl) : {}) };
}

function toText(text: string): Fields[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function toPart(part: ContentPart, target: FileTarget): Fields {
  if (part.type === "text") return { type: "text", text: part.text, ...toCache(part.cacheTtl) };
  return { ...toFilePart(part, target), ...(part.type === "audio" ? {} : toCache(part.cacheTtl)) };
}

/** Only Anthropic's models are told; other providers pass over it. */
function toCache(ttl: CacheTtl | undefined): Fields {
  return ttl === undefined ? {} : { providerOptions: { anthropic: { cacheControl: { type: "ephemeral", ttl } } } };
}

function toReasoning(block: ReasoningBlock): Fields {
  const providerOptions = toReasoningOptions(block);
  return { type: "reasoning", text: block.text, ...(providerOptions ? { providerOptions } : {}) };
}

function toToolCall({ id, name, arguments: text, signature }: ToolCall): Fields {
  const providerOptions = toThoughtOptions(signature);
  return {
    type: "tool-call",
    toolCallId: id,
    toolName: name,
    input: readArguments(text),
    ...(providerOptions ? { providerOptions } : {}),
  };
}

/** Arguments that are not JSON are handed back as the text that the model wrote. */
function readArguments(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function toToolResult(message: Message, names: ReadonlyMap<string, string>, target: FileTarget): Fields {
  const toolCallId = message.toolCallId ?? "";
  return {
    type: "tool-result",
    toolCallId,
    toolName: names.get(toolCallId) ?? "unknown",
    output: toOutput(message, target),
  };
}

function toOutput({ content, isError = false }: Message, target: FileTarget): Fields {
  if (typeof content === "string") return { type: isError ? "error-text" : "text", value: content };
  if (isError || content.every((part) => part.type === "text")) {
    const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
    if (texts.length === content.length) return { type: isError ? "error-text" : "text", value: texts.join("\n") };
  }
  const value = content.map((part) =>
    part.type === "text" ? { type: "text", text: part.text } : toResultFile(part, target),
  );
  // Only a text can be marked as an error.
  return { type: "content", value: isError ? [{ type: "text", text: "Error:" }, ...value] : value };
}
