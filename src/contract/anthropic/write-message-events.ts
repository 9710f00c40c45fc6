import { HeadgateError } from "../../errors.ts";
import type { ReasoningBlock } from "../../message.ts";
import type { Part, Source, Usage } from "../../reply.ts";
import type { DialectHead, PartWriter, RescueNote } from "../dialect.ts";
import { BlockQueue, encodeDelta, type Block } from "./block-queue.ts";
import { readRelayedBlocks } from "./relayed-block.ts";
import { TextBlock, ThinkingBlock, WholeBlock } from "./text-blocks.ts";
import { isRedacted, toCitation, toReasoningBlock } from "./to-blocks.ts";
import { toDeltaUsage, toMessageUsage, toStopReason } from "./to-usage.ts";
import { ToolBlock } from "./tool-block.ts";
import { toMessageHead, toStop, type StopRequest } from "./write-message.ts";

// Encoded once: every chunk of a relayed stream is searched.
const blockEvent = Buffer.from("content_block_");

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
  /** The last bytes that tell of a block, of an answer that is relayed. */
  #relayed: Uint8Array | undefined;
  #rescue: RescueNote | undefined;

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

  watch(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.includes(blockEvent)) this.#relayed = bytes;
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
      case "resumed":
        this.#resume(part.target.model);
        return "";
      case "finish":
        return this.#queue.drain() + this.#writeFinish(part);
      default:
        return "";
    }
  }

  #resume(model: string): void {
    if (this.#relayed) {
      const { count, open } = readRelayedBlocks(this.#relayed);
      this.#relayed = undefined;
      this.#hasBegun = true;
      this.#blockCount = count;
      this.#last = open;
      if (open) this.#queue.addOpen(open);
    }
    // What another model thinks is a block of its own: a seal is for the words of one.
    if (this.#last instanceof ThinkingBlock) this.#last = undefined;
    this.#looseChars = 0;
    this.#rescue = { rescued: true, model };
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
    const usage = toDeltaUsage(this.#usage);
    // The model that `message_start` names is not the one that ends the answer.
    return encode("message_delta", { delta, usage, ...(this.#rescue ? { headgate: this.#rescue } : {}) });
  }
}

function encode(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
