import type { Clock } from "../../clock.ts";

export interface ContentLimits {
  /** To the first content, in milliseconds. */
  readonly firstTokenMs: number;
  /** From one piece of content to the next, in milliseconds. */
  readonly betweenContentMs: number;
}

/**
 * Tells when the content of a stream stays away for too long: pings and empty deltas are none, and time in which nobody
 * asks for more does not count. Armed anew only when it fires, so that a part costs two looks at the clock.
 */
export class ContentTimer {
  readonly #clock: Clock;
  readonly #limits: ContentLimits;
  readonly #onSilence: () => void;
  #limitMs: number;
  #silentSinceMs: number;
  #pausedAtMs: number | undefined;
  #cancel: () => void;

  constructor(clock: Clock, limits: ContentLimits, onSilence: () => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onSilence = onSilence;
    this.#limitMs = limits.firstTokenMs;
    this.#silentSinceMs = clock.now();
    this.#cancel = this.#arm(this.#limitMs);
  }

  /** The reader asks for the next part. */
  resume(): void {
    if (this.#pausedAtMs === undefined) return;
    this.#silentSinceMs += this.#clock.now() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
  }

  /** The reader has what it asked for. */
  pause(hasContent: boolean): void {
    this.#pausedAtMs = this.#clock.now();
    if (!hasContent) return;
    this.#silentSinceMs = this.#pausedAtMs;
    if (this.#limitMs === this.#limits.betweenContentMs) return;
    this.#limitMs = this.#limits.betweenContentMs;
    this.#cancel();
    this.#cancel = this.#arm(this.#limitMs);
  }

  stop(): void {
    this.#cancel();
  }

  #arm(ms: number): () => void {
    return this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    const silentMs = this.#pausedAtMs === undefined ? now - this.#silentSinceMs : 0;
    if (silentMs >= this.#limitMs) this.#onSilence();
    else this.#cancel = this.#arm(this.#limitMs - silentMs);
  }
}
