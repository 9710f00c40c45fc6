import { expect, onTestFinished, test } from "vitest";
import { HeadgateError } from "./errors.ts";
import { openLiveSwitches, type LiveSwitches } from "./live-switches.ts";
import type { Switch } from "./store/store.ts";
import { createManualClock, type ManualClock } from "./testing/manual-clock.ts";

interface World {
  readonly open: () => Promise<LiveSwitches>;
  readonly stored: Map<string, Switch>;
  readonly clock: ManualClock;
  readonly warnings: unknown[];
  readonly fail: (isFailing: boolean) => void;
  /** Lets a second pass, and the read that it starts end. */
  readonly passSecond: () => Promise<void>;
}

function setup(): World {
  const stored = new Map<string, Switch>();
  const warnings: unknown[] = [];
  const clock = createManualClock();
  let isFailing = false;
  const check = (): void => {
    if (isFailing) throw new HeadgateError("store_unavailable");
  };
  const store = {
    listSwitches: async () => {
      check();
      return [...stored.values()];
    },
    setSwitch: async (name: string, value: string, changedAtMs: number) => {
      check();
      const changed = { name, value, changedAtMs };
      stored.set(name, changed);
      return changed;
    },
  };
  return {
    open: async () => {
      const switches = await openLiveSwitches({
        store,
        clock,
        log: { warn: (line: unknown) => warnings.push(line) } as never,
      });
      onTestFinished(switches.close);
      return switches;
    },
    stored,
    clock,
    warnings,
    fail: (value) => (isFailing = value),
    passSecond: async () => {
      clock.advance(1000);
      await expect.poll(() => clock.waiting).toBe(1);
    },
  };
}

test("switches are there once it is open, and another process's within a second", async () => {
  const { open, stored, passSecond } = setup();
  stored.set("routes", { name: "routes", value: "v1", changedAtMs: 1 });
  const switches = await open();
  expect(switches.find("routes")?.value).toBe("v1");
  expect(switches.find("releases")).toBeUndefined();
  stored.set("routes", { name: "routes", value: "v2", changedAtMs: 2 });
  expect(switches.find("routes")?.value).toBe("v1");
  await passSecond();
  expect(switches.find("routes")?.value).toBe("v2");
});

test("a switch that is set here holds once that is done", async () => {
  const { open, clock } = setup();
  const switches = await open();
  await switches.set("routes", "v3");
  expect(switches.find("routes")).toEqual({ name: "routes", value: "v3", changedAtMs: clock.now() });
});

test("while the store is down the last switches hold, and the failure is told once", async () => {
  const { open, stored, fail, passSecond, warnings } = setup();
  stored.set("routes", { name: "routes", value: "v1", changedAtMs: 1 });
  const switches = await open();
  fail(true);
  await passSecond();
  await passSecond();
  expect(switches.find("routes")?.value).toBe("v1");
  expect(warnings).toHaveLength(1);
  await expect(switches.set("routes", "v2")).rejects.toMatchObject({ code: "store_unavailable" });
  expect(switches.find("routes")?.value).toBe("v1");
  fail(false);
  stored.set("routes", { name: "routes", value: "v4", changedAtMs: 4 });
  await passSecond();
  expect(switches.find("routes")?.value).toBe("v4");
});

test("a store that cannot be read at the start is an error, and is not read again", async () => {
  const { open, fail, clock } = setup();
  fail(true);
  await expect(open()).rejects.toMatchObject({ code: "store_unavailable" });
  expect(clock.waiting).toBe(0);
});
