import type { Clock } from "../../clock.ts";

/** Counts exchanges under way, and barks when none of them ends for too long. */
export interface Watchdog {
  begin(): void;
  end(): void;
  /** Forgets what is under way. */
  reset(): void;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly onExpired: () => void;
}

export function createWatchdog({ clock, limitMs, onExpired }: WatchdogOptions): Watchdog {
  let underWay = 0;
  let disarm = (): void => {};
  const arm = (): void => {
    disarm();
    disarm = clock.after(limitMs, onExpired);
  };
  return {
    begin: () => {
      underWay++;
      if (underWay === 1) arm();
    },
    end: () => {
      underWay--;
      if (underWay > 0) arm();
      else disarm();
    },
    reset: () => {
      underWay = 0;
      disarm();
    },
  };
}
