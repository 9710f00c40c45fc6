import { HeadgateError } from "../../errors.ts";

/** One content block of a streamed message, as it grows. */
export interface Block {
  readonly index: number;
  /** The `content_block` that the block starts with; undefined while not all of it is known. @param isOver nothing more will be */
  toStart(isOver: boolean): Record<string, unknown> | undefined;
  /** Whether the block may be closed for the next one. */
  mayEnd(): boolean;
  /** The events that it still lacks when it is closed. */
  complete(): string;
}

interface Entry {
  readonly block: Block;
  isOpen: boolean;
  held: string;
}

/** Characters that may wait: events of later blocks, or a block's own. */
export const maxHeldChars = 16 * 1024 * 1024;

/**
 * Brings blocks that grow at the same time into the dialect's strict order: one open block at a time, by index. Events
 * of later blocks wait until the earlier ones are closed.
 */
export class BlockQueue {
  readonly #entries: Entry[] = [];
  #heldChars = 0;

  /** @param block its index is one more than that of the block added before */
  add(block: Block): void {
    this.#entries.push({ block, isOpen: false, held: "" });
  }

  /** A block that the client has seen begin, before any other is added. */
  addOpen(block: Block): void {
    this.#entries.push({ block, isOpen: true, held: "" });
  }

  /** An event of a block that was added and is not closed. Returns what may be sent now. */
  write(block: Block, event: string): string {
    const [first] = this.#entries;
    if (first?.isOpen && first.block === block) return this.#entries.length === 1 ? event : event + this.advance();
    const entry = this.#entries.find((known) => known.block === block);
    if (!entry) throw new Error("The block is closed.");
    entry.held += event;
    this.#heldChars += event.length;
    if (this.#heldChars > maxHeldChars) throw new HeadgateError("provider_response_too_large");
    return this.advance();
  }

  isClosed(block: Block): boolean {
    return !this.#entries.some((entry) => entry.block === block);
  }

  /** Opens and closes what can be. */
  advance(): string {
    let events = "";
    for (let first = this.#entries[0]; first; first = this.#entries[0]) {
      events += this.#open(first, first.block.toStart(false));
      if (!first.isOpen || this.#entries.length === 1 || !first.block.mayEnd()) break;
      events += this.#close(first);
    }
    return events;
  }

  /** Closes all blocks. */
  drain(): string {
    let events = "";
    for (let first = this.#entries[0]; first; first = this.#entries[0]) {
      events += this.#open(first, first.block.toStart(true)) + this.#close(first);
    }
    return events;
  }

  #open(entry: Entry, start: Record<string, unknown> | undefined): string {
    if (entry.isOpen || !start) return "";
    const { held, block } = entry;
    entry.isOpen = true;
    entry.held = "";
    this.#heldChars -= held.length;
    return encodeBlockEvent("content_block_start", block.index, `"content_block":${JSON.stringify(start)}`) + held;
  }

  #close({ block }: Entry): string {
    this.#entries.shift();
    return `${block.complete()}event: content_block_stop\ndata: {"type":"content_block_stop","index":${block.index}}\n\n`;
  }
}

function encodeBlockEvent(type: string, index: number, fields: string): string {
  return `event: ${type}\ndata: {"type":"${type}","index":${index},${fields}}\n\n`;
}

/** @param value serialised as the delta's only field besides its type */
export function encodeDelta(index: number, type: string, field: string, value: unknown): string {
  return encodeBlockEvent(
    "content_block_delta",
    index,
    `"delta":{"type":"${type}","${field}":${JSON.stringify(value)}}`,
  );
}
