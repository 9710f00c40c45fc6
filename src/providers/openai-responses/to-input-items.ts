import { createHash } from "node:crypto";
import { HeadgateError } from "../../errors.ts";
import type { ContentPart, Message, ReasoningBlock } from "../../message.ts";
import type { ProviderContext } from "../provider.ts";
import { isSealed } from "../wire/is-sealed.ts";
import type { VendorTraits } from "./vendor-traits.ts";

type Item = Readonly<Record<string, unknown>>;

/** What the items of a request depend on. */
export interface InputOptions {
  readonly traits: VendorTraits;
  readonly context: Pick<ProviderContext, "warn">;
}

/**
 * The conversation as items. System messages stay where they are: `instructions` would move all of them to the front.
 * @throws HeadgateError `not_translatable` for content that the API has no place for
 */
export function toInputItems(messages: readonly Message[], options: InputOptions): Item[] {
  return messages.flatMap((message) => toItems(message, options));
}

function toItems(message: Message, options: InputOptions): Item[] {
  const { role, content } = message;
  if (role === "assistant") return toAssistantItems(message, options);
  if (role === "tool") {
    const output = toOutput(message.isError === true ? toErrorContent(content) : content, options);
    return [{ type: "function_call_output", call_id: toCallId(message.toolCallId ?? ""), output }];
  }
  return [{ role, content: typeof content === "string" ? content : toInputContent(content, options) }];
}

function toAssistantItems({ reasoning = [], content, toolCalls = [] }: Message, options: InputOptions): Item[] {
  const texts = toTexts(content).map((text) => ({ type: "output_text", text }));
  const calls = toolCalls.map((call) => ({
    type: "function_call",
    call_id: toCallId(call.id),
    name: call.name,
    arguments: call.arguments || "{}",
  }));
  const message = texts.length === 0 ? [] : [{ role: "assistant", content: texts }];
  return [...reasoning.flatMap((block) => toReasoningItems(block, options)), ...message, ...calls];
}

function toTexts(content: Message["content"]): string[] {
  const parts = typeof content === "string" ? [{ type: "text", text: content } as const] : content;
  const texts = parts.map((part) => {
    if (part.type === "text") return part.text;
    throw new HeadgateError("not_translatable", {
      detail: `The Responses API takes no ${part.type} in a turn of the assistant.`,
    });
  });
  return texts.filter((text) => text !== "");
}

function toReasoningItems(block: ReasoningBlock, { traits, context }: InputOptions): Item[] {
  const { text, encrypted, id } = block;
  const named = id === undefined ? {} : { id };
  if (canRead(block, traits)) {
    if (encrypted !== undefined) {
      const summary = text === "" ? [] : [{ type: "summary_text", text }];
      return [{ type: "reasoning", ...named, summary, encrypted_content: encrypted }];
    }
    if (text !== "" && !traits.readsSealedOnly) {
      return [{ type: "reasoning", ...named, summary: [], content: [{ type: "reasoning_text", text }] }];
    }
  }
  // An id alone points to what a vendor kept, and nothing is kept.
  if (isSealed(block)) context.warn("reasoning that this provider did not seal was dropped.");
  return [];
}

// OpenAI's own begin so, whoever passed them on; clients of this API hand back those of all its vendors alike.
const openAiSeal = /^gAAAA/;

function canRead({ vendor, encrypted = "" }: ReasoningBlock, traits: VendorTraits): boolean {
  if (traits.reasoningVendor === "openai") return vendor === "openai";
  const isKnown = vendor === "openai" || vendor === "other";
  return isKnown && !(traits.refusesOpenAiSeals && openAiSeal.test(encrypted));
}

/** The API has no mark for a tool that failed, so the text says it. */
function toErrorContent(content: Message["content"]): Message["content"] {
  const parts = typeof content === "string" ? [{ type: "text", text: content } as const] : content;
  const noted: readonly ContentPart[] = [{ type: "text", text: "Error:" }, ...parts];
  return noted.every((part) => part.type === "text") ? noted.map(({ text }) => text).join("\n") : noted;
}

function toOutput(content: Message["content"], options: InputOptions): string | Item[] {
  if (typeof content === "string") return content;
  const [first, ...rest] = content;
  if (first === undefined) return "";
  return first.type === "text" && rest.length === 0 ? first.text : toInputContent(content, options);
}

function toInputContent(parts: readonly ContentPart[], options: InputOptions): Item[] {
  return parts.map((part) => toInputPart(part, options));
}

function toInputPart(part: ContentPart, { traits }: InputOptions): Item {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return { type: "input_image", image_url: part.url, detail: part.detail ?? "auto" };
    case "file":
      return toInputFile(part, traits);
    default:
      throw new HeadgateError("not_translatable", { detail: "The Responses API takes no audio." });
  }
}

function toInputFile(
  { url, mimeType, name }: Extract<ContentPart, { type: "file" }>,
  { takesFileBytes }: VendorTraits,
): Item {
  if (!url.startsWith("data:")) return { type: "input_file", file_url: url };
  if (!takesFileBytes) {
    throw new HeadgateError("not_translatable", {
      detail: "xAI takes files by their address only, not as data: URLs.",
    });
  }
  // A name is required with bytes.
  const isPdf = (mimeType ?? url.slice("data:".length)).startsWith("application/pdf");
  return { type: "input_file", filename: name ?? (isPdf ? "file.pdf" : "file"), file_data: url };
}

const mostIdChars = 64;

/** Ids of other vendors may be longer than is taken; call and result get the same shorter one. */
function toCallId(id: string): string {
  return id.length <= mostIdChars ? id : `call_${createHash("sha256").update(id).digest("hex").slice(0, 40)}`;
}
