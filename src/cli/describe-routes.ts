import type { TimeoutOptions } from "../endpoint/define-config.ts";
import type { Deployment, ModelEntry, Snapshot } from "../endpoint/snapshot.ts";

interface Candidate {
  readonly model: string;
  readonly deployments: readonly Deployment[];
  /** What is declared for it; what is absent hangs on the call. */
  readonly timeouts: TimeoutOptions;
}

/** A tier's models in the order in which they are asked. */
export interface DescribedRoute {
  /** Null: a model that no tier leads to. */
  readonly tier: string | null;
  readonly candidates: readonly Candidate[];
  /** False: when its one deployment fails, nothing takes over. */
  readonly hasStandby: boolean;
}

/** Every tier, then every model that stands in none. */
export function describeRoutes({ models, tiers, resilience }: Snapshot): readonly DescribedRoute[] {
  const inTiers = new Set([...tiers.values()].flat());
  const describe = (tier: string | null, names: readonly string[]): DescribedRoute => {
    const found = names.flatMap((name) => models.get(name) ?? []);
    return {
      tier,
      candidates: found.map((model) => toCandidate(model, resilience.timeouts)),
      hasStandby: found.flatMap(({ deployments }) => deployments).length > 1,
    };
  };
  const alone = [...models.keys()].filter((name) => !inTiers.has(name));
  return [...[...tiers].map(([tier, names]) => describe(tier, names)), ...alone.map((name) => describe(null, [name]))];
}

function toCandidate({ name, deployments, timeouts }: ModelEntry, general: TimeoutOptions): Candidate {
  return { model: name, deployments, timeouts: { ...general, ...timeouts } };
}
