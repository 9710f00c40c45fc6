import { expect, test, vi } from "vitest";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createWatchdog } from "./watchdog.ts";

function setup(): {
  clock: ReturnType<typeof createManualClock>;
  onExpired: ReturnType<typeof vi.fn>;
  watchdog: ReturnType<typeof createWatchdog>;
} {
  const clock = createManualClock();
  const onExpired = vi.fn<() => void>();
  return { clock, onExpired, watchdog: createWatchdog({ clock, limitMs: 1000, onExpired }) };
}

test("an exchange that does not end within the limit is reported once", () => {
  const { clock, onExpired, watchdog } = setup();
  watchdog.begin();
  clock.advance(999);
  expect(onExpired).not.toHaveBeenCalled();
  clock.advance(10_000);
  expect(onExpired).toHaveBeenCalledTimes(1);
});

test("the limit is for one exchange: each that ends gives the next its full time", () => {
  const { clock, onExpired, watchdog } = setup();
  watchdog.begin();
  watchdog.begin();
  clock.advance(900);
  watchdog.end();
  clock.advance(900);
  expect(onExpired).not.toHaveBeenCalled();
  clock.advance(100);
  expect(onExpired).toHaveBeenCalledTimes(1);
});

test("nothing is watched when nothing is under way, nor after a reset", () => {
  const { clock, onExpired, watchdog } = setup();
  watchdog.begin();
  watchdog.end();
  watchdog.begin();
  watchdog.reset();
  expect(clock.waiting).toBe(0);
  clock.advance(10_000);
  expect(onExpired).not.toHaveBeenCalled();
});
