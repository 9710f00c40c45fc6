import { setMaxListeners } from "node:events";
import type { Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { sumParts, type Completion, type Part, type Reply } from "../../reply.ts";
import { joinCacheNote, joinNotes } from "../join-notes.ts";
import type { Next } from "../stage.ts";
import { FlightReader, toWords } from "./flight-reader.ts";
import type { SavedUsage } from "./kept-answer.ts";
import { PartLog, type LogRoom } from "./part-log.ts";

export interface FlightOptions {
  /** Of the first who asked. */
  readonly call: Call;
  readonly next: Next;
  readonly clock: Clock;
  readonly room: LogRoom;
  /**
   * Runs before any reader hears of the end. Resolves to what the execution took. `sum` is the whole answer; absent
   * where there is none, or not in words.
   */
  readonly onEnd: (flight: Flight, sum?: () => Completion) => Promise<SavedUsage>;
}

/** Of the time that its first reader has: for twins that come later and have theirs. */
const graceShare = 0.25;

/**
 * One execution of a call, read by all who ask for the same meanwhile. It is nobody's: it has a signal, a deadline and notes
 * of its own, goes on whoever leaves, and is cancelled when its last reader has left. It is driven by its readers: whoever
 * is first takes the next part from the model, and the others find it in the log.
 */
export class Flight {
  /** As it is executed. */
  readonly call: Call;
  /** Resolves once the model has begun to answer. */
  readonly opened: Promise<void>;
  readonly #options: FlightOptions;
  readonly #controller = new AbortController();
  readonly #log: PartLog;
  readonly #readers = new Set<FlightReader>();
  #reply: Reply | undefined;
  #source: AsyncIterator<Part> | undefined;
  #pulling: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #state: "running" | "settled" | "over" = "running";
  #failure: HeadgateError | undefined;
  #isOpaque = false;

  constructor(options: FlightOptions) {
    const { call, room } = options;
    this.#options = options;
    this.#log = new PartLog(room);
    const { signal } = this.#controller;
    // Each model call of the execution listens; their number is bounded elsewhere.
    setMaxListeners(0, signal);
    this.call = {
      ...call,
      signal,
      deadlineMs: call.deadlineMs + (call.deadlineMs - call.startedAtMs) * graceShare,
      notes: {
        ...call.notes,
        attempts: [],
        rungs: [],
        warnings: [],
        providerWarnings: [],
        cache: undefined,
        holds: new Map(),
      },
    };
    this.opened = this.#open();
    // Whoever reads hears of it.
    this.opened.catch(() => {});
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** The answer, if it came whole. */
  get whole(): Reply | undefined {
    return this.#reply?.whole ? this.#reply : undefined;
  }

  /** Whether a call would get the whole answer, in the time that it has. */
  canJoin({ deadlineMs }: Call): boolean {
    const isEnding = this.#state !== "running" || this.#failure !== undefined || this.#controller.signal.aborted;
    return !isEnding && !this.#isOpaque && this.#log.isWhole && deadlineMs <= this.call.deadlineMs;
  }

  read(call: Call): FlightReader {
    const reader = new FlightReader(this, call, call === this.#options.call);
    this.#readers.add(reader);
    return reader;
  }

  /** The part at a place. Undefined: it has still to be pulled. @throws HeadgateError why there is none */
  at(place: number): Part | "end" | undefined {
    const part = this.#log.at(place);
    if (part === "gone") {
      throw new HeadgateError("stream_cut", {
        detail: "The client is too far behind others that read the same answer.",
      });
    }
    if (part) return part;
    if (this.#failure) throw this.#failure;
    return this.#state === "over" ? "end" : undefined;
  }

  /** Takes the next part from the model, for all. */
  pull(): Promise<void> {
    this.#pulling ??= this.#pull().finally(() => (this.#pulling = undefined));
    return this.#pulling;
  }

  /** False: it is the last one, and stays until the execution has ended. */
  leave(reader: FlightReader): boolean {
    if (this.#state === "running" && this.#readers.size === 1 && this.#readers.has(reader)) return false;
    this.remove(reader);
    return true;
  }

  remove(reader: FlightReader): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    this.#log.clear();
    if (this.#state === "settled") void this.#source?.return?.().catch(() => {});
  }

  /** For the last reader: what is under way fails with the reason. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** For the last reader: resolves once the model's stream is closed, and it is known what it took. */
  async close(): Promise<void> {
    this.abort(new HeadgateError("request_cancelled"));
    await Promise.allSettled([this.opened, this.#pulling]);
    await this.#source?.return?.();
    await this.#settle();
  }

  async #open(): Promise<void> {
    try {
      this.#reply = await this.#options.next(this.call);
      const { whole, parts } = this.#reply;
      if (whole) await this.#settle(() => whole);
      else this.#source = parts[Symbol.asyncIterator]();
    } catch (thrown) {
      throw await this.#fail(thrown);
    }
  }

  async #pull(): Promise<void> {
    try {
      const step = await this.#source!.next();
      if (step.done !== true) await this.#push(step.value);
      else if (this.#state === "settled") this.#state = "over";
      else throw new HeadgateError("stream_cut");
    } catch (thrown) {
      throw await this.#fail(thrown);
    }
  }

  async #push(part: Part): Promise<void> {
    this.#isOpaque ||= part.type === "raw" && part.isOpaque === true;
    if (part.type === "finish") {
      const isTold = this.#log.isWhole && !this.#isOpaque;
      await this.#settle(isTold ? () => sumParts([...this.#log.parts, part].flatMap(toWords)) : undefined);
    }
    this.#log.add(part, () => Math.min(...[...this.#readers].map(({ place }) => place)));
  }

  async #fail(thrown: unknown): Promise<HeadgateError> {
    this.#failure ??= HeadgateError.from(thrown);
    await this.#settle();
    return this.#failure;
  }

  #settle(sum?: () => Completion): Promise<void> {
    this.#settling ??= this.#share(sum);
    return this.#settling;
  }

  /** Tells one reader's notes what the execution took, and those of the others that they were spared it. */
  async #share(sum?: () => Completion): Promise<void> {
    const saved = await this.#options.onEnd(this, sum);
    this.#state = "settled";
    const payer = this.#findPayer();
    for (const reader of this.#readers) {
      if (reader === payer) joinNotes(reader.call.notes, this.call.notes);
      else if (!this.#failure) joinCacheNote(reader.call.notes, { status: "join", saved });
    }
  }

  /** The first who asked; once it has left, one whose budgets are the same, else whoever has waited longest. */
  #findPayer(): FlightReader | undefined {
    const readers = [...this.#readers];
    const { keyId, team } = this.call;
    const hasSameBudgets = ({ call }: FlightReader): boolean => call.keyId === keyId && call.team === team;
    return readers.find(({ isFirst }) => isFirst) ?? readers.find(hasSameBudgets) ?? readers[0];
  }
}
