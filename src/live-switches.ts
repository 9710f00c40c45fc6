import type { Clock } from "./clock.ts";
import { createPoll } from "./poll.ts";
import type { Switch, SwitchStore } from "./store/store.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface LiveSwitchesOptions {
  readonly store: SwitchStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Settings that are changed while servers run, in memory. A store that cannot be reached leaves them as they are. */
export interface LiveSwitches {
  /** Undefined: it was never set. */
  readonly find: (name: string) => Switch | undefined;
  /** Holds in this process once it resolves, in others within a second. */
  readonly set: (name: string, value: string) => Promise<void>;
  readonly close: () => void;
}

/** The longest that a switch of another process is not seen. */
const refreshMs = 1000;

/**
 * Resolves once they are read, and polls from then on; a store that fails later is reported once, until it answers again.
 * @throws HeadgateError `store_unavailable`
 */
export async function openLiveSwitches({ store, clock, log }: LiveSwitchesOptions): Promise<LiveSwitches> {
  const switches = createPoll<ReadonlyMap<string, Switch>>({
    read: async () => new Map((await store.listSwitches()).map((each) => [each.name, each])),
    clock,
    intervalMs: refreshMs,
    onFailure: (error) => log.warn({ event: "switches.refresh_failed", err: error }),
  });
  try {
    await switches.refresh();
  } catch (error) {
    switches.close();
    throw error;
  }
  return {
    find: (name) => switches.value?.get(name),
    set: async (name, value) => {
      await store.setSwitch(name, value, clock.now());
      await switches.refresh();
    },
    close: switches.close,
  };
}
