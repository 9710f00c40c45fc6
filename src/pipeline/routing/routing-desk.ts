import type { Clock } from "../../clock.ts";
import { replayRules, type ReplayOptions, type RuleReplay } from "./replay-rules.ts";
import type { RuleSets } from "./rule-sets.ts";

/** What an operator does with rule sets. */
export interface RoutingDesk extends Pick<RuleSets, "list" | "use" | "rollback"> {
  /** Tries a declared set on recorded calls, the newest 100,000 at most. @throws HeadgateError `rule_set_not_found` */
  readonly replay: (version: string, sinceMs: number) => Promise<RuleReplay>;
}

export interface RoutingDeskOptions extends Pick<ReplayOptions, "store" | "priceOf"> {
  readonly ruleSets: RuleSets;
  readonly clock: Clock;
}

export function createRoutingDesk({ ruleSets, store, priceOf, clock }: RoutingDeskOptions): RoutingDesk {
  const { list, use, rollback } = ruleSets;
  return {
    list,
    use,
    rollback,
    replay: (version, sinceMs) =>
      replayRules({ version, sinceMs, untilMs: clock.now(), snapshot: ruleSets.snapshot, store, priceOf }),
  };
}
