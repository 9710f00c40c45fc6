import { expect, test } from "vitest";
import { errorCatalogue, type ErrorCode } from "../../../errors.ts";
import { DeploymentHealth } from "./deployment-health.ts";
import { judgeFailure } from "./judge-failure.ts";
import type { Turn } from "./turn.ts";

const deployment = { provider: "acme", model: "large", weight: 1 };
const startMs = 1_700_000_000_000;

function createHealth(): DeploymentHealth {
  return new DeploymentHealth(deployment, { random: () => 0 });
}

function begin(health: DeploymentHealth, nowMs = startMs): Turn {
  const turn = health.tryBegin(deployment, nowMs);
  if (!turn) throw new Error("There was no place.");
  return turn;
}

function failTimes(health: DeploymentHealth, code: ErrorCode, times: number, nowMs = startMs): void {
  for (let call = 0; call < times; call += 1) begin(health, nowMs).fail(code, nowMs);
}

const codes = Object.keys(errorCatalogue) as ErrorCode[];

test.each(codes.filter((code) => !["failed", "overloaded"].includes(judgeFailure(code))))(
  "%s opens no breaker",
  (code) => {
    const health = createHealth();
    failTimes(health, code, 50);
    expect(health.breaker.state(startMs)).toBe("closed");
    expect(health.breaker.resultsInWindow(startMs)).toBe(0);
    expect(health.lastFailure).toBeUndefined();
  },
);

test.each(codes.filter((code) => ["failed", "overloaded"].includes(judgeFailure(code))))(
  "%s five times in a row opens the breaker",
  (code) => {
    const health = createHealth();
    failTimes(health, code, 5);
    expect(health.tryBegin(deployment, startMs)).toBeUndefined();
    expect(health.report(startMs)).toMatchObject({ state: "open", consecutiveFailures: 5, lastFailure: code });
  },
);

test.each<[ErrorCode, number]>([
  ["provider_rate_limited", 716],
  ["provider_overloaded", 716],
  ["provider_silent", 716],
  ["provider_unavailable", 1024],
  ["request_cancelled", 1024],
])("after %s the limit is %d", (code, limit) => {
  const health = createHealth();
  failTimes(health, code, 1);
  expect(health.limit.limit).toBe(limit);
});

test("a deployment that answers others is full, not down, when it says that it has too much to do", () => {
  const health = createHealth();
  begin(health).finish(startMs + 200);
  failTimes(health, "provider_overloaded", 50, startMs + 1199);
  expect(health.report(startMs + 1199)).toMatchObject({ state: "closed", limit: 716, failuresInWindow: 0 });
  failTimes(health, "provider_overloaded", 5, startMs + 1200);
  expect(health.breaker.state(startMs + 1200)).toBe("open");
});

test("one that takes long answers seldom", () => {
  const health = createHealth();
  begin(health).finish(startMs + 2000);
  failTimes(health, "provider_overloaded", 50, startMs + 5999);
  expect(health.breaker.state(startMs + 5999)).toBe("closed");
  failTimes(health, "provider_overloaded", 5, startMs + 6000);
  expect(health.breaker.state(startMs + 6000)).toBe("open");
});

test("one that turns out to be down comes back with its room", () => {
  const health = createHealth();
  begin(health).finish(startMs + 1000);
  for (let ms = 0; ms < 2000; ms += 500) failTimes(health, "provider_overloaded", 1, startMs + 1000 + ms);
  expect(health.limit.limit).toBe(245);
  failTimes(health, "provider_overloaded", 5, startMs + 3000);
  expect(health.report(startMs + 3000)).toMatchObject({ state: "open", limit: 716 });
});

test("a probe that is told so opens the breaker again", () => {
  const health = createHealth();
  begin(health).finish(startMs);
  failTimes(health, "provider_unavailable", 5);
  const probe = begin(health, startMs + 1000);
  health.servedAtMs = startMs + 1000;
  probe.fail("provider_overloaded", startMs + 1000);
  expect(health.breaker.state(startMs + 1000)).toBe("open");
});

test("answers that come while half of the room is used make more of it", () => {
  const health = createHealth();
  const running = Array.from({ length: 600 }, () => begin(health));
  for (let call = 0; call < 1100; call += 1) {
    running.shift()?.finish(startMs + 100);
    running.push(begin(health));
  }
  expect(health.limit.limit).toBe(1025);
});

test("an outage of a minute does not take the room that the deployment needs when it is back", () => {
  const health = createHealth();
  failTimes(health, "provider_overloaded", 5);
  for (let second = 1; second <= 60; second += 1) failTimes(health, "provider_overloaded", 1, startMs + second * 1000);
  expect(health.limit.limit).toBe(716);
});

test("calls that hung before an outage was noticed take no room either, and no probe waits for their places", () => {
  const health = createHealth();
  const hanging = Array.from({ length: 1024 }, () => begin(health));
  expect(health.availability(startMs)).toBe("full");
  for (const turn of hanging.slice(0, 5)) turn.fail("provider_silent", startMs + 10_000);
  expect(health.breaker.state(startMs + 10_000)).toBe("open");
  const probe = begin(health, startMs + 11_000);
  expect(probe.isProbe).toBe(true);
  for (const [index, turn] of hanging.slice(5).entries()) turn.fail("provider_silent", startMs + 11_000 + index * 100);
  expect(health.limit.limit).toBe(716);
  expect(health.limit.inFlight).toBe(1);
});

test("a call counts as a success with its first content, and a break after it as a failure of the same call", () => {
  const health = createHealth();
  const turn = begin(health);
  turn.begin(startMs + 300);
  expect(health.report(startMs + 300)).toMatchObject({ latencyMs: 300, resultsInWindow: 1, failuresInWindow: 0 });
  turn.fail("stream_cut", startMs + 900);
  expect(health.report(startMs + 900)).toMatchObject({ resultsInWindow: 1, failuresInWindow: 1, inFlight: 0 });
});

test("a probe's first content closes the breaker, and its break midway counts", () => {
  const health = createHealth();
  failTimes(health, "provider_unavailable", 5);
  const probe = begin(health, startMs + 1000);
  probe.begin(startMs + 1100);
  expect(health.breaker.state(startMs + 1100)).toBe("closed");
  probe.fail("stream_cut", startMs + 1200);
  expect(health.breaker.consecutiveFailures).toBe(1);
});

test.each<[ErrorCode, "closed" | "half-open"]>([
  ["provider_rejected", "closed"],
  ["provider_rate_limited", "half-open"],
  ["request_cancelled", "half-open"],
])("a probe that ends with %s leaves the breaker %s, and its place free", (code, state) => {
  const health = createHealth();
  failTimes(health, "provider_unavailable", 5);
  begin(health, startMs + 1000).fail(code, startMs + 1001);
  expect(health.breaker.state(startMs + 1001)).toBe(state);
  expect(begin(health, startMs + 1001).isProbe).toBe(state === "half-open");
});

test("ends once, whatever it is told after", () => {
  const health = createHealth();
  const others = [begin(health), begin(health)];
  const turn = begin(health);
  turn.leave(startMs);
  turn.fail("provider_unavailable", startMs);
  turn.finish(startMs);
  turn.begin(startMs);
  expect(health.limit.inFlight).toBe(others.length);
  expect(health.breaker.resultsInWindow(startMs)).toBe(0);
});

test("a silent deployment counts as slow", () => {
  const health = createHealth();
  begin(health).fail("provider_silent", startMs + 9000);
  expect(health.latency.ms).toBe(9000);
});
