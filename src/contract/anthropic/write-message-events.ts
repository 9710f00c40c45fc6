import { HeadgateError } from "../../errors.ts";
import type { ReasoningBlock } from "../../message.ts";
import type { Part, Source, Usage } from "../../reply.ts";
import type { DialectHead, PartWriter } from "../dialect.ts";
import { BlockQueue, encodeDelta, type Block } from "./block-queue.ts";
import { TextBlock, ThinkingBlock, WholeBlock } from "./text-blocks.ts";
import { isRedacted, toCitation, toReasoningBlock } from "./to-blocks.ts";
import { toDeltaUsage, toMessageUsage, toStopReason } from "./to-usage.ts";
import { ToolBlock } from "./tool-block.ts";
import { toMessageHead, toStop, type StopRequest } from "./write-message.ts";

/** Turns the typed parts of one answer into the events of Anthropic's Messages API. */
export class MessageEventWriter implements PartWriter {
  readonly #head: DialectHead;
  readonly #request: StopRequest;
  readonly #queue = new BlockQueue();
  readonly #toolBlocks = new Map<number, ToolBlock>();
  #blockCount = 0;
  #last: Block | undefined;
  #hasBegun = false;
  /** Of reasoning that went out and whose end has not come. */
  #looseChars = 0;
  #usage: Usage | undefined;

  constructor(head: DialectHead, request: StopRequest = { settings: {} }) {
    this.#head = head;
    this.#request = request;
  }

  write(part: Part): string {
    const events = this.#writePart(part);
    if (events === "" || this.#hasBegun) return events;
    this.#hasBegun = true;
    return this.#writeStart() + events;
  }

  end(): string {
    return encode("message_stop", {});
  }

  #writePart(part: Part): string {
    switch (part.type) {
      case "text":
        return part.text === "" ? "" : this.#writeText(part.text);
      case "reasoning":
        return part.text === "" ? "" : this.#writeReasoning(part.text);
      case "reasoning-block":
        return this.#endReasoning(part.block);
      case "source":
        return this.#writeSource(part.source);
      case "tool-call":
        return this.#writeToolCall(part);
      case "usage":
        this.#usage = part.usage;
        return "";
      case "finish":
        return this.#queue.drain() + this.#writeFinish(part);
      default:
        return "";
    }
  }

  #writeText(text: string): string {
    const block = this.#last instanceof TextBlock ? this.#last : this.#add(new TextBlock(this.#blockCount));
    return this.#queue.write(block, encodeDelta(block.index, "text_delta", "text", text));
  }

  #writeSource(source: Source): string {
    const block = this.#last instanceof TextBlock ? this.#last : this.#add(new TextBlock(this.#blockCount));
    return this.#queue.write(block, encodeDelta(block.index, "citations_delta", "citation", toCitation(source)));
  }

  #writeReasoning(text: string): string {
    const open = this.#openThinking();
    const block = open ?? this.#add(new ThinkingBlock(this.#blockCount));
    this.#looseChars += text.length;
    return this.#queue.write(block, encodeDelta(block.index, "thinking_delta", "thinking", text));
  }

  #endReasoning(block: ReasoningBlock): string {
    if (isRedacted(block)) {
      const redacted = this.#add(new WholeBlock(this.#blockCount, toReasoningBlock(block)));
      return this.#queue.write(redacted, "");
    }
    // Its text was streamed before, unless the vendor sends reasoning in one piece.
    const said = this.#looseChars > 0 || block.text === "" ? "" : this.#writeReasoning(block.text);
    this.#looseChars = Math.max(0, this.#looseChars - block.text.length);
    const thinking = this.#openThinking() ?? this.#add(new ThinkingBlock(this.#blockCount));
    return said + this.#queue.write(thinking, thinking.seal(block));
  }

  #openThinking(): ThinkingBlock | undefined {
    return this.#last instanceof ThinkingBlock && !this.#last.isSealed ? this.#last : undefined;
  }

  #writeToolCall(part: Extract<Part, { type: "tool-call" }>): string {
    const known = this.#toolBlocks.get(part.index);
    if (known && this.#queue.isClosed(known)) {
      if (part.arguments.trim() === "") return "";
      throw new HeadgateError("provider_protocol", {
        detail: "A tool call went on after its arguments were complete.",
      });
    }
    const block = known ?? this.#add(new ToolBlock(this.#blockCount, this.#head.requestId, part.index));
    this.#toolBlocks.set(part.index, block);
    return this.#queue.write(block, block.read(part));
  }

  #add<Added extends Block>(block: Added): Added {
    this.#blockCount++;
    this.#last = block;
    this.#queue.add(block);
    return block;
  }

  // What the answer costs is known at its end; `message_delta` then tells all counts.
  #writeStart(): string {
    const usage = { ...toMessageUsage(undefined), cache_creation: null };
    const message = { ...toMessageHead(this.#head), content: [], ...toStop(null, this.#request), usage };
    return encode("message_start", { message });
  }

  #writeFinish({ reason, rawReason }: Extract<Part, { type: "finish" }>): string {
    const delta = toStop(toStopReason(reason, rawReason), this.#request);
    return encode("message_delta", { delta, usage: toDeltaUsage(this.#usage) });
  }
}

function encode(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
