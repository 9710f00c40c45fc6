import { automaticRoute } from "./define-routing.ts";
import type { DefinitionSource } from "./definition-source.ts";
import { isRecord } from "../json.ts";
import type { TargetNames } from "./load-config.ts";
import { suggestName } from "../nearest-name.ts";

/** Reports names in rule sets and budgets that stand for no model or tier. Works on the raw definition. */
export function checkMoney(
  definition: Readonly<Record<string, unknown>>,
  targets: TargetNames,
  source: DefinitionSource,
): void {
  for (const { path, name } of [...listRuleTargets(definition["routes"]), ...listDowngrades(definition["budgets"])]) {
    if (typeof name !== "string" || name === "" || isTarget(name, targets)) continue;
    source.report(path, `No tier or model is called "${name}": declare it.${suggestName(name, targets.names)}`);
  }
  checkVersion(definition["routes"], source);
  for (const kind of ["models", "tiers"]) {
    const names = definition[kind];
    if (!isRecord(names) || !Object.hasOwn(names, automaticRoute)) continue;
    source.report([kind, automaticRoute], `"${automaticRoute}" stands for what the rule set chooses: rename it.`);
  }
}

export function isTarget(name: string, { names, providers }: TargetNames): boolean {
  const slash = name.indexOf("/");
  return names.has(name) || (slash > 0 && slash < name.length - 1 && providers.has(name.slice(0, slash)));
}

interface NamedTarget {
  readonly path: readonly (string | number)[];
  readonly name: unknown;
}

function listRuleTargets(routes: unknown): NamedTarget[] {
  const sets = isRecord(routes) && isRecord(routes["sets"]) ? Object.entries(routes["sets"]) : [];
  return sets.flatMap(([version, set]) => {
    if (!isRecord(set)) return [];
    const rules: unknown[] = Array.isArray(set["rules"]) ? set["rules"] : [];
    const targets = rules.map((rule, index): NamedTarget => ({
      path: ["routes", "sets", version, "rules", index, "use"],
      name: isRecord(rule) ? rule["use"] : undefined,
    }));
    targets.push({ path: ["routes", "sets", version, "otherwise"], name: set["otherwise"] });
    return targets;
  });
}

function listDowngrades(budgets: unknown): NamedTarget[] {
  return Object.entries(isRecord(budgets) ? budgets : {}).map(([budget, value]) => ({
    path: ["budgets", budget, "downgradeTo"],
    name: isRecord(value) ? value["downgradeTo"] : undefined,
  }));
}

function checkVersion(routes: unknown, source: DefinitionSource): void {
  if (!isRecord(routes) || typeof routes["use"] !== "string" || !isRecord(routes["sets"])) return;
  const versions = Object.keys(routes["sets"]);
  if (versions.includes(routes["use"])) return;
  source.report(
    ["routes", "use"],
    `No rule set is called "${routes["use"]}": declare it in sets.${suggestName(routes["use"], versions)}`,
  );
}
