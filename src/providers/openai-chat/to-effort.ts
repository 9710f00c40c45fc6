import type { ModelSettings, ReasoningEffort } from "../../message.ts";
import type { Quirks } from "./quirks.ts";

const scale = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
] as const satisfies readonly ReasoningEffort[];

// A vendor that knows no number of tokens is told the effort that usually takes about as many.
const upToTokens: readonly (readonly [tokens: number, effort: ReasoningEffort])[] = [
  [0, "none"],
  [1024, "minimal"],
  [4096, "low"],
  [16_384, "medium"],
  [32_768, "high"],
];

/** How hard the model should think, as far as the vendor knows such words; warns where another has to be taken. */
export function chooseEffort(
  { reasoningEffort, reasoningTokens }: ModelSettings,
  { efforts, label }: Quirks,
  warn: (warning: string) => void,
): ReasoningEffort | undefined {
  const derived = reasoningTokens === undefined ? undefined : toEffort(reasoningTokens);
  const wanted = reasoningEffort ?? derived;
  if (wanted === undefined || efforts === undefined || efforts.includes(wanted)) return wanted;
  const nearest = findNearest(wanted, efforts);
  // A budget in tokens asks for no effort by its name, but that of 0 for none.
  if (reasoningEffort !== undefined || wanted === "none") {
    const asked = reasoningEffort === undefined ? "reasoningTokens 0" : `reasoningEffort ${wanted}`;
    warn(`${asked} is not offered by ${label} for this model: ${nearest} was taken.`);
  }
  return nearest;
}

/** Of two that are as near, the lower. */
function findNearest(wanted: ReasoningEffort, efforts: readonly ReasoningEffort[]): ReasoningEffort {
  const distance = (effort: ReasoningEffort): number => Math.abs(scale.indexOf(effort) - scale.indexOf(wanted));
  return efforts.reduce((best, effort) => (distance(effort) < distance(best) ? effort : best));
}

function toEffort(tokens: number): ReasoningEffort {
  return upToTokens.find(([limit]) => tokens <= limit)?.[1] ?? "xhigh";
}
