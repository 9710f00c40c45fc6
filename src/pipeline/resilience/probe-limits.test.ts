import { expect, test } from "vitest";
import type { Call } from "../../call.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { ModelEntry } from "../../endpoint/snapshot.ts";
import { toAttemptLimits } from "./attempt-limits.ts";

const model: ModelEntry = { name: "m", deployments: [{ provider: "p", model: "m", weight: 1 }] };
const call = { deadlineMs: 600_000, settings: {}, snapshot: { resilience: defaultResilience } } as unknown as Call;
const options = { model, hasOther: true, nowMs: 0 };

test.each([
  { usualMs: 100, limitMs: 1000 },
  { usualMs: 2000, limitMs: 6000 },
  { usualMs: undefined, limitMs: 3000 },
])("where another stands by, a probe of a deployment that took $usualMs ms has $limitMs", ({ usualMs, limitMs }) => {
  const limits = toAttemptLimits(call, { ...options, probe: { usualMs, random: 0.25 } });
  expect(limits).toMatchObject({ firstTokenMs: limitMs, wholeAnswerMs: limitMs, betweenContentMs: 15_000 });
});

test("a probe never has longer than another call", () => {
  const limits = toAttemptLimits(call, { ...options, probe: { usualMs: 50_000, random: 0.9 } });
  expect(limits).toEqual(toAttemptLimits(call, options));
});

test("one in four has its time, so that a deployment that has become slow comes back", () => {
  const limits = toAttemptLimits(call, { ...options, probe: { usualMs: 100, random: 0.24 } });
  expect(limits).toEqual(toAttemptLimits(call, options));
});

test("a model that is alone or thinks has its time", () => {
  const probe = { usualMs: 100, random: 0.9 };
  const alone = { ...options, hasOther: false };
  expect(toAttemptLimits(call, { ...alone, probe })).toEqual(toAttemptLimits(call, alone));
  const thinks = { ...options, model: { ...model, capabilities: ["reasoning"] } satisfies ModelEntry };
  expect(toAttemptLimits(call, { ...thinks, probe })).toEqual(toAttemptLimits(call, thinks));
});

test("what is declared holds for a probe where it is shorter", () => {
  const declared = { ...options, model: { ...model, timeouts: { firstTokenMs: 500, wholeAnswerMs: 20_000 } } };
  const limits = toAttemptLimits(call, { ...declared, probe: { usualMs: 100, random: 0.9 } });
  expect(limits).toMatchObject({ firstTokenMs: 500, wholeAnswerMs: 1000 });
});
