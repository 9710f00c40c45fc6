import type { Clock } from "../../clock.ts";

export interface ContentLimits {
  /** To the first content, in milliseconds. */
  readonly firstTokenMs: number;
  /** From one piece of content to the next, in milliseconds. */
  readonly betweenContentMs: number;
}

const nothing = (): void => {};

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
  /** It fired while the reader was slow: armed again when the reader asks. */
  #isDisarmed = false;
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
    const now = this.#clock.now();
    this.#silentSinceMs += now - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
    if (!this.#isDisarmed) return;
    this.#isDisarmed = false;
    this.#cancel = this.#arm(this.#limitMs - (now - this.#silentSinceMs));
  }

  /** The reader has what it asked for. */
  pause(hasContent: boolean): void {
    this.#pausedAtMs = this.#clock.now();
    if (!hasContent) return;
    this.#silentSinceMs = this.#pausedAtMs;
    if (this.#limitMs === this.#limits.betweenContentMs) return;
    // The limit that runs may be the longer one.
    this.#limitMs = this.#limits.betweenContentMs;
    this.#cancel();
    this.#cancel = this.#arm(this.#limitMs);
  }

  /** Nothing more is waited for, whatever comes. */
  stop(): void {
    this.#cancel();
    this.#cancel = nothing;
    this.#isDisarmed = false;
    this.#limitMs = this.#limits.betweenContentMs;
  }

  #arm(ms: number): () => void {
    return this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    if (this.#pausedAtMs !== undefined) {
      this.#isDisarmed = true;
      return;
    }
    const now = this.#clock.now();
    // A clock that was set back by an hour must not keep a client for an hour.
    this.#silentSinceMs = Math.min(this.#silentSinceMs, now);
    const silentMs = now - this.#silentSinceMs;
    if (silentMs >= this.#limitMs) this.#onSilence();
    else this.#cancel = this.#arm(this.#limitMs - silentMs);
  }
}
