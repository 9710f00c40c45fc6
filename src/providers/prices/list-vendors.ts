import type { ProviderOptions } from "../../endpoint/define-config.ts";
import { findBaseUrl } from "../../endpoint/vendors.ts";
import type { Share } from "./rates.ts";

/** Vendors by the host that they serve at, as the price list calls them. Elsewhere a model of the same name is not priced as the vendor's. */
const hosts: ReadonlyMap<string, string> = new Map([
  ["api.openai.com", "openai"],
  ["us.api.openai.com", "openai"],
  ["api.anthropic.com", "anthropic"],
  ["generativelanguage.googleapis.com", "google"],
  ["aiplatform.googleapis.com", "google"],
  ["api.groq.com", "groq"],
  ["api.mistral.ai", "mistral"],
  ["api.deepseek.com", "deepseek"],
  ["api.x.ai", "x-ai"],
  ["us-east-1.api.x.ai", "x-ai"],
  ["eu-west-1.api.x.ai", "x-ai"],
  ["openrouter.ai", "openrouter"],
  ["api.together.xyz", "together"],
  ["api.together.ai", "together"],
  ["api.fireworks.ai", "fireworks"],
  ["api.perplexity.ai", "perplexity"],
  ["api.cerebras.ai", "cerebras"],
  ["api.cohere.com", "cohere"],
  ["api.cohere.ai", "cohere"],
  ["api.moonshot.ai", "moonshotai"],
  ["api.novita.ai", "novita"],
  ["api.z.ai", "zai"],
]);

/** Hosts that each customer or region has one of. */
const patterns: readonly (readonly [pattern: RegExp, id: string])[] = [
  [/^[\w-]+\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/, "azure"],
  [/^bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com$/, "aws"],
  [/^[a-z0-9-]+-aiplatform\.googleapis\.com$/, "google"],
];

/** Who serves the provider's models, by the price list's name; null for others. */
export function findVendorId(provider: ProviderOptions): string | null {
  const baseUrl = findBaseUrl(provider);
  if (baseUrl === undefined) return null;
  // A port is part of the host: whoever listens there is not the vendor.
  const { host } = new URL(baseUrl);
  return hosts.get(host) ?? patterns.find(([pattern]) => pattern.test(host))?.[1] ?? null;
}

const full: Share = { of: 1n, from: 1n };
const half: Share = { of: 1n, from: 2n };

/** What the vendor calls the usual way to be served. */
const usualTiers: ReadonlySet<string> = new Set(["default", "standard", "on_demand", "auto"]);

/**
 * Tiers whose price is a fixed share of the usual one, as the vendors' own pages say. What others cost differs from
 * model to model, or is agreed with the customer.
 */
const knownTiers: Readonly<Record<string, Readonly<Record<string, Share>>>> = {
  openai: { flex: half, batch: half },
  azure: { flex: half, batch: half },
  anthropic: { batch: half },
  google: { flex: half, batch: half },
  aws: { batch: half },
  groq: { flex: full },
};

/** The share of the usual price that a tier costs; undefined if that is not known. */
export function findShare(vendorId: string, tier: string | undefined): Share | undefined {
  if (tier === undefined || usualTiers.has(tier)) return full;
  const tiers = knownTiers[vendorId];
  return tiers && Object.hasOwn(tiers, tier) ? tiers[tier] : undefined;
}
