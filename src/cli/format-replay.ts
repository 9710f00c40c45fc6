import { formatTable } from "./format-table.ts";
import type { RuleReplay } from "./open-routing.ts";

type Cost = RuleReplay["recorded"];

export function formatReplay(replay: RuleReplay): string {
  const { version, sinceMs, calls, otherCalls, movedCalls, moves, recorded, estimated } = replay;
  const since = new Date(sinceMs).toISOString();
  const others = otherCalls === 0 ? "" : ` ${otherCalls} more named their model, or have no features on record.`;
  if (calls === 0) return `No call since ${since} went by a rule set.${others}\n`;
  const head = ["FROM", "TO", "CALLS", "COST", "COST THERE", "MEDIAN", "MEDIAN THERE"];
  const rows = moves.map((move) => [
    move.from,
    move.to === move.from ? "(same)" : move.to,
    String(move.calls),
    formatCost(move.recorded, move.calls),
    formatCost(move.estimated, move.calls),
    formatMs(move.fromMedianMs),
    formatMs(move.toMedianMs),
  ]);
  const total = ["total", "", String(calls), formatCost(recorded, calls), formatCost(estimated, calls), "", ""];
  return [
    `${version} would send ${movedCalls} of ${calls} calls since ${since} elsewhere.${others}\n\n`,
    formatTable([head, ...rows, total]),
    ...(replay.isComplete ? [] : ["\nThere are more records: only the newest were looked at.\n"]),
    ...listUnknown(replay),
  ].join("");
}

function formatCost({ microUsd, unknownCalls }: Cost, calls: number): string {
  if (unknownCalls === calls) return "?";
  return `$${(microUsd / 1_000_000).toFixed(4)}${unknownCalls > 0 ? " + ?" : ""}`;
}

function formatMs(ms: number | null): string {
  return ms === null ? "?" : `${ms} ms`;
}

function listUnknown({ recorded, estimated }: RuleReplay): string[] {
  const unknown = Math.max(recorded.unknownCalls, estimated.unknownCalls);
  if (unknown === 0) return [];
  return [
    `\n? The price is not known: of ${recorded.unknownCalls} calls as recorded, of ${estimated.unknownCalls} as estimated.\n`,
  ];
}
