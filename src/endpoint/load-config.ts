import { isRecord } from "../json.ts";
import { checkDefinition } from "./check-definition.ts";
import { checkMoney } from "./check-money.ts";
import { configSchema } from "./config-schema.ts";
import type { ProviderOptions } from "./define-config.ts";
import type { DefinitionSource } from "./definition-source.ts";
import { suggestName } from "../nearest-name.ts";
import { notBuilt } from "./not-built.ts";
import { defaultResilience, toResilience } from "./default-resilience.ts";
import { toModelEntry } from "./model-entry.ts";
import type { ModelEntry, Resilience, Snapshot } from "./snapshot.ts";
import { toBudgets, toRateLimits, toRouting } from "./to-money.ts";

type Money = Pick<Snapshot, "routing" | "budgets" | "rateLimits" | "reuse" | "idempotencyHours">;

/** A config as far as it could be read; complete if nothing was reported. */
export interface LoadedConfig extends Money {
  readonly providers: ReadonlyMap<string, ProviderOptions>;
  readonly models: ReadonlyMap<string, ModelEntry>;
  readonly tiers: ReadonlyMap<string, readonly string[]>;
  readonly resilience: Resilience;
  /** Absent: kept for as long as is usual. */
  readonly responseRetentionDays?: number;
  /** Endpoints written in the config, not checked yet. */
  readonly endpoints: ReadonlyMap<string, unknown>;
  /** What a route may name, known even where the config has other mistakes; absent if it could not be read at all. */
  readonly targets?: TargetNames;
}

export interface TargetNames {
  readonly names: ReadonlySet<string>;
  /** For `provider/model`. */
  readonly providers: ReadonlySet<string>;
  /** The project has rule sets of its own. */
  readonly hasRules: boolean;
}

/** Tiers that exist without being declared, because a provider is picked for a project that declares none. */
const pickedTiers = ["fast", "standard", "smart"];

export const emptyConfig: LoadedConfig = {
  providers: new Map(),
  models: new Map(),
  tiers: new Map(),
  resilience: defaultResilience,
  endpoints: new Map(),
  targets: { names: new Set(pickedTiers), providers: new Set(), hasRules: false },
};

/** @param isFile true for `headgate.config.ts`, whose folder is the project and needs no naming */
export function loadConfig(
  definition: unknown,
  source: DefinitionSource,
  { isFile }: { readonly isFile: boolean },
): LoadedConfig {
  if (!isRecord(definition)) {
    source.report([], "The config must be an object: export default defineConfig({ ... }).");
    return { ...emptyConfig, targets: undefined };
  }
  if (isFile && definition["project"] !== undefined) {
    source.report(["project"], "Only createHeadgate takes this: the folder of this file is the project. Remove it.");
  }
  const checked = checkDefinition(configSchema, definition, source, notBuilt.configKeys);
  checkNames(definition, source);
  const targets = collectTargets(definition);
  checkMoney(definition, targets, source);
  const { providers = {}, models = {}, tiers = {}, resilience, responses } = checked;
  const { routes, budgets, limits, reuse, idempotency } = checked;
  return {
    providers: new Map(Object.entries(providers)),
    models: new Map(Object.entries(models).map(([name, model]) => [name, toModelEntry(name, model)])),
    tiers: new Map(Object.entries(tiers).map(([name, tier]) => [name, typeof tier === "string" ? [tier] : tier])),
    resilience: toResilience(resilience),
    responseRetentionDays: responses?.retentionDays,
    ...(routes ? { routing: toRouting(routes) } : {}),
    ...(budgets ? { budgets: toBudgets(budgets) } : {}),
    ...(limits ? { rateLimits: toRateLimits(limits) } : {}),
    ...(reuse ? { reuse } : {}),
    ...(idempotency?.retentionHours === undefined ? {} : { idempotencyHours: idempotency.retentionHours }),
    endpoints: new Map(Object.entries(isRecord(definition["endpoints"]) ? definition["endpoints"] : {})),
    targets,
  };
}

function collectTargets(definition: Readonly<Record<string, unknown>>): TargetNames {
  const providers = keysOf(definition["providers"]);
  const declared = [...keysOf(definition["tiers"]), ...keysOf(definition["models"])];
  return {
    names: new Set(providers.length === 0 ? [...declared, ...pickedTiers] : declared),
    providers: new Set(providers),
    hasRules: definition["routes"] !== undefined,
  };
}

// Works on the raw definition, so that a mistake elsewhere in the config hides none here.
function checkNames(definition: Readonly<Record<string, unknown>>, source: DefinitionSource): void {
  const providers = keysOf(definition["providers"]);
  for (const [name, model] of entriesOf(definition["models"])) {
    if (!isRecord(model)) continue;
    for (const { path, provider } of listPlaces(name, model)) {
      if (typeof provider !== "string" || providers.includes(provider)) continue;
      source.report(
        [...path, "provider"],
        `No provider is called "${provider}": declare it in providers.${suggestName(provider, providers)}`,
      );
    }
  }
  checkPlaces(definition, source);
  checkTiers(definition, source);
}

function checkTiers(definition: Readonly<Record<string, unknown>>, source: DefinitionSource): void {
  const models = keysOf(definition["models"]);
  const tiers = entriesOf(definition["tiers"]);
  const isTier = new Set(tiers.map(([tier]) => tier));
  for (const [tier, value] of tiers) {
    if (models.includes(tier)) {
      source.report(["tiers", tier], `A model is called "${tier}" too: a name stands for one of them. Rename one.`);
    }
    for (const [index, model] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
      if (typeof model !== "string") continue;
      const path = Array.isArray(value) ? ["tiers", tier, index] : ["tiers", tier];
      if (Array.isArray(value) && value.indexOf(model) < index) {
        source.report(path, `"${model}" stands in this list before: remove one.`);
      } else if (!models.includes(model)) {
        const what = isTier.has(model)
          ? `"${model}" is a tier: list its models instead.`
          : `No model is called "${model}": declare it in models.${suggestName(model, models)}`;
        source.report(path, what);
      }
    }
  }
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly provider: unknown;
  readonly model: unknown;
}

/** Where a raw definition says that its model runs. */
function listPlaces(name: string, model: Readonly<Record<string, unknown>>): Place[] {
  const { provider, model: own = name, deployments } = model;
  const path = ["models", name];
  if (!Array.isArray(deployments)) return [{ path, provider, model: own }];
  return deployments.map((deployment: unknown, index) => ({
    path: [...path, "deployments", index],
    provider: isRecord(deployment) ? deployment["provider"] : undefined,
    model: (isRecord(deployment) ? deployment["model"] : undefined) ?? name,
  }));
}

// A call's record knows where it was answered, not the entry that it came by: a place has one price.
function checkPlaces(definition: Readonly<Record<string, unknown>>, source: DefinitionSource): void {
  const firsts = new Map<string, readonly [name: string, price: string]>();
  for (const [name, entry] of entriesOf(definition["models"])) {
    if (!isRecord(entry)) continue;
    const price = entry["price"] === undefined ? undefined : JSON.stringify(entry["price"]);
    const own = new Set<string>();
    for (const place of listPlaces(name, entry)) {
      const key = JSON.stringify([place.provider, place.model]);
      if (own.has(key)) source.report(place.path, "This is the same deployment as one before: remove one.");
      own.add(key);
      const first = firsts.get(key);
      if (price === undefined) continue;
      if (!first) firsts.set(key, [name, price]);
      else if (first[1] !== price) {
        source.report(["models", name, "price"], `"${first[0]}" is the same model at another price: set one of them.`);
      }
    }
  }
}

function keysOf(value: unknown): string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}
