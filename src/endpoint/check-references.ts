import { isTarget } from "./check-money.ts";
import { automaticRoute } from "./define-routing.ts";
import type { EndpointDraft } from "./load-endpoint.ts";
import type { TargetNames } from "./load-config.ts";
import { suggestName } from "../nearest-name.ts";
import type { Problem } from "./problem.ts";
import type { ReleaseEntry } from "./read-releases.ts";

/** What the rules that come with Headgate end with. */
const lastResort = "standard";

/** Reports names in an endpoint that stand for no model or tier. */
export function checkTargets(draft: EndpointDraft, targets: TargetNames): void {
  const { definition, hasRoute, source, prompts } = draft;
  const check = (name: string | undefined, report: (message: string) => void): void => {
    if (name === undefined || name === automaticRoute || isTarget(name, targets)) return;
    report(
      `No tier or model is called "${name}": declare it in headgate.config.ts.${suggestName(name, targets.names)}`,
    );
  };
  if (definition) {
    const { route, validate } = definition;
    check(route?.use, (message) => source.report(["route", "use"], message));
    const isAutomatic = !hasRoute || route?.use === automaticRoute;
    if (isAutomatic && !targets.hasRules && !isTarget(lastResort, targets)) {
      source.report(
        ["route"],
        `No tier is called "${lastResort}", which endpoints without a route use: declare it, or set route.`,
      );
    }
    for (const [index, { use }] of (route?.rules ?? []).entries()) {
      check(use, (message) => source.report(["route", "rules", index, "use"], message));
    }
    check(validate?.escalateTo, (message) => source.report(["validate", "escalateTo"], message));
    if (validate?.escalateTo === automaticRoute) {
      source.report(["validate", "escalateTo"], "Name the tier or model: no rule set chooses the last one.");
    }
  }
  for (const { prompt, reportModel } of prompts.values()) {
    check(prompt?.model, (message) => reportModel(`model: ${message}`));
  }
}

/** Reports endpoints that would answer at the same address. */
export function checkAddresses(drafts: readonly EndpointDraft[]): void {
  const firsts = new Map<string, EndpointDraft>();
  for (const draft of drafts) {
    const key = keyOf(draft);
    const first = firsts.get(key);
    if (!first) firsts.set(key, draft);
    else draft.source.report(["name"], `${first.source.file} is ${key} too: give this one another name or contract.`);
  }
}

/** Reports releases of endpoints or prompt versions that do not exist. */
export function checkReleases(
  releases: ReadonlyMap<string, ReleaseEntry>,
  drafts: readonly EndpointDraft[],
  report: (problem: Omit<Problem, "file">) => void,
): void {
  for (const [name, { version, line }] of releases) {
    const meant = drafts.filter((draft) => draft.name === name || keyOf(draft) === name);
    if (meant.length === 0) {
      const known = drafts.map((draft) => draft.name);
      report({ line, message: `There is no endpoint "${name}": remove the line.${suggestName(name, new Set(known))}` });
    }
    for (const draft of meant) {
      // Its own line counts, not the one that speaks of all its contracts.
      const isOverruled = name === draft.name && releases.has(keyOf(draft));
      if (isOverruled || draft.prompts.has(version)) continue;
      const versions = [...draft.prompts.keys()].join(", ") || "none";
      report({ line, message: `${keyOf(draft)} has no prompt version ${version}: it has ${versions}.` });
    }
  }
}

/** `name/vN`, the part of the address that names an endpoint. */
export function keyOf({ name, contract }: Pick<EndpointDraft, "name" | "contract">): string {
  return `${name}/v${contract}`;
}
