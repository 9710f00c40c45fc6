import { describe, expect, test } from "vitest";
import type { Deployment } from "../../../endpoint/snapshot.ts";
import type { ErrorCode } from "../../../errors.ts";
import { createManualClock } from "../../../testing/manual-clock.ts";
import { chooseDeployment } from "./choose-deployment.ts";
import { HealthBoard } from "./health-board.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Turn } from "./turn.ts";

interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly code: ErrorCode;
  readonly afterMs: number;
  /** Names of the models that are down. @default all */
  readonly of?: readonly string[];
}

interface LoadOptions {
  readonly deployments: readonly Deployment[];
  readonly requestsPerSecond: number;
  readonly lastsMs: number;
  readonly latencyMs: number;
  readonly outage: Outage;
}

interface Outcome {
  readonly atMs: number;
  attempts: number;
  isOk?: boolean;
}

/** A request is tried three times at most, at another deployment if there is one, and never waits for a breaker. */
function runLoad({ deployments, requestsPerSecond, lastsMs, latencyMs, outage }: LoadOptions): Outcome[] {
  const clock = createManualClock();
  const startMs = clock.now();
  const board = new HealthBoard({ clock });
  const budget = new RetryBudget();
  const outcomes: Outcome[] = [];

  const end = (outcome: Outcome, isOk: boolean): void => {
    outcome.isOk = isOk;
    budget.leave();
  };
  const attempt = (outcome: Outcome, exclude: Set<Deployment>, isRetry: boolean): void => {
    const turn = chooseDeployment(deployments, board, { nowMs: clock.now(), random: () => clock.random(), exclude });
    if (!(turn instanceof Turn)) {
      if (isRetry) budget.give();
      end(outcome, false);
      return;
    }
    outcome.attempts += 1;
    const sinceMs = clock.now() - startMs;
    const isHit = outage.of?.includes(turn.deployment.model) ?? true;
    const isDown = isHit && sinceMs >= outage.fromMs && sinceMs < outage.untilMs;
    clock.after(isDown ? outage.afterMs : latencyMs, () => {
      if (isRetry) budget.give();
      if (!isDown) {
        turn.finish(clock.now());
        end(outcome, true);
        return;
      }
      turn.fail(outage.code, clock.now());
      if (outcome.attempts >= 3 || !budget.take()) {
        end(outcome, false);
        return;
      }
      if (exclude.size + 1 < deployments.length) exclude.add(turn.deployment);
      clock.after(deployments.length > 1 ? 0 : 250, () => attempt(outcome, exclude, true));
    });
  };

  const everyMs = 1000 / requestsPerSecond;
  for (let atMs = 0; atMs < lastsMs; atMs += everyMs) {
    clock.advance(startMs + atMs - clock.now());
    const outcome: Outcome = { atMs, attempts: 0 };
    outcomes.push(outcome);
    budget.enter();
    attempt(outcome, new Set(), false);
  }
  clock.advance(60_000);
  expect(budget.active).toBe(0);
  expect(budget.retries).toBe(0);
  return outcomes;
}

function places(count: number): Deployment[] {
  return Array.from({ length: count }, (_, index) => ({ provider: "acme", model: `m${index}`, weight: 1 }));
}

function attemptsPerRequest(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { attempts }) => sum + attempts, 0) / outcomes.length;
}

const minute = { fromMs: 0, untilMs: 60_000 };

describe("a model that is down for a minute", () => {
  test.each([
    { count: 1, rate: 2, code: "provider_unavailable", afterMs: 5 },
    { count: 1, rate: 10, code: "provider_unavailable", afterMs: 5 },
    { count: 1, rate: 100, code: "provider_unavailable", afterMs: 5 },
    { count: 1, rate: 20, code: "provider_overloaded", afterMs: 50 },
    { count: 1, rate: 50, code: "provider_silent", afterMs: 2000 },
    { count: 2, rate: 20, code: "provider_unavailable", afterMs: 5 },
    { count: 3, rate: 50, code: "provider_overloaded", afterMs: 20 },
  ] as const)(
    "gets at most 1.2 calls a request: $count deployments, $rate a second, $code after $afterMs ms",
    ({ count, rate, code, afterMs }) => {
      const outage = { ...minute, code, afterMs };
      const load = { deployments: places(count), requestsPerSecond: rate, lastsMs: 60_000, latencyMs: 100, outage };
      const outcomes = runLoad(load);
      expect(attemptsPerRequest(outcomes)).toBeLessThanOrEqual(1.2);
      // A retry of one that began at its end may come after it.
      const during = outcomes.filter(({ atMs }) => atMs < 55_000);
      expect(during.every(({ isOk }) => isOk === false)).toBe(true);
    },
  );

  test.each([10, 50, 200])("is asked at least once a second all the while, at %d requests a second", (rate) => {
    const outage = { ...minute, code: "provider_unavailable", afterMs: 5 } as const;
    const load = { deployments: places(1), requestsPerSecond: rate, lastsMs: 60_000, latencyMs: 100, outage };
    const asked = runLoad(load).filter(({ attempts }) => attempts > 0);
    const gaps = asked.slice(1).map(({ atMs }, index) => atMs - asked[index]!.atMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1000 + 1000 / rate + 5);
  });
});

describe("a model that comes back", () => {
  test.each([
    { rate: 5, code: "provider_unavailable", latencyMs: 100 },
    { rate: 50, code: "provider_unavailable", latencyMs: 100 },
    { rate: 50, code: "provider_overloaded", latencyMs: 500 },
    { rate: 200, code: "provider_unavailable", latencyMs: 100 },
    { rate: 100, code: "provider_overloaded", latencyMs: 900 },
  ] as const)(
    "serves every request from two seconds after: $rate a second, $code, $latencyMs ms to answer",
    ({ rate, code, latencyMs }) => {
      for (const untilMs of [20_000, 20_333, 20_777, 65_500]) {
        const outage = { fromMs: 5000, untilMs, code, afterMs: 20 };
        const outcomes = runLoad({
          deployments: places(1),
          requestsPerSecond: rate,
          lastsMs: untilMs + 10_000,
          latencyMs,
          outage,
        });
        const failedLast = outcomes.findLast(({ isOk }) => !isOk);
        expect(failedLast?.atMs).toBeGreaterThan(5000);
        expect(failedLast!.atMs - untilMs).toBeLessThanOrEqual(2000);
      }
    },
  );
});

test("with one of two deployments down nearly every request is served, and hardly any is called twice", () => {
  const outage = { ...minute, code: "provider_unavailable", afterMs: 20, of: ["m0"] } as const;
  const load = { deployments: places(2), requestsPerSecond: 50, lastsMs: 60_000, latencyMs: 100, outage };
  const outcomes = runLoad(load);
  expect(outcomes.filter(({ isOk }) => isOk).length / outcomes.length).toBeGreaterThanOrEqual(0.999);
  expect(attemptsPerRequest(outcomes)).toBeLessThanOrEqual(1.05);
});
