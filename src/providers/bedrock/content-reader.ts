import type { ReasoningBlock } from "../../message.ts";
import type { FinishReason, Part, Source } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface ContentReaderOptions {
  /** Whose models' reasoning it is. */
  readonly vendor: ReasoningBlock["vendor"];
  /** The tool whose arguments are the answer. */
  readonly outputTool: string | undefined;
}

interface OpenBlock {
  /** `hidden`: a tool that Bedrock runs itself, or its result. */
  readonly type: "text" | "reasoning" | "tool" | "answer" | "hidden";
  /** Of a tool call. */
  readonly index: number;
  /** Where its text begins in the answer's. */
  readonly startIndex: number;
  readonly sources: Source[];
  /** Of a tool call. */
  hasArguments: boolean;
  text: string;
  signature: string;
  encrypted: string;
}

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
  malformed_model_output: "other",
  malformed_tool_use: "other",
};

/** Reads the content of one answer, block by block: whole blocks, or each from its start over its deltas to its stop. */
export class ContentReader {
  readonly #options: ContentReaderOptions;
  readonly #blocks = new Map<unknown, OpenBlock>();
  #textLength = 0;
  #toolCallCount = 0;
  #hasAnswer = false;

  constructor(options: ContentReaderOptions) {
    this.#options = options;
  }

  /** Reads a block of a whole answer. */
  readWhole(block: Fields): Part[] {
    return [...this.open(0, block), ...toDeltas(block).flatMap((delta) => this.extend(0, delta)), ...this.close(0)];
  }

  /** `start` of a `contentBlockStart`. Text and reasoning have none. */
  open(index: unknown, start: Fields): Part[] {
    const { toolUse } = start;
    if (!isRecord(toolUse)) {
      if (start["toolResult"] !== undefined) this.#begin(index, "hidden");
      return [];
    }
    const [id, name] = [asText(toolUse["toolUseId"]), asText(toolUse["name"])];
    if (toolUse["type"] === "server_tool_use") this.#begin(index, "hidden");
    else if (name !== this.#options.outputTool) {
      const block = this.#begin(index, "tool");
      return [{ type: "tool-call", index: block.index, id, name, arguments: "" }];
    } else {
      this.#hasAnswer = true;
      this.#begin(index, "answer");
    }
    return [];
  }

  /** `delta` of a `contentBlockDelta`. @throws HeadgateError `provider_protocol` for a tool call that never began */
  extend(index: unknown, delta: Fields): Part[] {
    const { text, toolUse, reasoningContent, citation } = delta;
    if (isRecord(toolUse)) return this.#writeArguments(index, toolUse["input"]);
    if (isRecord(reasoningContent)) return this.#writeReasoning(index, reasoningContent);
    if (text === undefined && citation === undefined) return [];
    const block = this.#blocks.get(index) ?? this.#begin(index, "text");
    if (isRecord(citation)) block.sources.push(...readSource(citation));
    return this.#writeText(text);
  }

  close(index: unknown): Part[] {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block?.type === "reasoning") return endReasoning(block, this.#options.vendor);
    // Of a call without arguments nothing is streamed, while a whole answer has an empty object.
    if ((block?.type === "tool" || block?.type === "answer") && !block.hasArguments) {
      return block.type === "answer" ? this.#writeText("{}") : [toArguments(block, "{}")];
    }
    if (block?.type !== "text") return [];
    const { sources, startIndex } = block;
    return sources.map((source) => ({ type: "source", source: { ...source, startIndex, endIndex: this.#textLength } }));
  }

  /** Ends what a stream forgot to end. */
  closeAll(): Part[] {
    return [...this.#blocks.keys()].flatMap((index) => this.close(index));
  }

  toFinishReason(stopReason = ""): FinishReason {
    const reason = reasons[stopReason];
    // Some models say that their turn ended when they want a tool to be run.
    if (this.#toolCallCount > 0 && (reason === "stop" || reason === undefined)) return "tool_calls";
    return reason ?? (this.#hasAnswer && stopReason === "tool_use" ? "stop" : "other");
  }

  #begin(index: unknown, type: OpenBlock["type"]): OpenBlock {
    const call = type === "tool" ? this.#toolCallCount++ : -1;
    const startIndex = this.#textLength;
    const sealed = { signature: "", encrypted: "" };
    const block = { type, index: call, startIndex, sources: [], hasArguments: false, text: "", ...sealed };
    this.#blocks.set(index, block);
    return block;
  }

  #writeText(text: unknown): Part[] {
    if (typeof text !== "string" || text === "") return [];
    this.#textLength += text.length;
    return [{ type: "text", text }];
  }

  #writeArguments(index: unknown, input: unknown): Part[] {
    const block = this.#blocks.get(index);
    if (typeof input !== "string" || input === "" || block?.type === "hidden") return [];
    if (block) block.hasArguments = true;
    if (block?.type === "answer") return this.#writeText(input);
    if (block?.type === "tool") return [toArguments(block, input)];
    throw new HeadgateError("provider_protocol", { detail: "The provider streamed a tool call that never began." });
  }

  #writeReasoning(index: unknown, delta: Fields): Part[] {
    const block = this.#blocks.get(index) ?? this.#begin(index, "reasoning");
    const text = asText(delta["text"]);
    block.text += text;
    block.signature += asText(delta["signature"]);
    block.encrypted += asText(delta["redactedContent"]);
    return text === "" ? [] : [{ type: "reasoning", text }];
  }
}

function toArguments({ index }: OpenBlock, text: string): Part {
  return { type: "tool-call", index, arguments: text };
}

/** A whole block, in the words of a stream. */
function toDeltas(block: Fields): Fields[] {
  const { text, toolUse, reasoningContent, citationsContent } = block;
  if (isRecord(toolUse)) return [{ toolUse: { input: JSON.stringify(toolUse["input"] ?? {}) } }];
  if (isRecord(reasoningContent)) {
    const { reasoningText, redactedContent } = reasoningContent;
    return [{ reasoningContent: isRecord(reasoningText) ? reasoningText : { redactedContent } }];
  }
  if (!isRecord(citationsContent)) return text === undefined ? [] : [{ text }];
  const { content, citations } = citationsContent;
  return [
    ...(Array.isArray(content) ? content.filter(isRecord).map((piece) => ({ text: piece["text"] })) : []),
    ...(Array.isArray(citations) ? citations.map((citation: unknown) => ({ citation })) : []),
  ];
}

function endReasoning(block: OpenBlock, vendor: ReasoningBlock["vendor"]): Part[] {
  const { text, signature, encrypted } = block;
  if (text === "" && signature === "" && encrypted === "") return [];
  return [
    {
      type: "reasoning-block",
      block: {
        vendor,
        text,
        ...(signature === "" ? {} : { signature }),
        ...(encrypted === "" ? {} : { encrypted }),
      },
    },
  ];
}

/** Only what has an address: documents and results of the client's own search have none. */
function readSource({ location, source, title }: Fields): Source[] {
  const web = isRecord(location) && isRecord(location["web"]) ? location["web"] : {};
  const url = asText(web["url"]) || asText(source);
  if (!/^https?:/i.test(url)) return [];
  return [typeof title === "string" && title !== "" ? { url, title } : { url }];
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
