import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Part } from "../../reply.ts";
import { copyBytes, readRelayedEvents } from "../relayed-events.ts";
import type { OutputItem } from "./output-items.ts";

type Fields = Readonly<Record<string, unknown>>;

/** How far a relayed answer had come when it stopped. */
export interface RelayedAnswer {
  /** What the vendor calls the response. */
  readonly id?: string;
  readonly createdAtMs?: number;
  readonly nextSequenceNumber: number;
  /** Items that are whole, in order. */
  readonly done: readonly OutputItem[];
  readonly open?: OpenRelayedItem;
}

/** The last item, which has begun and not ended. */
export interface OpenRelayedItem {
  /** As it began. */
  readonly item: OutputItem;
  /** The type of the last event that tells of it. */
  readonly lastEvent: unknown;
}

/** Tools and instructions are repeated in the first event. */
const mostHeadBytes = 64 * 1024;
const mostItemBytes = 256 * 1024;
const mostItems = 1024;
// Encoded once: every chunk of a relayed stream is searched.
const sequenceNumber = Buffer.from('"sequence_number"');
const outputIndex = Buffer.from('"output_index"');
const outputItem = Buffer.from("response.output_item.");

/** Keeps of a relayed stream what another model needs to go on in it: its head, each item's begin and end, the last event. */
export class RelayedItems {
  #head: Uint8Array | undefined;
  #lastNumbered: Uint8Array | undefined;
  #lastOfItem: Uint8Array | undefined;
  #items: Uint8Array[] = [];
  #itemBytes = 0;

  get hasBegun(): boolean {
    return this.#head !== undefined;
  }

  watch(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#head ??= copyBytes(bytes, mostHeadBytes);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.includes(sequenceNumber)) this.#lastNumbered = bytes;
    if (!buffer.includes(outputIndex)) return;
    this.#lastOfItem = bytes;
    if (this.#itemBytes > mostItemBytes || !buffer.includes(outputItem)) return;
    this.#itemBytes += bytes.length;
    if (this.#itemBytes > mostItemBytes) this.#items = [];
    else this.#items.push(copyBytes(bytes, mostItemBytes));
  }

  /** @throws HeadgateError `stream_cut` if another model cannot go on there */
  read(): RelayedAnswer {
    const response = readRelayedEvents(this.#head).find((event) => isRecord(event["response"]))?.["response"];
    const { id, created_at: createdAt } = isRecord(response) ? response : {};
    const number = readRelayedEvents(this.#lastNumbered).at(-1)?.["sequence_number"];
    return {
      ...(typeof id === "string" ? { id } : {}),
      ...(typeof createdAt === "number" ? { createdAtMs: createdAt * 1000 } : {}),
      nextSequenceNumber: typeof number === "number" ? number + 1 : 0,
      ...this.#readItems(),
    };
  }

  #readItems(): Pick<RelayedAnswer, "done" | "open"> {
    const begun: OutputItem[] = [];
    const done: OutputItem[] = [];
    for (const { type, output_index: index, item } of this.#items.flatMap((bytes) => readRelayedEvents(bytes))) {
      if (typeof index !== "number" || !isItem(item)) continue;
      // All places up to it are walked through.
      if (index >= mostItems) throw new HeadgateError("stream_cut");
      if (type === "response.output_item.added") begun[index] = item;
      else if (type === "response.output_item.done") done[index] = item;
    }
    const last = readRelayedEvents(this.#lastOfItem).findLast((event) => typeof event["output_index"] === "number");
    const whole = done.filter(() => true);
    const count = Math.max(begun.length, done.length);
    // All but the last have ended, none is missing, and the last event tells of the last.
    const isKnown = last?.["output_index"] === count - 1 && whole.length === done.length && count - whole.length <= 1;
    if (!isKnown || !isFirstContent(last)) throw new HeadgateError("stream_cut");
    const item = begun[whole.length];
    return item ? { done: whole, open: { item, lastEvent: last["type"] } } : { done: whole };
  }
}

function isItem(item: unknown): item is OutputItem {
  return isRecord(item) && typeof item["id"] === "string" && typeof item["type"] === "string";
}

// What is written here has one piece of content to a message.
function isFirstContent({ content_index: index }: Fields): boolean {
  return index === undefined || index === 0;
}

/** Of a message that a vendor wrote. */
export function countText({ content }: OutputItem): number {
  const pieces = Array.isArray(content) ? content.filter(isRecord) : [];
  return pieces.reduce((chars, { text }) => chars + (typeof text === "string" ? text.length : 0), 0);
}

/** What was thought since the last stretch of reasoning that is over. */
export function joinOpenReasoning(sent: readonly Part[]): string {
  const open = sent.slice(sent.findLastIndex(({ type }) => type === "reasoning-block") + 1);
  return open.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
}
