import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";

/**
 * Calls that wait to be started. A turn of the event loop that would start very many of them starts a few, so that what
 * is at work goes on, and whoever is refused or asks `/livez` is answered at once.
 */
export interface StartQueue {
  /** True when calls have waited for two seconds without pause, and one more would wait too long: it is better refused. */
  readonly isFull: boolean;
  /** True while calls are refused, and for a second after. */
  readonly isRefusing: boolean;
  /** Starts a call: now, or in a later turn. The returned function says once that it is over, or is not to be started. */
  add(start: Start): () => void;
  /** Has this turn start no more than one call: a loop takes in one connection a turn, and others may wait behind it. */
  shortenTurn(): void;
}

/** Told `overloaded` if the call waited for so long that its client is better off without it. */
type Start = (error?: HeadgateError) => void;

interface Waiting {
  readonly sinceMs: number;
  /** Absent: started, or taken back. */
  start: Start | undefined;
  isAtWork: boolean;
}

/** After that, a turn starts no more calls but its first. */
const usualTurnMs = 20;
/** When calls have waited for a while; what the turn does for calls at work counts as well then. */
const pressedTurnMs = 5;
/**
 * Of the processor's time: after a turn of more, fewer calls may be at work when others have waited for a while, since who
 * is refused waits for a turn to end. A turn that is long because others have the processor does not get shorter by that.
 */
const longTurnMs = 15;
const fewestAtWork = 8;
const raiseEveryMs = 10;
const raisedShare = 0.1;
/** How many calls a turn starts at most, in case they cost nothing that a clock shows. */
const mostStartsPerTurn = 64;
/** How long a call may wait while the process is overloaded: as long as the queue of some hundred busy clients. */
const mostWaitMs = 200;
/** Bursts, and a machine that is busy with something else, have passed by then. */
const patienceMs = 2000;
const calmAfterMs = 1000;
/** A loop that has rested for longer between calls that wait keeps up. */
const mostRestMs = 50;
/** Of a call that came before calls were refused. */
const longestWaitMs = 10_000;
const mostWaiting = 1000;
const weightOfNewest = 0.05;
const retryAfterMs = 1000;

export interface StartQueueOptions {
  readonly clock: Clock;
  /** What the event loop's thread has taken of the processor, in milliseconds. */
  readonly readCpuMs?: () => number;
  /** How long the event loop has waited for something to do, in milliseconds. */
  readonly readIdleMs?: () => number;
}

export function createStartQueue({
  clock,
  readCpuMs = readThreadCpuMs,
  readIdleMs = readLoopIdleMs,
}: StartQueueOptions): StartQueue {
  return new TurnwiseQueue({ clock, readCpuMs, readIdleMs });
}

function readThreadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function readLoopIdleMs(): number {
  return performance.eventLoopUtilization().idle;
}

class TurnwiseQueue implements StartQueue {
  readonly #clock: Clock;
  readonly #readCpuMs: () => number;
  readonly #readIdleMs: () => number;
  readonly #waiting: Waiting[] = [];
  #atWork = 0;
  #mostAtWork = Infinity;
  #atWorkBefore = 0;
  #raisedMs = 0;
  /** Since when this turn starts calls; undefined: it has started none. */
  #beganMs: number | undefined;
  #isShort = false;
  /** When the turn before had started its last. */
  #endedMs = 0;
  #seenCpuMs = 0;
  /** Callbacks of the loop that are to come, each for one call. */
  #due = 0;
  #lastStartMs = 0;
  #msPerStart = 0;
  /** Since when calls have waited, and the loop has not rested. */
  #backloggedSinceMs = 0;
  #emptiedIdleMs = -Infinity;
  /** True while turns are kept short at the cost of calls. */
  #isPressed = false;
  #isRefusing = false;
  #lastRefusedMs = 0;

  constructor({ clock, readCpuMs, readIdleMs }: Required<StartQueueOptions>) {
    this.#clock = clock;
    this.#readIdleMs = readIdleMs;
    this.#readCpuMs = readCpuMs;
  }

  get isFull(): boolean {
    const [oldest] = this.#waiting;
    if (!oldest) return false;
    const nowMs = this.#clock.now();
    if (this.#waiting.length < mostWaiting && !this.#isTooLong(nowMs, nowMs - oldest.sinceMs)) return false;
    this.#lastRefusedMs = nowMs;
    this.#isRefusing = true;
    return true;
  }

  get isRefusing(): boolean {
    this.#isRefusing &&= this.#clock.now() - this.#lastRefusedMs < calmAfterMs;
    return this.#isRefusing;
  }

  add(start: Start): () => void {
    const nowMs = this.#clock.now();
    if (this.#waiting.length === 0 && !this.isRefusing) this.#mostAtWork = Infinity;
    const call: Waiting = { sinceMs: nowMs, start, isAtWork: false };
    if (this.#waiting.length === 0 && this.#hasTime(nowMs) && this.#atWork < this.#mostAtWork) {
      this.#start(call, undefined);
    } else {
      if (this.#waiting.push(call) === 1) {
        this.#onBacklog(nowMs);
        this.#lastStartMs = nowMs;
        this.#endedMs = nowMs;
        this.#atWorkBefore = this.#atWork;
      }
      this.#schedule();
    }
    return () => {
      call.start = undefined;
      if (call.isAtWork) this.#atWork--;
      call.isAtWork = false;
    };
  }

  shortenTurn(): void {
    this.#isShort = this.#waiting.length > 0;
  }

  #start(call: Waiting, error: HeadgateError | undefined): void {
    const { start } = call;
    call.start = undefined;
    call.isAtWork = true;
    this.#atWork++;
    start?.(error);
  }

  #hasTime(nowMs: number): boolean {
    if (this.#beganMs === undefined) {
      this.#beganMs = nowMs;
      setImmediate(() => (this.#beganMs = undefined));
    }
    return nowMs - this.#beganMs < usualTurnMs;
  }

  // What a call does at first is done before the next callback: so each knows what the one before took.
  #schedule(): void {
    const most = Math.min(this.#waiting.length, mostStartsPerTurn);
    while (this.#due < most) {
      this.#due++;
      setImmediate(this.#startOne);
    }
  }

  readonly #startOne = (): void => {
    this.#due--;
    const nowMs = this.#clock.now();
    const isFirst = this.#beganMs === undefined;
    if (isFirst) this.#adapt(nowMs);
    // Calls at work come first when there are too many.
    this.#beganMs ??= this.#isPressed ? this.#endedMs : nowMs;
    const turnMs = this.#isPressed ? pressedTurnMs : usualTurnMs;
    const hasTime = isFirst || (!this.#isShort && nowMs - this.#beganMs < turnMs);
    if (hasTime && this.#atWork < this.#mostAtWork) this.#startOldest(nowMs);
    if (this.#due > 0) return;
    this.#beganMs = undefined;
    this.#isShort = false;
    this.#endedMs = this.#clock.now();
    this.#atWorkBefore = this.#atWork;
    this.#schedule();
  };

  #adapt(nowMs: number): void {
    const wasPressed = this.#isPressed;
    this.#isPressed = this.isRefusing || nowMs - this.#backloggedSinceMs >= patienceMs;
    if (!this.#isPressed) {
      this.#mostAtWork = Infinity;
      return;
    }
    const cpuMs = this.#readCpuMs();
    if (!wasPressed) this.#seenCpuMs = cpuMs;
    const spentMs = cpuMs - this.#seenCpuMs;
    this.#seenCpuMs = cpuMs;
    if (spentMs > longTurnMs) {
      const share = Math.max(0.5, longTurnMs / spentMs);
      this.#mostAtWork = Math.max(fewestAtWork, Math.floor(Math.min(this.#mostAtWork, this.#atWorkBefore) * share));
      this.#raisedMs = nowMs;
    } else if (this.#atWork >= this.#mostAtWork && nowMs - this.#raisedMs >= raiseEveryMs) {
      this.#mostAtWork += Math.max(2, Math.floor(this.#mostAtWork * raisedShare));
      this.#raisedMs = nowMs;
    }
  }

  // Many calls at work leave none waiting, until they are all over at once and their clients come back.
  #onBacklog(nowMs: number): void {
    this.#seenCpuMs = this.#readCpuMs();
    if (this.#readIdleMs() - this.#emptiedIdleMs > mostRestMs) this.#backloggedSinceMs = nowMs;
  }

  #startOldest(nowMs: number): void {
    let oldest = this.#waiting.shift();
    while (oldest && !oldest.start) oldest = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#emptiedIdleMs = this.#readIdleMs();
    if (!oldest) return;
    this.#msPerStart += (nowMs - this.#lastStartMs - this.#msPerStart) * weightOfNewest;
    this.#lastStartMs = nowMs;
    const waitedMs = nowMs - oldest.sinceMs;
    this.#start(oldest, waitedMs > longestWaitMs ? new HeadgateError("overloaded", { retryAfterMs }) : undefined);
  }

  #isTooLong(nowMs: number, waitedMs: number): boolean {
    if (nowMs - this.#backloggedSinceMs < patienceMs && !this.isRefusing) return false;
    return Math.max(waitedMs, this.#waiting.length * this.#msPerStart) > mostWaitMs;
  }
}
