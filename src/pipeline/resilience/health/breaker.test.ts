import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Breaker, type BreakerState } from "./breaker.ts";

const startMs = 1_700_000_000_000;

function createBreaker(random = 0): { breaker: Breaker; changes: string[] } {
  const changes: string[] = [];
  const onChange = (from: BreakerState, to: BreakerState): number => changes.push(`${from}>${to}`);
  return { breaker: new Breaker({ random: () => random, onChange }), changes };
}

function call(breaker: Breaker, nowMs: number, isOk: boolean): void {
  expect(breaker.admit(nowMs)).not.toBe("no");
  if (isOk) breaker.succeed(breaker.ticket, nowMs);
  else breaker.fail(breaker.ticket, nowMs);
}

function openUp(breaker: Breaker, nowMs: number): void {
  for (let failure = 0; failure < 5; failure += 1) call(breaker, nowMs, false);
}

describe("opening", () => {
  test("at the fifth failure in a row, and no sooner", () => {
    const { breaker, changes } = createBreaker();
    for (let failure = 0; failure < 4; failure += 1) call(breaker, startMs + failure * 60_000, false);
    expect(breaker.state(startMs + 180_000)).toBe("closed");
    call(breaker, startMs + 240_000, false);
    expect(breaker.admit(startMs + 240_000)).toBe("no");
    expect(changes).toEqual(["closed>open"]);
  });

  test("a success begins the row anew", () => {
    const { breaker } = createBreaker();
    for (const isOk of [false, false, false, false, true, false, false, false, false]) call(breaker, startMs, isOk);
    expect(breaker.state(startMs)).toBe("closed");
    expect(breaker.consecutiveFailures).toBe(4);
  });

  test("when half of ten results are failures", () => {
    const { breaker } = createBreaker();
    for (const isOk of [true, false, true, false, true, false, true, false, true]) call(breaker, startMs, isOk);
    expect(breaker.state(startMs)).toBe("closed");
    call(breaker, startMs, false);
    expect(breaker.state(startMs)).toBe("open");
  });

  test("not when less than half of many are", () => {
    const { breaker } = createBreaker();
    for (let round = 0; round < 100; round += 1) for (const isOk of [true, false, true]) call(breaker, startMs, isOk);
    expect(breaker.state(startMs)).toBe("closed");
  });

  test("results older than ten seconds are forgotten", () => {
    const { breaker } = createBreaker();
    for (let round = 0; round < 4; round += 1) for (const isOk of [true, false]) call(breaker, startMs, isOk);
    for (const isOk of [true, false]) call(breaker, startMs + 10_000, isOk);
    expect(breaker.state(startMs + 10_000)).toBe("closed");
    expect(breaker.resultsInWindow(startMs + 10_000)).toBe(2);
    expect(breaker.failuresInWindow(startMs + 10_000)).toBe(1);
  });

  test("streams that begin well and all break open it, and are one result each", () => {
    const { breaker } = createBreaker();
    for (let stream = 0; stream < 10; stream += 1) {
      expect(breaker.admit(startMs)).toBe("yes");
      breaker.succeed(breaker.ticket, startMs);
    }
    for (let stream = 0; stream < 4; stream += 1) breaker.fail(breaker.ticket, startMs, true);
    expect(breaker.resultsInWindow(startMs)).toBe(10);
    expect(breaker.state(startMs)).toBe("closed");
    breaker.fail(breaker.ticket, startMs, true);
    expect(breaker.state(startMs)).toBe("open");
  });

  test("what says nothing changes nothing", () => {
    const { breaker } = createBreaker();
    for (let round = 0; round < 4; round += 1) call(breaker, startMs, false);
    breaker.ignore(breaker.ticket);
    expect(breaker.consecutiveFailures).toBe(4);
    expect(breaker.resultsInWindow(startMs)).toBe(4);
  });
});

describe("coming back", () => {
  test.each([
    [0, 1000],
    [0.999, 800.2],
  ])("with chance at %d one probe is let through after %d ms", (random, waitMs) => {
    const { breaker } = createBreaker(random);
    openUp(breaker, startMs);
    expect(breaker.retryAtMs(startMs)).toBeCloseTo(startMs + waitMs, 2);
    expect(breaker.admit(startMs + waitMs - 1)).toBe("no");
    expect(breaker.state(startMs + waitMs + 1)).toBe("half-open");
    expect(breaker.admit(startMs + waitMs + 1)).toBe("probe");
    expect(breaker.admit(startMs + waitMs + 1)).toBe("no");
  });

  test("a probe that succeeds closes it and clears the counts", () => {
    const { breaker, changes } = createBreaker();
    openUp(breaker, startMs);
    call(breaker, startMs + 1000, true);
    expect(breaker.state(startMs + 1000)).toBe("closed");
    expect(breaker.consecutiveFailures).toBe(0);
    expect(breaker.failuresInWindow(startMs + 1000)).toBe(0);
    expect(changes).toEqual(["closed>open", "open>half-open", "half-open>closed"]);
  });

  test("a probe that fails opens it for as long again, however often", () => {
    const { breaker } = createBreaker();
    openUp(breaker, startMs);
    for (let second = 1; second <= 30; second += 1) {
      call(breaker, startMs + second * 1000, false);
      expect(breaker.retryAtMs(startMs + second * 1000)).toBe(startMs + (second + 1) * 1000);
    }
  });

  test("a probe that was cancelled frees its place at once", () => {
    const { breaker } = createBreaker();
    openUp(breaker, startMs);
    expect(breaker.admit(startMs + 1000)).toBe("probe");
    breaker.ignore(breaker.ticket);
    expect(breaker.admit(startMs + 1001)).toBe("probe");
  });

  test("a probe that never reports frees its place after a second", () => {
    const { breaker } = createBreaker();
    openUp(breaker, startMs);
    expect(breaker.admit(startMs + 1000)).toBe("probe");
    expect(breaker.admit(startMs + 1999)).toBe("no");
    expect(breaker.admit(startMs + 2000)).toBe("probe");
  });

  test("a probe that took more than a second still closes it, and its failure harms no later probe", () => {
    for (const isOk of [true, false]) {
      const { breaker } = createBreaker();
      openUp(breaker, startMs);
      breaker.admit(startMs + 1000);
      const late = breaker.ticket;
      breaker.admit(startMs + 2000);
      if (isOk) breaker.succeed(late, startMs + 2500);
      else breaker.fail(late, startMs + 2500);
      expect(breaker.state(startMs + 2500)).toBe(isOk ? "closed" : "half-open");
    }
  });
});

describe("results of calls that began before", () => {
  test("neither close it, nor free the probe's place, nor open it again", () => {
    const { breaker } = createBreaker();
    breaker.admit(startMs);
    const old = breaker.ticket;
    openUp(breaker, startMs);
    breaker.succeed(old, startMs + 500);
    expect(breaker.state(startMs + 500)).toBe("open");
    expect(breaker.admit(startMs + 1000)).toBe("probe");
    breaker.succeed(old, startMs + 1000);
    breaker.fail(old, startMs + 1000);
    breaker.ignore(old);
    expect(breaker.admit(startMs + 1000)).toBe("no");
    breaker.succeed(breaker.ticket, startMs + 1001);
    for (let failure = 0; failure < 20; failure += 1) breaker.fail(old, startMs + 1002);
    expect(breaker.state(startMs + 1002)).toBe("closed");
  });
});

describe("a bench", () => {
  test("keeps calls away whatever the state, and is over with time alone", () => {
    const { breaker } = createBreaker();
    breaker.admit(startMs);
    breaker.bench(startMs + 5000, startMs);
    breaker.succeed(breaker.ticket, startMs + 1);
    expect(breaker.state(startMs + 1)).toBe("closed");
    expect(breaker.admit(startMs + 4999)).toBe("no");
    expect(breaker.retryAtMs(startMs + 1)).toBe(startMs + 5000);
    expect(breaker.admit(startMs + 5000)).toBe("yes");
    expect(breaker.benchedUntilMs(startMs + 5000)).toBeUndefined();
  });

  test("outlasts the breaker's own second", () => {
    const { breaker } = createBreaker();
    openUp(breaker, startMs);
    breaker.bench(startMs + 3000, startMs);
    expect(breaker.admit(startMs + 1000)).toBe("no");
    expect(breaker.admit(startMs + 3000)).toBe("probe");
  });

  test("is only ever made longer, and never beyond a minute from now", () => {
    const asks = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: -5000, max: 7_200_000 }), fc.boolean()),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(asks, (steps) => {
        const { breaker } = createBreaker();
        let nowMs = startMs;
        let untilMs = 0;
        for (const [ms, waitMs, isOk] of steps) {
          nowMs += ms;
          breaker.bench(nowMs + waitMs, nowMs);
          untilMs = Math.max(untilMs, nowMs + Math.min(waitMs, 60_000));
          if (isOk) breaker.succeed(breaker.ticket, nowMs);
          else breaker.ignore(breaker.ticket);
          expect(breaker.benchedUntilMs(nowMs)).toBe(untilMs > nowMs ? untilMs : undefined);
          expect(breaker.admit(nowMs) === "no").toBe(untilMs > nowMs);
        }
      }),
    );
  });
});

type Step =
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "admit" }
  | { readonly type: "report"; readonly pick: number; readonly as: "succeed" | "fail" | "ignore" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3000 }) }),
  fc.record({ type: fc.constant("admit" as const) }),
  fc.record({
    type: fc.constant("report" as const),
    pick: fc.nat(20),
    as: fc.constantFrom("fail" as const, "fail" as const, "succeed" as const, "ignore" as const),
  }),
);

test("never lets two probes out within a second, whatever is reported in which order", () => {
  let probesSeen = 0;
  let twice = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 20, maxLength: 150 }), (steps) => {
      const { breaker } = createBreaker();
      const out: { readonly ticket: number; readonly isProbe: boolean; readonly sinceMs: number }[] = [];
      let nowMs = startMs;
      openUp(breaker, nowMs);
      for (const step of steps) {
        if (step.type === "wait") nowMs += step.ms;
        else if (step.type === "admit") {
          const admission = breaker.admit(nowMs);
          if (admission === "no") continue;
          const isProbe = admission === "probe";
          if (isProbe) {
            probesSeen += 1;
            const others = out.filter((other) => other.isProbe && breaker.isCurrent(other.ticket));
            twice += others.filter(({ sinceMs }) => nowMs - sinceMs < 1000).length;
          }
          out.push({ ticket: breaker.ticket, isProbe, sinceMs: nowMs });
        } else if (out.length > 0) {
          const [reported] = out.splice(step.pick % out.length, 1);
          if (step.as === "ignore") breaker.ignore(reported!.ticket);
          else breaker[step.as](reported!.ticket, nowMs);
        }
      }
      expect(twice).toBe(0);
    }),
    { numRuns: 300 },
  );
  expect(probesSeen).toBeGreaterThan(300);
});

test("a clock that is set back by an hour keeps nobody away for an hour", () => {
  const { breaker } = createBreaker();
  openUp(breaker, startMs);
  const backMs = startMs - 3_600_000;
  expect(breaker.admit(backMs)).toBe("no");
  expect(breaker.admit(backMs + 1000)).toBe("probe");
  expect(breaker.admit(backMs - 60_000)).toBe("no");
  expect(breaker.admit(backMs - 59_000)).toBe("probe");
  breaker.bench(backMs + 60_000, backMs);
  expect(breaker.benchedUntilMs(backMs - 3_600_000)).toBe(backMs - 3_600_000 + 60_000);
});
