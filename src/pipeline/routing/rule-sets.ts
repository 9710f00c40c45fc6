import type { RuleSet, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { sha256 } from "../../ids.ts";
import { suggestName } from "../../nearest-name.ts";
import type { Switch } from "../../store/store.ts";
import { findRuleSet, listRuleSets } from "./built-in-rules.ts";

/** The project's rule sets, and which of them is in force. */
interface RuleSetList {
  readonly inForce: string;
  /** What is in force unless it is switched. */
  readonly declared: string;
  /** What a rollback leads to. Absent: nothing was switched. */
  readonly previous?: string;
  readonly sets: readonly RuleSet[];
}

export interface RuleSets {
  /** The project with the rule set in force. */
  readonly snapshot: Snapshot;
  readonly list: () => RuleSetList;
  /** Puts a declared set in force: at once in this process, within a second in others. @throws HeadgateError `rule_set_not_found` */
  readonly use: (version: string) => Promise<RuleSetList>;
  /** Goes back to the set before. @throws HeadgateError `rule_set_not_found` */
  readonly rollback: () => Promise<RuleSetList>;
}

export interface RuleSetsOptions {
  /** The project as it is declared now. */
  readonly declaredSnapshot: () => Snapshot;
  readonly switches: {
    readonly find: (name: string) => Switch | undefined;
    readonly set: (name: string, value: string) => Promise<void>;
  };
  /** Called once for a version that is switched to and not declared: the declared one stays in force. */
  readonly onUnknown: (version: string, declared: string) => void;
}

const switchName = "routes";

/** Rule sets that are switched while calls run: each call keeps the one that it began with. */
export function createRuleSets({ declaredSnapshot, switches, onUnknown }: RuleSetsOptions): RuleSets {
  let last:
    | { readonly declared: Snapshot; readonly version: string | undefined; readonly applied: Snapshot }
    | undefined;
  let told: string | undefined;

  function apply(): Snapshot {
    const declared = declaredSnapshot();
    const version = switches.find(switchName)?.value;
    if (last?.declared === declared && last.version === version) return last.applied;
    const isKnown = version === undefined || listRuleSets(declared).has(version);
    if (!isKnown && told !== version) onUnknown(version, findRuleSet(declared).version);
    told = isKnown ? undefined : version;
    const applied = isKnown && version !== undefined ? withRuleSet(declared, version) : declared;
    last = { declared, version, applied };
    return applied;
  }

  function list(): RuleSetList {
    const applied = apply();
    const declared = findRuleSet(declaredSnapshot()).version;
    const inForce = findRuleSet(applied).version;
    const before = switches.find(switchName)?.previous ?? declared;
    return {
      inForce,
      declared,
      ...(before === inForce ? {} : { previous: before }),
      sets: [...listRuleSets(applied).values()],
    };
  }

  async function use(version: string): Promise<RuleSetList> {
    const versions = [...listRuleSets(declaredSnapshot()).keys()];
    if (!versions.includes(version)) {
      throw new HeadgateError("rule_set_not_found", { detail: describeUnknown(version, versions) });
    }
    await switches.set(switchName, version);
    return list();
  }

  return {
    get snapshot() {
      return apply();
    },
    list,
    use,
    rollback: async () => {
      const { previous } = list();
      if (previous !== undefined) return use(previous);
      throw new HeadgateError("rule_set_not_found", { detail: "No rule set was in force before this one." });
    },
  };
}

/** @param versions those that there are */
export function describeUnknown(version: string, versions: Iterable<string>): string {
  return `No rule set is called "${version}".${suggestName(version, versions)}`;
}

function withRuleSet(snapshot: Snapshot, version: string): Snapshot {
  const { id, routing } = snapshot;
  if (!routing || routing.use === version) return snapshot;
  return Object.freeze({
    ...snapshot,
    id: sha256(`${id} routes ${version}`).slice(0, id.length),
    routing: Object.freeze({ ...routing, use: version }),
  });
}
