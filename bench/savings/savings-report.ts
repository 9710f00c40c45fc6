import { nameConfiguration, type Plan } from "./configurations.ts";
import { tiers } from "./item.ts";
import type { Measurement } from "./measure.ts";
import { modelOf } from "./parameters.ts";
import type { Technique } from "./project.ts";

export interface Report {
  readonly plan: Plan;
  /** By the name of the configuration. */
  readonly measured: ReadonlyMap<string, Measurement>;
}

/** Least saving in percent, and most loss of quality in points. */
const bars = { savedPercent: 60, lostPoints: 1 };

/** In a short run questions are repeated less, and one wrong answer weighs more. */
const shortBars = { savedPercent: 50, lostPoints: 2 };

export function formatReport({ plan, measured }: Report): string {
  const off = find(measured, []);
  const all = find(measured, plan.together.at(-1)?.on ?? []);
  const header = [
    "technique",
    ...tiers.map((tier) => modelOf[tier]),
    "input tokens",
    "cached",
    "output tokens",
    "cost $",
    "saved %",
    "score",
    "loss",
  ];
  const row = (title: string, of: Measurement): readonly string[] => [
    title,
    ...tiers.map((tier) => String(of.byTier[tier].calls)),
    String(of.total.inputTokens),
    String(of.total.cachedInputTokens),
    String(of.total.outputTokens),
    toUsd(of.total.costMicroUsd),
    savedPercent(off, of).toFixed(1),
    of.score.toFixed(2),
    (off.score - of.score).toFixed(2),
  ];
  const alone = plan.alone.map(({ adds, on }) =>
    row(adds === "semantic" ? "reuse + semantic" : adds, find(measured, on)),
  );
  const together = plan.together.slice(1).map(({ adds, on }) => row(`... and ${adds}`, find(measured, on)));
  const first = plan.together.slice(0, 1).map(({ adds, on }) => row(adds, find(measured, on)));
  return [
    formatTable("Each technique alone", [header, row("everything off", off), ...alone]),
    formatTable("One after the other", [header, row("everything off", off), ...first, ...together]),
    formatTable("Answers that no model was asked for", listSpared(off, plan, measured)),
    formatTable("By feature, everything off and on", listFeatures(off, all)),
  ].join("\n\n");
}

/** Splits what reuse has spared: the savings of one run, by where its answers came from. */
function listSpared(off: Measurement, plan: Plan, measured: Report["measured"]): readonly (readonly string[])[] {
  const kinds = { hit: "exact reuse", join: "single-flight", semantic: "semantic reuse" } as const;
  const seen = new Set<string>();
  const rows = [...plan.alone, ...plan.together].flatMap(({ on }) => {
    const name = nameConfiguration(on);
    if (seen.has(name) || !on.includes("reuse")) return [];
    seen.add(name);
    const { spared } = find(measured, on);
    return Object.entries(kinds).flatMap(([status, title]) => {
      const of = spared.get(status as keyof typeof kinds);
      if (!of) return [];
      const percent = (100 * of.microUsd) / off.total.costMicroUsd;
      return [[name, title, String(of.requests), toUsd(of.microUsd), percent.toFixed(1)]];
    });
  });
  return [["configuration", "technique", "requests", "spared $", "% of everything off"], ...rows];
}

function listFeatures(off: Measurement, all: Measurement): readonly (readonly string[])[] {
  const rows = [...off.byFeature].map(([name, { requests, score }]) => {
    const [before, after] = [off.costOf.get(name) ?? 0, all.costOf.get(name) ?? 0];
    return [
      name,
      String(requests),
      toUsd(before),
      ((100 * before) / off.total.costMicroUsd).toFixed(1),
      toUsd(after),
      (100 * (1 - after / before)).toFixed(1),
      score.toFixed(2),
      (all.byFeature.get(name)?.score ?? 0).toFixed(2),
    ];
  });
  return [["feature", "requests", "off $", "% of cost", "on $", "saved %", "score off", "score on"], ...rows];
}

/** Holds the figures against the bars. */
export function judge(
  { plan, measured }: Report,
  isShort: boolean,
): { readonly ok: boolean; readonly lines: readonly string[] } {
  const off = find(measured, []);
  const all = find(measured, plan.together.at(-1)?.on ?? []);
  const saved = savedPercent(off, all);
  const lost = off.score - all.score;
  const { savedPercent: least, lostPoints: most } = isShort ? shortBars : bars;
  const failures = [...measured.values()].reduce((sum, of) => sum + of.failures, 0);
  const ordered = measured.get(nameConfiguration(["prompt-order"]));
  const lines = [
    ...(failures > 0 ? [`${failures} requests failed and were graded 0`] : []),
    ...(ordered
      ? [`against an app whose prompts are in that order already: ${savedPercent(ordered, all).toFixed(1)} % saved`]
      : []),
    `savings: ${saved.toFixed(1)} % saved at a quality loss of ${lost.toFixed(1)} points (bars: ${least} %, ${most} point${most === 1 ? "" : "s"})`,
  ];
  return { ok: saved >= least && lost <= most, lines };
}

/** For `--json`: by name of the configuration. */
export function toJson({ measured }: Report): Readonly<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [name, { byFeature, costOf, spared, ...of }] of measured) {
    const features: Record<string, unknown> = {};
    for (const [feature, scores] of byFeature) features[feature] = { ...scores, costMicroUsd: costOf.get(feature) };
    results[name] = { ...of, features, spared: Object.fromEntries(spared) };
  }
  return results;
}

function savedPercent(before: Measurement, after: Measurement): number {
  return 100 * (1 - after.total.costMicroUsd / before.total.costMicroUsd);
}

function find(measured: Report["measured"], on: readonly Technique[]): Measurement {
  const found = measured.get(nameConfiguration(on));
  if (!found) throw new Error(`${nameConfiguration(on)} was not measured.`);
  return found;
}

function toUsd(microUsd: number): string {
  return (microUsd / 1e6).toFixed(4);
}

function formatTable(title: string, rows: readonly (readonly string[])[]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`);
  return [`${title}:`, lines[0], `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...lines.slice(1)].join(
    "\n",
  );
}
