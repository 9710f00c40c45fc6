/** What an answer was made of so far, for any number of readers, each at its own pace. */
export interface AnswerLog {
  /** How many blocks were ever added. */
  readonly length: number;
  /** False once it has outgrown its bound: what all readers have is then let go of, and nobody can begin to read any more. */
  readonly isWhole: boolean;
  /** True once `end` was called. */
  readonly isOver: boolean;
  /**
   * Within the bound it waits for nobody, beyond it until all readers have the blocks. Resolves to false when nobody is
   * left to read them, and then nothing more is to be added.
   */
  append(blocks: readonly Uint8Array[]): Promise<boolean>;
  /** All is there. */
  end(): void;
  /** There will be no more: readers leave. */
  abandon(): void;
  /** Reads the blocks after the first `after`. Undefined if not all of them are there. */
  read(after: number): LogReader | undefined;
  /** All blocks of one that is whole. */
  toBytes(): Uint8Array;
}

export interface LogReader {
  /** Resolves to what was added since the last time; undefined when there is nothing more, or the reader has left. */
  next(): Promise<readonly Uint8Array[] | undefined>;
  leave(): void;
}

interface Place {
  /** Blocks that were read. */
  at: number;
  /** Set while the reader waits for more. */
  wake: (() => void) | undefined;
}

export function createAnswerLog(mostBytes: number): AnswerLog {
  return new BoundedLog(mostBytes);
}

class BoundedLog implements AnswerLog {
  readonly #mostBytes: number;
  readonly #places = new Set<Place>();
  #blocks: Uint8Array[] = [];
  /** Blocks that were let go of. */
  #gone = 0;
  #bytes = 0;
  #state: "open" | "over" | "abandoned" = "open";
  #onProgress: (() => void) | undefined;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get length(): number {
    return this.#gone + this.#blocks.length;
  }

  get isWhole(): boolean {
    return this.#bytes <= this.#mostBytes;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  async append(blocks: readonly Uint8Array[]): Promise<boolean> {
    for (const block of blocks) {
      this.#blocks.push(block);
      this.#bytes += block.length;
    }
    this.#wakeAll();
    if (this.isWhole) return true;
    while ([...this.#places].some((place) => !this.#isWaiting(place))) await this.#progress();
    this.#gone = this.length;
    this.#blocks = [];
    return this.#places.size > 0;
  }

  end(): void {
    this.#state = "over";
    this.#wakeAll();
  }

  abandon(): void {
    this.#state = "abandoned";
    this.#wakeAll();
  }

  read(after: number): LogReader | undefined {
    if (!this.isWhole) return undefined;
    const place: Place = { at: after, wake: undefined };
    this.#places.add(place);
    return { next: () => this.#next(place), leave: () => this.#leave(place) };
  }

  toBytes(): Uint8Array {
    return Buffer.concat(this.#blocks);
  }

  async #next(place: Place): Promise<readonly Uint8Array[] | undefined> {
    while (this.#state === "open" && place.at >= this.length && this.#places.has(place)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      place.wake = resolve;
      this.#onProgress?.();
      await promise;
    }
    if (this.#state === "abandoned" || !this.#places.has(place)) return undefined;
    const blocks = this.#blocks.slice(place.at - this.#gone);
    place.at += blocks.length;
    return blocks.length === 0 ? undefined : blocks;
  }

  #isWaiting({ at, wake: isAsleep }: Place): boolean {
    return isAsleep !== undefined && at >= this.length;
  }

  #leave(place: Place): void {
    this.#places.delete(place);
    wake(place);
    this.#onProgress?.();
  }

  #wakeAll(): void {
    for (const place of this.#places) wake(place);
  }

  async #progress(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onProgress = resolve;
    await promise;
    this.#onProgress = undefined;
  }
}

function wake(place: Place): void {
  place.wake?.();
  place.wake = undefined;
}
