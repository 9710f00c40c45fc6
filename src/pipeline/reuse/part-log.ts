import type { Part } from "../../reply.ts";

/** Memory for the logs of all answers under way, in bytes. */
export interface LogRoom {
  leftBytes: number;
}

/** What one log may hold: a larger answer is not kept, and nobody can join it from its beginning. */
const maxLogBytes = 1024 * 1024;

/** Of an object and its place. */
const partBytes = 96;
/** Of a token with its runners-up, about. */
const logprobBytes = 512;
/** What the readers of a log that is not whole may be apart, at least. */
const leastLimitBytes = 64 * 1024;

/**
 * The parts of an answer under way, for readers at different places. Whole until it has become too large; from then on it
 * holds what its slowest reader has still to read, and no more than it had.
 */
export class PartLog {
  readonly #room: LogRoom;
  readonly #parts: Part[] = [];
  /** Parts that were given up. */
  #gone = 0;
  #bytes = 0;
  /** Most bytes, once it is not whole. */
  #limit = 0;
  #isWhole = true;

  constructor(room: LogRoom) {
    this.#room = room;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The place after the last part. */
  get end(): number {
    return this.#gone + this.#parts.length;
  }

  /** All parts of a whole log. */
  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** @param slowest the place of the reader that is behind all others */
  add(part: Part, slowest: () => number): void {
    const bytes = measurePart(part);
    this.#parts.push(part);
    this.#take(bytes);
    if (this.#isWhole && (this.#bytes > maxLogBytes || this.#room.leftBytes < 0)) {
      this.#isWhole = false;
      this.#limit = Math.max(this.#bytes, leastLimitBytes);
    }
    if (!this.#isWhole) this.#trim(slowest());
  }

  /** Undefined: it is not there yet. `gone`: the reader is too far behind. */
  at(place: number): Part | "gone" | undefined {
    return place < this.#gone ? "gone" : this.#parts[place - this.#gone];
  }

  /** Gives its room back. */
  clear(): void {
    this.#isWhole = false;
    this.#trim(this.end);
  }

  #trim(slowest: number): void {
    let count = Math.max(0, slowest - this.#gone);
    for (let at = 0; at < count; at++) this.#take(-measurePart(this.#parts[at]!));
    // The last part stays, whatever its size: whoever is first has still to read it.
    for (; this.#bytes > this.#limit && count < this.#parts.length - 1; count++) {
      this.#take(-measurePart(this.#parts[count]!));
    }
    this.#parts.splice(0, count);
    this.#gone += count;
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    this.#room.leftBytes -= bytes;
  }
}

function measurePart(part: Part): number {
  if (part.type === "raw")
    return part.says.reduce((sum, said) => sum + measurePart(said), partBytes + part.bytes.length);
  if (part.type === "text") return partBytes + part.text.length * 2 + (part.logprobs?.length ?? 0) * logprobBytes;
  if (part.type === "reasoning") return partBytes + part.text.length * 2;
  if (part.type === "tool-call") return partBytes + part.arguments.length * 2;
  if (part.type === "delta" && "append" in part) return partBytes + part.append.length * 2;
  return partBytes + JSON.stringify(part).length * 2;
}
