import { isRecord } from "../json.ts";
import { checkDefinition } from "./check-definition.ts";
import { configSchema } from "./config-schema.ts";
import type { ProviderOptions } from "./define-config.ts";
import type { DefinitionSource } from "./definition-source.ts";
import { suggestName } from "../nearest-name.ts";
import { notBuilt } from "./not-built.ts";
import type { ModelEntry } from "./snapshot.ts";

/** A config as far as it could be read; complete if nothing was reported. */
export interface LoadedConfig {
  readonly providers: ReadonlyMap<string, ProviderOptions>;
  readonly models: ReadonlyMap<string, ModelEntry>;
  readonly tiers: ReadonlyMap<string, string>;
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
}

/** Tiers that exist without being declared, because a provider is picked for a project that declares none. */
const pickedTiers = ["fast", "standard", "smart"];

export const emptyConfig: LoadedConfig = {
  providers: new Map(),
  models: new Map(),
  tiers: new Map(),
  endpoints: new Map(),
  targets: { names: new Set(pickedTiers), providers: new Set() },
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
  const { providers = {}, models = {}, tiers = {}, responses } = checked;
  return {
    providers: new Map(Object.entries(providers)),
    models: new Map(Object.entries(models).map(([name, entry]) => [name, { ...entry, model: entry.model ?? name }])),
    tiers: new Map(Object.entries(tiers)),
    responseRetentionDays: responses?.retentionDays,
    endpoints: new Map(Object.entries(isRecord(definition["endpoints"]) ? definition["endpoints"] : {})),
    targets: collectTargets(definition),
  };
}

function collectTargets(definition: Readonly<Record<string, unknown>>): TargetNames {
  const providers = keysOf(definition["providers"]);
  const declared = [...keysOf(definition["tiers"]), ...keysOf(definition["models"])];
  return {
    names: new Set(providers.length === 0 ? [...declared, ...pickedTiers] : declared),
    providers: new Set(providers),
  };
}

// Works on the raw definition, so that a mistake elsewhere in the config hides none here.
function checkNames(definition: Readonly<Record<string, unknown>>, source: DefinitionSource): void {
  const providers = keysOf(definition["providers"]);
  const models = keysOf(definition["models"]);
  for (const [name, model] of entriesOf(definition["models"])) {
    const provider = isRecord(model) ? model["provider"] : undefined;
    if (typeof provider !== "string" || providers.includes(provider)) continue;
    source.report(
      ["models", name, "provider"],
      `No provider is called "${provider}": declare it in providers.${suggestName(provider, providers)}`,
    );
  }
  checkPrices(definition, source);
  for (const [tier, model] of entriesOf(definition["tiers"])) {
    if (models.includes(tier)) {
      source.report(["tiers", tier], `A model is called "${tier}" too: a name stands for one of them. Rename one.`);
    }
    if (typeof model !== "string" || models.includes(model)) continue;
    source.report(["tiers", tier], `No model is called "${model}": declare it in models.${suggestName(model, models)}`);
  }
}

// A call knows the provider's name of its model, not the entry that it came by.
function checkPrices(definition: Readonly<Record<string, unknown>>, source: DefinitionSource): void {
  const firsts = new Map<string, readonly [name: string, price: string]>();
  for (const [name, entry] of entriesOf(definition["models"])) {
    if (!isRecord(entry) || entry["price"] === undefined) continue;
    const key = JSON.stringify([entry["provider"], entry["model"] ?? name]);
    const price = JSON.stringify(entry["price"]);
    const first = firsts.get(key);
    if (!first) firsts.set(key, [name, price]);
    else if (first[1] !== price) {
      source.report(["models", name, "price"], `"${first[0]}" is the same model at another price: set one of them.`);
    }
  }
}

function keysOf(value: unknown): string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}
