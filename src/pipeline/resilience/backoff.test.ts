import { expect, test } from "vitest";
import { computeBackoffMs } from "./backoff.ts";

test("the wait doubles up to its cap, with full jitter", () => {
  const bounds = [1, 2, 3, 4, 5, 6, 60].map((retry) => computeBackoffMs(retry, { random: () => 1 }));
  expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  expect(computeBackoffMs(3, { random: () => 0 })).toBe(0);
  expect(computeBackoffMs(3, { random: () => 0.25 })).toBe(500);
});
