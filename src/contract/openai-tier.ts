const tiers: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "default"],
  ["standard", "default"],
  ["on_demand", "default"],
  ["flex", "flex"],
  ["scale", "scale"],
  ["priority", "priority"],
]);

/** The tier in OpenAI's words, which are all that its clients know; undefined for others. */
export function toForeignTier(tier: string | undefined): string | undefined {
  return tier === undefined ? undefined : tiers.get(tier);
}
