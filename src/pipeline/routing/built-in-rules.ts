import type { RuleSet, Snapshot } from "../../endpoint/snapshot.ts";

/**
 * What chooses in a project that declares no rule sets. What kind of work it is says more than how long it is, so tasks
 * come first.
 */
const builtInRules: RuleSet = {
  version: "default",
  rules: [
    { when: { task: ["classification", "extraction"] }, use: "fast" },
    { when: { task: ["coding", "analysis"] }, use: "smart" },
    { when: { tokens: { atMost: 499 } }, use: "fast" },
    { when: { tokens: { atLeast: 2001 } }, use: "smart" },
  ],
  otherwise: "standard",
};

/** The sets that can be in force, by version. */
export function listRuleSets({ routing }: Pick<Snapshot, "routing">): ReadonlyMap<string, RuleSet> {
  return routing?.sets ?? builtInSets;
}

const builtInSets: ReadonlyMap<string, RuleSet> = new Map([[builtInRules.version, builtInRules]]);

/** The set in force. */
export function findRuleSet({ routing }: Pick<Snapshot, "routing">): RuleSet {
  return routing?.sets.get(routing.use) ?? builtInRules;
}

export function isBuiltIn(set: RuleSet): boolean {
  return set === builtInRules;
}

/** The name that stands for a set's choice: a project without one of the usual tiers has its calls answered by `standard`. */
export function resolveChoice(set: RuleSet, use: string, { models, tiers }: Snapshot): string {
  return !isBuiltIn(set) || tiers.has(use) || models.has(use) ? use : set.otherwise;
}
