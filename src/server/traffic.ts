import type { ServerResponse } from "node:http";
import { HeadgateError } from "../errors.ts";
import type { LoadGuard } from "./load-guard.ts";
import type { StartQueue } from "./start-queue.ts";

/** The requests here now: how many may be, and how they end when the server stops. */
export interface Traffic {
  /** Requests at work: those whose body has arrived. */
  readonly inFlight: number;
  readonly isDraining: boolean;
  /** True while the process does not keep up and refuses calls. */
  readonly isShedding: boolean;
  /** Before anything of the request is done or its body is read. @throws HeadgateError `shutting_down`, `overloaded` */
  enter(response: ServerResponse, entry: Entry): void;
  /** More of a body has arrived than `enter` was told. @throws HeadgateError `overloaded` */
  grow(response: ServerResponse, bytes: number): void;
  /** The request has arrived as a whole. @throws HeadgateError `overloaded` */
  begin(response: ServerResponse): void;
  leave(response: ServerResponse): void;
  /** Goes on as before, but no connection outlives its next answer. */
  depart(): void;
  /** Lets nobody in any more. */
  refuse(): void;
  /** Resolves when the last request has left. */
  untilIdle(): Promise<void>;
}

export interface Entry {
  /** What of the body is taken for arrived. */
  readonly bodyBytes: number;
  /** As the request announces it; 0 where it does not. */
  readonly announcedBytes: number;
  /** True for calls; the operator's own requests always come in. */
  readonly canBeRefused: boolean;
}

export interface TrafficOptions {
  readonly maxInFlight: number;
  /** Of all bodies together: each takes several times its size while it is read. */
  readonly maxBodyBytesInFlight: number;
  readonly guard: LoadGuard;
  readonly starts: StartQueue;
  /** A float in [0, 1). */
  readonly random: () => number;
}

interface Visit {
  bytes: number;
  isAtWork: boolean;
  readonly canBeRefused: boolean;
}

const retryAfterMs = 1000;

/** With fewer requests it is something else that keeps the loop, and to refuse them helps nobody. */
const fewestToShed = 8;

// One for all: an overloaded server refuses thousands a second, and a stack for each takes more than the answer.
const overloaded = new HeadgateError("overloaded", { retryAfterMs });

// Memory is given back slowly, so a process that is short of it goes on with a few calls instead of with none.
const shareWhenShortOfMemory = 0.1;

export function createTraffic(options: TrafficOptions): Traffic {
  return new GuardedTraffic(options);
}

class GuardedTraffic implements Traffic {
  readonly #options: TrafficOptions;
  readonly #visits = new Map<ServerResponse, Visit>();
  #bytesInFlight = 0;
  #inFlight = 0;
  #state: "serving" | "departing" | "refusing" = "serving";
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get isDraining(): boolean {
    return this.#state !== "serving";
  }

  get isShedding(): boolean {
    const { guard, starts } = this.#options;
    return starts.isRefusing || guard.refusedShare > 0 || guard.isShortOfMemory;
  }

  enter(response: ServerResponse, { bodyBytes, announcedBytes, canBeRefused }: Entry): void {
    if (this.isDraining) response.shouldKeepAlive = false;
    if (this.#state === "refusing") throw new HeadgateError("shutting_down", { retryAfterMs });
    if (canBeRefused && (this.#isShed() || this.#isTooMuch(0, announcedBytes) || this.#isFull())) throw overloaded;
    this.#visits.set(response, { bytes: bodyBytes, isAtWork: false, canBeRefused });
    this.#bytesInFlight += bodyBytes;
  }

  grow(response: ServerResponse, bytes: number): void {
    const visit = this.#visits.get(response);
    if (!visit) return;
    if (this.#isTooMuch(visit.bytes, bytes)) throw overloaded;
    visit.bytes += bytes;
    this.#bytesInFlight += bytes;
  }

  begin(response: ServerResponse): void {
    const visit = this.#visits.get(response);
    if (!visit || visit.isAtWork) return;
    if (visit.canBeRefused && this.#isFull()) throw overloaded;
    visit.isAtWork = true;
    this.#inFlight++;
  }

  leave(response: ServerResponse): void {
    const visit = this.#visits.get(response);
    if (!visit) return;
    this.#visits.delete(response);
    this.#bytesInFlight -= visit.bytes;
    if (visit.isAtWork) this.#inFlight--;
    if (this.#visits.size === 0) this.#idle?.resolve();
  }

  depart(): void {
    if (this.#state === "serving") this.#state = "departing";
    // Node then answers with Connection: close, so no client sends its next request into a closing socket.
    for (const response of this.#visits.keys()) if (!response.headersSent) response.shouldKeepAlive = false;
  }

  refuse(): void {
    this.depart();
    this.#state = "refusing";
  }

  async untilIdle(): Promise<void> {
    if (this.#visits.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  #isShed(): boolean {
    const { guard, starts, random } = this.#options;
    const { refusedShare } = guard;
    if (starts.isFull) return true;
    return refusedShare > 0 && this.#visits.size >= fewestToShed && random() < refusedShare;
  }

  #isFull(): boolean {
    const { guard, maxInFlight } = this.#options;
    const most = guard.isShortOfMemory ? Math.max(1, maxInFlight * shareWhenShortOfMemory) : maxInFlight;
    return this.#inFlight >= most;
  }

  // One body is let in whatever its size: the limit of a single body is the route's.
  #isTooMuch(ownBytes: number, addedBytes: number): boolean {
    const isAlone = this.#bytesInFlight === ownBytes;
    return !isAlone && this.#bytesInFlight + addedBytes > this.#options.maxBodyBytesInFlight;
  }
}
