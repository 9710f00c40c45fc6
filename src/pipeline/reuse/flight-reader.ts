import type { Call } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { collect, wholeReply, type Part, type Reply } from "../../reply.ts";
import type { Flight } from "./flight.ts";
import { toShared } from "./kept-answer.ts";
import { replayAnswer } from "./replay-answer.ts";

const finished: IteratorResult<Part, undefined> = { done: true, value: undefined };

/** One call's way through a shared answer, from its beginning and at its own pace. */
export class FlightReader implements AsyncIterator<Part, undefined> {
  readonly call: Call;
  /** The execution was begun for it: it gets the provider's own bytes, where others get what they say. */
  readonly isFirst: boolean;
  /** How many parts it has read. */
  place = 0;
  /** The answer holds what only the provider's own bytes say. */
  isUntold = false;
  readonly #flight: Flight;
  readonly #words: Part[] = [];
  #rejectWait: ((reason: unknown) => void) | undefined;
  /** Why it has left. */
  #left: HeadgateError | undefined;
  #isOver = false;

  constructor(flight: Flight, call: Call, isFirst: boolean) {
    this.#flight = flight;
    this.call = call;
    this.isFirst = isFirst;
    call.signal.addEventListener("abort", this);
  }

  /** The answer, as its call wants it. @throws HeadgateError why there is none */
  async reply(): Promise<Reply> {
    const { call, isFirst } = this;
    const flight = this.#flight;
    try {
      if (call.signal.aborted) this.handleEvent();
      await this.#wait(flight.opened);
    } catch (error) {
      this.#end();
      throw error;
    }
    const { target, providerWarnings } = flight.call.notes;
    call.notes.target = target;
    for (const warning of providerWarnings) call.notes.providerWarnings.push(warning);
    if (flight.whole) {
      this.#end();
      return isFirst ? flight.whole : this.#replay(flight.whole);
    }
    const reply: Reply = { parts: { [Symbol.asyncIterator]: () => this } };
    return isFirst || call.stream ? reply : wholeReply(await collect(reply));
  }

  async next(): Promise<IteratorResult<Part, undefined>> {
    try {
      for (;;) {
        const word = this.#words.shift();
        if (word) return { done: false, value: word };
        const part = this.#read();
        if (part === "end") break;
        if (!part) await this.#wait(this.#flight.pull());
        else if (this.isFirst) return { done: false, value: part };
        else this.#words.push(...toWords(part));
      }
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#end();
    return finished;
  }

  async return(): Promise<IteratorResult<Part, undefined>> {
    if (!this.#isOver && !this.#flight.leave(this)) await this.#flight.close();
    this.#end();
    return finished;
  }

  /** Its call is cancelled, or its time is up. */
  handleEvent(): void {
    const { reason } = this.call.signal;
    if (this.#flight.leave(this)) {
      this.#left = HeadgateError.from(reason);
      this.#rejectWait?.(this.#left);
    } else this.#flight.abort(reason);
  }

  /** Undefined: the next part has still to be pulled. */
  #read(): Part | "end" | undefined {
    if (this.#left) throw this.#left;
    const part = this.#flight.at(this.place);
    if (!part || part === "end") return part;
    this.place++;
    if (this.isFirst) return part;
    this.call.notes.firstPartAtMs ??= this.#flight.clock.now();
    if (part.type === "raw" && part.isOpaque === true) {
      this.isUntold = true;
      throw new HeadgateError("stream_cut", { detail: "The answer holds what only its vendor's own events can say." });
    }
    return part;
  }

  #replay({ whole }: Reply): Reply {
    this.call.notes.firstPartAtMs ??= this.#flight.clock.now();
    return replayAnswer(toShared(whole!), this.call.stream);
  }

  /** Rejects as soon as it has left, whatever becomes of the execution. */
  #wait(work: Promise<void>): Promise<void> {
    if (this.#left) return Promise.reject(this.#left);
    return new Promise((resolve, reject) => {
      this.#rejectWait = reject;
      work.then(resolve, reject);
    });
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.call.signal.removeEventListener("abort", this);
    this.#flight.remove(this);
  }
}

/** What a part says in words, for readers other than the one whose bytes they are. */
export function toWords(part: Part): readonly Part[] {
  return part.type === "raw" ? part.says : [part];
}
