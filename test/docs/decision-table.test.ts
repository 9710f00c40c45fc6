import { expect, test } from "vitest";
import type { Call } from "../../src/call.ts";
import { defaultResilience } from "../../src/endpoint/default-resilience.ts";
import type { ModelEntry } from "../../src/endpoint/snapshot.ts";
import { toAttemptLimits } from "../../src/pipeline/resilience/attempt-limits.ts";
import { describeDecisions } from "../../src/pipeline/resilience/decisions.ts";
import { readTable } from "./read-table.ts";

const page = "guide/resilience.md";

test("the guide's decision table is the one that calls are decided by", () => {
  const rows = describeDecisions().map(({ when, code, decision, why }) => [when, `\`${code}\``, decision, why]);
  expect(readTable(page, "| seen | code | decision | why |")).toEqual(rows);
});

test("the guide explains each decision", () => {
  const decided = new Set(describeDecisions().map(({ decision }) => decision));
  const explained = readTable(page, "| decision | what is asked next |").map(([decision]) => decision);
  expect(new Set(explained)).toEqual(decided);
});

test("the guide's timeouts are those that hold where none are declared", () => {
  const model: ModelEntry = { name: "m", deployments: [{ provider: "p", model: "m", weight: 1 }] };
  const rows = [
    toRow("nothing stands by", model, false),
    toRow("another model or deployment stands by", model, true),
    toRow("the same, and the model thinks", { ...model, capabilities: ["reasoning"] }, true),
  ];
  expect(readTable(page, "| | first token | between content | whole answer |")).toEqual(rows);
});

function toRow(name: string, model: ModelEntry, hasOther: boolean): string[] {
  const snapshot = { resilience: defaultResilience };
  const call = { deadlineMs: Number.MAX_SAFE_INTEGER, settings: {}, snapshot } as unknown as Call;
  const { firstTokenMs, betweenContentMs, wholeAnswerMs } = toAttemptLimits(call, { model, hasOther, nowMs: 0 });
  return [name, toText(firstTokenMs), toText(betweenContentMs), toText(wholeAnswerMs)];
}

function toText(ms: number): string {
  return Number.isFinite(ms) ? `${ms / 1000} s` : "the deadline";
}
