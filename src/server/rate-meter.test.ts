import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { RateMeter, type Rate } from "./rate-meter.ts";

const minute: Rate = { units: 60, windowMs: 60_000 };

function setup(maxSubjects?: number): { readonly clock: ManualClock; readonly meter: RateMeter } {
  const clock = createManualClock();
  return { clock, meter: new RateMeter({ clock, ...(maxSubjects === undefined ? {} : { maxSubjects }) }) };
}

/** Takes one unit if it is there. */
function tryTake(meter: RateMeter, rate: Rate, subject = "a"): boolean {
  if (meter.waitMs(subject, rate, 1) > 0) return false;
  meter.take(subject, rate, 1);
  return true;
}

function drain(meter: RateMeter, rate: Rate): number {
  let taken = 0;
  while (tryTake(meter, rate)) taken++;
  return taken;
}

const rates = record({
  units: integer({ min: 1, max: 2000 }),
  windowMs: constantFrom(1000, 60_000, 3_600_000, 86_400_000),
});

describe("a rate", () => {
  test("lets a whole window's units in at once, and then one each time that one comes back", () => {
    const { clock, meter } = setup();
    expect(drain(meter, minute)).toBe(60);
    expect(meter.waitMs("a", minute, 1)).toBe(1000);
    clock.advance(999);
    expect(tryTake(meter, minute)).toBe(false);
    clock.advance(1);
    expect(drain(meter, minute)).toBe(1);
    clock.advance(3_600_000);
    expect(drain(meter, minute)).toBe(60);
  });

  test("never lets more in than a window's units and what has come back, whenever requests come", () => {
    assert(
      property(rates, array(integer({ min: 0, max: 100 }), { maxLength: 300 }), (rate, waits) => {
        const { clock, meter } = setup();
        const startMs = clock.now();
        let taken = 0;
        for (const percent of waits) {
          clock.advance(Math.floor((rate.windowMs * percent) / 1000));
          for (let burst = 0; burst < 40; burst++) if (tryTake(meter, rate)) taken++;
          const most = rate.units + ((clock.now() - startMs) * rate.units) / rate.windowMs;
          expect(taken).toBeLessThanOrEqual(Math.floor(most + 1e-6));
        }
      }),
    );
  });

  test("takes exactly its units, whatever they divide the window into", () => {
    assert(
      property(rates, (rate) => {
        const { clock, meter } = setup();
        clock.advance(86_400_000 * 365);
        expect(drain(meter, rate)).toBe(rate.units);
      }),
    );
  });

  test("lets in whoever waits as long as it says, and nobody earlier", () => {
    assert(
      property(rates, integer({ min: 1, max: 3000 }), (rate, units) => {
        const { clock, meter } = setup();
        drain(meter, rate);
        const waitMs = meter.waitMs("a", rate, units);
        clock.advance(waitMs - 1);
        expect(meter.waitMs("a", rate, units)).toBe(1);
        clock.advance(1);
        expect(meter.waitMs("a", rate, units)).toBe(0);
      }),
    );
  });

  test("of less than one unit a window, as a share of several processes, lets in one at a time", () => {
    const { clock, meter } = setup();
    const half: Rate = { units: 0.5, windowMs: 1000 };
    expect(drain(meter, half)).toBe(1);
    clock.advance(1999);
    expect(drain(meter, half)).toBe(0);
    clock.advance(1);
    expect(drain(meter, half)).toBe(1);
  });

  test("says what is left, when one more is there, and when all are", () => {
    const { clock, meter } = setup();
    expect(meter.left("a", minute)).toEqual({ units: 60, nextMs: 0, fullMs: 0 });
    meter.take("a", minute, 10);
    expect(meter.left("a", minute)).toEqual({ units: 50, nextMs: 1000, fullMs: 10_000 });
    clock.advance(400);
    expect(meter.left("a", minute)).toEqual({ units: 50, nextMs: 600, fullMs: 9600 });
    clock.advance(600);
    expect(meter.left("a", minute)).toEqual({ units: 51, nextMs: 1000, fullMs: 9000 });
  });
});

describe("what is taken", () => {
  test("and given back at once leaves no trace", () => {
    const { meter } = setup();
    meter.take("a", minute, 7);
    meter.take("a", minute, -7);
    expect(meter.left("a", minute).units).toBe(60);
    expect(meter.subjects).toBe(0);
  });

  test("cannot be given back beyond what there was", () => {
    const { clock, meter } = setup();
    meter.take("a", minute, 30);
    clock.advance(20_000);
    meter.take("a", minute, -30);
    expect(drain(meter, minute)).toBe(60);
  });

  test("beyond the rate is waited for", () => {
    const { clock, meter } = setup();
    meter.take("a", minute, 90);
    expect(meter.left("a", minute).units).toBe(0);
    expect(meter.waitMs("a", minute, 1)).toBe(31_000);
    clock.advance(31_000);
    expect(drain(meter, minute)).toBe(1);
  });

  test("beyond all reason is waited for at most an hour", () => {
    const { clock, meter } = setup();
    meter.take("a", minute, 1e15);
    clock.advance(3_601_000);
    expect(tryTake(meter, minute)).toBe(true);
  });

  test("by one subject is nothing to another", () => {
    const { meter } = setup();
    drain(meter, minute);
    expect(meter.waitMs("b", minute, 1)).toBe(0);
  });
});

test("more units than a window has are let in when nothing is used", () => {
  const { clock, meter } = setup();
  meter.take("a", minute, 1);
  expect(meter.waitMs("a", minute, 1000)).toBe(1000);
  clock.advance(1000);
  expect(meter.waitMs("a", minute, 1000)).toBe(0);
});

test("a clock that is set back locks nobody out", () => {
  let nowMs = 1_000_000_000;
  const meter = new RateMeter({ clock: { now: () => nowMs } });
  drain(meter, minute);
  nowMs -= 500_000_000;
  expect(meter.waitMs("a", minute, 1)).toBe(1000);
  nowMs += 1000;
  expect(drain(meter, minute)).toBe(1);
});

describe("a meter with no room for one more subject", () => {
  test("forgets one that has nothing taken", () => {
    const { clock, meter } = setup(3);
    meter.take("busy", minute, 50);
    meter.take("idle", minute, 1);
    meter.take("busy too", minute, 50);
    clock.advance(1000);
    meter.take("new", minute, 1);
    expect(meter.subjects).toBe(3);
    expect(meter.left("busy", minute).units).toBe(11);
    expect(meter.left("busy too", minute).units).toBe(11);
  });

  test("forgets the one with the least taken, where all have some", () => {
    const { meter } = setup(2);
    meter.take("much", minute, 50);
    meter.take("little", minute, 2);
    meter.take("new", minute, 1);
    expect(meter.subjects).toBe(2);
    expect(meter.left("much", minute).units).toBe(10);
    expect(meter.left("little", minute).units).toBe(60);
  });
});
