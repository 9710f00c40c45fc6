import type { Route, Target } from "../../call.ts";
import type { ModelEntry, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";

/** By rule, then by declared name: both come from the project, so there are not many. */
type Routes = Map<string, Map<string, Route>>;

const routesOf = new WeakMap<Snapshot, Routes>();

/**
 * Finds what a name stands for: a model of the config, a tier, or `provider/model` with a declared provider. The route
 * of a declared name is made once for each snapshot and rule.
 * @throws HeadgateError `model_not_found`; its detail lists what exists.
 */
export function resolveRoute(snapshot: Snapshot, name: string, rule: string): Route {
  let routes = routesOf.get(snapshot);
  if (!routes) routesOf.set(snapshot, (routes = new Map()));
  const known = routes.get(rule)?.get(name);
  if (known) return known;
  const declared = findDeclared(snapshot, name, rule);
  if (!declared) return { candidates: [toUndeclared(snapshot, name)], rule };
  const ofRule = routes.get(rule) ?? new Map<string, Route>();
  routes.set(rule, ofRule.set(name, declared));
  return declared;
}

/** A route's first choice. */
export function toTarget({ candidates, tier, rule }: Route): Target {
  const { provider, model } = candidates[0]!.deployments[0]!;
  return { provider, model, ...(tier === undefined ? {} : { tier }), rule };
}

function findDeclared({ models, tiers }: Snapshot, name: string, rule: string): Route | undefined {
  const model = models.get(name);
  if (model) return { candidates: [model], rule };
  const candidates = (tiers.get(name) ?? []).flatMap((each) => models.get(each) ?? []);
  return candidates.length === 0 ? undefined : { candidates, tier: name, rule };
}

/** Clients make names up, and those of called models go into records and logs. Amazon's, the longest, have this many. */
const mostNameChars = 2048;

function toUndeclared(snapshot: Snapshot, name: string): ModelEntry {
  const slash = name.indexOf("/");
  const [provider, model] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  if (model !== "" && name.length <= mostNameChars && snapshot.providers.has(provider))
    return { name, deployments: [{ provider, model, weight: 1 }] };
  throw new HeadgateError("model_not_found", { detail: describeChoices(snapshot) });
}

const maxListed = 20;

function describeChoices(snapshot: Snapshot): string {
  return `Models: ${list(snapshot.models)}. Tiers: ${list(snapshot.tiers)}. Providers, for "provider/model": ${list(snapshot.providers)}.`;
}

function list(entries: ReadonlyMap<string, unknown>): string {
  const names = [...entries.keys()];
  const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : "";
  return names.length === 0 ? "none" : names.slice(0, maxListed).join(", ") + more;
}
