import { expect, test } from "vitest";
import { LatencyMeter } from "./latency-meter.ts";

const startMs = 1_700_000_000_000;

test("knows nothing before it has seen anything", () => {
  expect(new LatencyMeter().estimateMs(startMs)).toBeUndefined();
});

test("rises at once and comes down by half of the difference in ten seconds", () => {
  const meter = new LatencyMeter();
  meter.observe(100, startMs);
  meter.observe(900, startMs);
  expect(meter.estimateMs(startMs)).toBe(900);
  meter.observe(100, startMs + 10_000);
  expect(meter.ms).toBeCloseTo(500);
});

test("a deployment that is not asked is forgiven with time", () => {
  const meter = new LatencyMeter();
  meter.observe(8000, startMs);
  expect(meter.estimateMs(startMs + 30_000)).toBeCloseTo(1000);
  expect(meter.ms).toBe(8000);
});

test("a clock that is set back raises nothing", () => {
  const meter = new LatencyMeter();
  meter.observe(100, startMs);
  expect(meter.estimateMs(startMs - 3_600_000)).toBe(100);
  meter.observe(50, startMs - 3_600_000);
  expect(meter.ms).toBe(100);
});
