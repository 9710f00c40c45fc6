import type { Part, Source } from "../../reply.ts";
import { isRecord } from "../../json.ts";

type Fields = Readonly<Record<string, unknown>>;

type Block = TextBlock | ThinkingBlock | ToolBlock;

interface TextBlock {
  readonly type: "text";
  readonly startIndex: number;
  readonly sources: Source[];
}

interface ThinkingBlock {
  readonly type: "thinking";
  text: string;
  signature: string;
}

interface ToolBlock {
  readonly type: "tool";
  readonly index: number;
  /** Whole already at the start of the block, unless it comes in deltas. */
  readonly input: unknown;
  hasArguments: boolean;
}

/** Reads the blocks of one answer's content, each from its start over its deltas to its end. */
export class ContentReader {
  readonly #blocks = new Map<unknown, Block>();
  #textLength = 0;
  #toolCallCount = 0;

  /** Of the tools that the client is to run. */
  get toolCallCount(): number {
    return this.#toolCallCount;
  }

  open(index: unknown, block: Fields): Part[] {
    // Anything else is a tool of the vendor's own, its result, or unknown, and says nothing in words.
    switch (block["type"]) {
      case "text": {
        const sources = readSources(block["citations"]);
        this.#blocks.set(index, { type: "text", startIndex: this.#textLength, sources });
        return this.#writeText(block["text"]);
      }
      case "thinking": {
        const text = asText(block["thinking"]);
        this.#blocks.set(index, { type: "thinking", text, signature: asText(block["signature"]) });
        return writeReasoning(text);
      }
      case "redacted_thinking": {
        const encrypted = asText(block["data"]);
        return [{ type: "reasoning-block", block: { vendor: "anthropic", text: "", encrypted } }];
      }
      case "tool_use":
        return this.#openTool(index, block);
      default:
        this.#blocks.delete(index);
        return [];
    }
  }

  extend(index: unknown, delta: Fields): Part[] {
    const block = this.#blocks.get(index);
    switch (delta["type"]) {
      case "text_delta":
        return this.#writeText(delta["text"]);
      case "citations_delta":
        if (block?.type === "text") block.sources.push(...readSources([delta["citation"]]));
        return [];
      case "input_json_delta":
        return block?.type === "tool" ? extendTool(block, delta["partial_json"]) : [];
      case "thinking_delta":
      case "signature_delta":
        return block?.type === "thinking" ? extendThinking(block, delta) : writeReasoning(asText(delta["thinking"]));
      default:
        return [];
    }
  }

  close(index: unknown): Part[] {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block?.type === "thinking") return endThinking(block);
    if (block?.type === "tool" && !block.hasArguments) {
      return [{ type: "tool-call", index: block.index, arguments: JSON.stringify(block.input ?? {}) }];
    }
    // Citations come before the text that they support.
    if (block?.type !== "text") return [];
    const range = { startIndex: block.startIndex, endIndex: this.#textLength };
    return block.sources.map((source) => ({ type: "source", source: { ...source, ...range } }));
  }

  /** Ends what a stream forgot to end. */
  closeAll(): Part[] {
    return [...this.#blocks.keys()].flatMap((index) => this.close(index));
  }

  /** Reads blocks that are there as a whole. */
  readWhole(blocks: readonly unknown[]): Part[] {
    const parts: Part[] = [];
    for (const block of blocks.filter(isRecord)) parts.push(...this.open(block, block), ...this.close(block));
    return parts;
  }

  #writeText(text: unknown): Part[] {
    if (typeof text !== "string" || text === "") return [];
    this.#textLength += text.length;
    return [{ type: "text", text }];
  }

  #openTool(index: unknown, { id, name, input }: Fields): Part[] {
    const call = this.#toolCallCount++;
    this.#blocks.set(index, { type: "tool", index: call, input, hasArguments: false });
    return [{ type: "tool-call", index: call, id: asText(id), name: asText(name), arguments: "" }];
  }
}

function extendTool(block: ToolBlock, json: unknown): Part[] {
  if (typeof json !== "string" || json === "") return [];
  block.hasArguments = true;
  return [{ type: "tool-call", index: block.index, arguments: json }];
}

function extendThinking(block: ThinkingBlock, delta: Fields): Part[] {
  block.signature = asText(delta["signature"]) || block.signature;
  const text = asText(delta["thinking"]);
  block.text += text;
  return writeReasoning(text);
}

function endThinking({ text, signature }: ThinkingBlock): Part[] {
  if (text === "" && signature === "") return [];
  const sealed = signature === "" ? {} : { signature };
  return [{ type: "reasoning-block", block: { vendor: "anthropic", text, ...sealed } }];
}

function writeReasoning(text: string): Part[] {
  return text === "" ? [] : [{ type: "reasoning", text }];
}

/** Web search results, and search results of the client whose source is an address. Documents have none. */
function readSources(citations: unknown): Source[] {
  if (!Array.isArray(citations)) return [];
  return citations.filter(isRecord).flatMap((citation): Source[] => {
    const url = asText(citation["url"]) || asText(citation["source"]);
    if (!/^https?:/i.test(url)) return [];
    const title = asText(citation["title"]);
    return [title === "" ? { url } : { url, title }];
  });
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
