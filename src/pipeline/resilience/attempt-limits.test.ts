import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { ModelEntry } from "../../endpoint/snapshot.ts";
import { toAttemptLimits } from "./attempt-limits.ts";

const model: ModelEntry = { name: "m", deployments: [{ provider: "p", model: "m", weight: 1 }] };

function createCall(settings: Call["settings"] = {}, timeouts = {}, leftMs = 600_000): Call {
  const snapshot = { resilience: { ...defaultResilience, timeouts } };
  return { deadlineMs: leftMs, settings, snapshot } as unknown as Call;
}

describe("where another stands by", () => {
  const options = { model, hasOther: true, nowMs: 0 };

  test("a model has a short while", () => {
    expect(toAttemptLimits(createCall(), options)).toEqual({
      firstTokenMs: 10_000,
      betweenContentMs: 15_000,
      wholeAnswerMs: 60_000,
    });
  });

  test.each([{ reasoningEffort: "low" } as const, { reasoningTokens: 100 }])(
    "one that thinks has longer: %o",
    (settings) => {
      expect(toAttemptLimits(createCall(settings), options)).toMatchObject({
        firstTokenMs: 60_000,
        betweenContentMs: 60_000,
        wholeAnswerMs: 300_000,
      });
    },
  );

  test("one that can think has longer, unless it is told not to", () => {
    const thinker: ModelEntry = { ...model, capabilities: ["reasoning"] };
    expect(toAttemptLimits(createCall(), { ...options, model: thinker }).firstTokenMs).toBe(60_000);
    const told = createCall({ reasoningEffort: "none" });
    expect(toAttemptLimits(told, { ...options, model: thinker }).firstTokenMs).toBe(10_000);
  });

  test("half of the time that is left is left to it", () => {
    expect(toAttemptLimits(createCall({}, {}, 8000), options)).toEqual({
      firstTokenMs: 4000,
      betweenContentMs: 15_000,
      wholeAnswerMs: 4000,
    });
  });
});

test("a model that is alone has as long as the request", () => {
  expect(toAttemptLimits(createCall({}, {}, 8000), { model, hasOther: false, nowMs: 0 })).toEqual({
    firstTokenMs: 60_000,
    betweenContentMs: 60_000,
    wholeAnswerMs: Number.POSITIVE_INFINITY,
  });
});

test("what the model declares wins over what the project declares, and that over the rest", () => {
  const own: ModelEntry = { ...model, timeouts: { firstTokenMs: 1 } };
  const call = createCall({}, { firstTokenMs: 2, betweenContentMs: 3 });
  expect(toAttemptLimits(call, { model: own, hasOther: true, nowMs: 0 })).toEqual({
    firstTokenMs: 1,
    betweenContentMs: 3,
    wholeAnswerMs: 60_000,
  });
});
