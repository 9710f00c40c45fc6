import { expect, test } from "vitest";
import { nameConfiguration, planSteps } from "./configurations.ts";
import type { Measurement } from "./measure.ts";
import { noTokens } from "./prices.ts";
import type { Technique } from "./project.ts";
import { formatReport, judge, type Report } from "./savings-report.ts";

function makeMeasurement(on: readonly Technique[], costMicroUsd: number, score: number): Measurement {
  const total = { ...noTokens, calls: 10, costMicroUsd };
  return {
    on,
    seconds: 1,
    byTier: { fast: noTokens, standard: noTokens, smart: total },
    total,
    requests: 10,
    failures: 0,
    score,
    byFeature: new Map([["triage", { requests: 10, score }]]),
    costOf: new Map([["triage", costMicroUsd]]),
    spared: new Map([["join", { requests: 2, microUsd: 100_000 }]]),
  };
}

function makeReport(costMicroUsd: number, score: number): Report {
  const measured = [makeMeasurement([], 1_000_000, 96), makeMeasurement(["reuse"], costMicroUsd, score)];
  return { plan: planSteps(["reuse"]), measured: new Map(measured.map((of) => [nameConfiguration(of.on), of])) };
}

test("the bars hold for the money and for the quality", () => {
  expect(judge(makeReport(400_000, 95), false)).toEqual({
    ok: true,
    lines: ["savings: 60.0 % saved at a quality loss of 1.0 points (bars: 60 %, 1 point)"],
  });
  expect(judge(makeReport(401_000, 95), false).ok).toBe(false);
  expect(judge(makeReport(400_000, 94.9), false).ok).toBe(false);
  expect(judge(makeReport(500_000, 94), true).ok).toBe(true);
});

test("the report splits what reuse has spared", () => {
  const report = formatReport(makeReport(400_000, 95));
  expect(report).toMatch(/\| reuse +\| single-flight +\| 2 +\| 0\.1000 +\| 10\.0 +\|/);
  expect(report).toMatch(/\| triage +\| 10 +\| 1\.0000 +\| 100\.0 +\| 0\.4000 +\| 60\.0 +\| 96\.00 +\| 95\.00 +\|/);
});
