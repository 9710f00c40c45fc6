import type { Part } from "../../reply.ts";
import { dropHalfEvent, readOrDrop, type AnswerReader, type ReadEvent } from "./answer-reader.ts";
import { createEventFramer } from "./event-framer.ts";
import { joinBytes } from "./join-bytes.ts";
import { readFrame } from "./read-frame.ts";
import type { PartReader } from "./stream-parts.ts";

/** Frames that wait are put together in lots: a stream of tiny ones would take a hundred times its size otherwise. */
const framesPerLot = 256;

/**
 * Reads a stream for a client that speaks its dialect: whole events pass as they came, with what they say beside them.
 * An event that cannot be read is never passed on.
 */
export function createRelayReader(answer: AnswerReader): PartReader {
  return new RelayReader(answer);
}

class RelayReader implements PartReader {
  readonly #answer: AnswerReader;
  readonly #framer = createEventFramer((frame) => this.#onFrame(frame));
  /**
   * `waiting`: what comes before the model's first word waits for it, so that a failure until then can be retried.
   * `passing`: events are passed on with the bytes that completed them.
   * `closing`: the model has said why it stopped; what tells the client so waits for `finish`, so that the record is safe first.
   * `over`: `finish` and the last bytes were passed on.
   */
  #phase: "waiting" | "passing" | "closing" | "over" = "waiting";
  #parts: Part[] = [];
  #frames: Buffer[] = [];
  /** Of them, those that are lots. */
  #lots = 0;
  #says: Part[] = [];
  #isOpaque = false;
  #isFirst = true;
  #hasPassed = false;

  constructor(answer: AnswerReader) {
    this.#answer = answer;
  }

  get hasReason(): boolean {
    return this.#answer.hasReason;
  }

  feed(bytes: Buffer, parts: Part[]): boolean {
    this.#parts = parts;
    try {
      this.#framer.feed(bytes);
    } finally {
      if (this.#phase === "passing") this.#pass();
    }
    return this.#phase === "over";
  }

  end(parts: Part[]): void {
    this.#parts = parts;
    const rest = this.#framer.takeRest();
    if (rest.length > 0) dropHalfEvent(() => this.#onFrame(Buffer.concat([rest, Buffer.from("\n\n")])));
    if (this.#phase === "passing") this.#pass();
    if (this.#phase !== "over") this.#finish(false);
  }

  #onFrame(frame: Buffer): void {
    if (this.#phase === "over") return;
    const event = readFrame(frame, this.#isFirst);
    this.#isFirst = false;
    const read = event ? readOrDrop(this.#answer, event) : nothing;
    if (!read) return;
    if (read.type === "chunk" && (read.parts.length > 0 || read.isOpaque === true)) this.#begin();
    // All that came before the reason goes first.
    if (this.#phase !== "closing" && this.#answer.hasReason) {
      if (this.#phase === "passing") this.#pass();
      this.#phase = "closing";
    }
    if (read.type === "chunk") {
      for (const part of read.parts) this.#says.push(part);
      this.#isOpaque ||= read.isOpaque === true;
      if (read.isHidden === true) return;
    }
    if (read.type === "done") this.#finish(true, frame);
    else this.#hold(frame);
  }

  #hold(frame: Buffer): void {
    this.#frames.push(frame);
    if (this.#frames.length - this.#lots < framesPerLot) return;
    this.#frames.push(Buffer.concat(this.#frames.splice(this.#lots)));
    this.#lots++;
  }

  #begin(): void {
    if (this.#phase === "waiting") this.#phase = "passing";
  }

  /** Passes on the events that are there. */
  #pass(): void {
    if (this.#frames.length === 0 && this.#says.length === 0) return;
    this.#parts.push(this.#toRaw(this.#frames));
    this.#frames = [];
    this.#lots = 0;
  }

  #finish(isDone: boolean, frame?: Buffer): void {
    const last = this.#answer.end(isDone);
    for (const part of last) if (!isEnd(part)) this.#says.push(part);
    // Whoever reads the parts has to know before the end that bytes are passed on, and all that the answer says.
    if (!this.#hasPassed || this.#says.length > 0 || this.#isOpaque) this.#parts.push(this.#toRaw([]));
    for (const part of last) if (isEnd(part)) this.#parts.push(part);
    if (frame) this.#frames.push(frame);
    else if (this.#answer.ending !== undefined) this.#frames.push(Buffer.from(this.#answer.ending));
    if (this.#frames.length > 0) this.#parts.push(this.#toRaw(this.#frames));
    this.#frames = [];
    this.#phase = "over";
  }

  #toRaw(frames: readonly Buffer[]): Part {
    const bytes = joinBytes(frames);
    const says = this.#says.length === 0 ? silence : this.#says;
    const isOpaque = this.#isOpaque;
    if (says.length > 0) this.#says = [];
    this.#isOpaque = false;
    this.#hasPassed = true;
    return isOpaque ? { type: "raw", bytes, says, isOpaque } : { type: "raw", bytes, says };
  }
}

const nothing: ReadEvent = { type: "ignored" };
const silence: readonly Part[] = [];

function isEnd({ type }: Part): boolean {
  return type === "usage" || type === "finish";
}
