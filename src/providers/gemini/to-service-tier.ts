interface TierParts {
  readonly body?: { readonly serviceTier: string };
  readonly headers?: Readonly<Record<string, string>>;
}

const tiers: Readonly<Record<string, string>> = {
  default: "standard",
  standard: "standard",
  standard_only: "standard",
  flex: "flex",
  priority: "priority",
};

/** Where the tier goes: AI Studio takes it in the body, Vertex in a header. `auto` is Google's own choice. */
export function toServiceTier(tier: string | undefined, isVertex: boolean, warn: (warning: string) => void): TierParts {
  if (tier === undefined || tier === "auto") return {};
  const known = Object.hasOwn(tiers, tier) ? tiers[tier] : undefined;
  if (known === undefined) {
    warn("This serviceTier is not offered by Gemini and was dropped.");
    return {};
  }
  if (isVertex) return { headers: { "x-vertex-ai-llm-shared-request-type": known } };
  return { body: { serviceTier: known } };
}
