import { expect, test } from "vitest";
import { readEnvironment } from "./config.ts";

test("times of stopping are read in seconds, which may have fractions", () => {
  const { drainMs, lameDuckMs } = readEnvironment({
    HEADGATE_DRAIN_SECONDS: "45",
    HEADGATE_LAME_DUCK_SECONDS: " 0.5 ",
  });
  expect([drainMs, lameDuckMs]).toEqual([45_000, 500]);
  expect(readEnvironment({ HEADGATE_DRAIN_SECONDS: "" }).drainMs).toBeUndefined();
});

test.each(["-1", "soon", "3601", "Infinity", "NaN"])("%s is no time of stopping", (text) => {
  expect(() => readEnvironment({ HEADGATE_DRAIN_SECONDS: text })).toThrow(
    "HEADGATE_DRAIN_SECONDS must be a number of seconds from 0 to 3600.",
  );
});
