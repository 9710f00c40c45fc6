import type { ModelSettings } from "../../message.ts";
import type { ModelTraits } from "./model-traits.ts";

export interface SettingsOptions {
  readonly model: string;
  readonly traits: ModelTraits;
  readonly settings: ModelSettings;
  /** The model is asked to think: it takes hardly any of the sampling then. */
  readonly isThinking: boolean;
  readonly warn: (warning: string) => void;
}

/** Settings of Anthropic's own that have a name of ours; reasoning, tools and the output's format are told elsewhere. */
export function toSettings(options: SettingsOptions): Record<string, unknown> {
  const { settings, warn } = options;
  const { stop = [], user } = settings;
  const stopSequences = stop.filter((sequence) => sequence.trim() !== "");
  if (stopSequences.length < stop.length)
    warn("Stop sequences of blanks are not offered by Anthropic and were dropped.");
  const serviceTier = toServiceTier(options);
  warnOfMissing(settings, warn);
  return {
    ...toSampling(options),
    ...(stopSequences.length === 0 ? {} : { stop_sequences: stopSequences }),
    ...(user === undefined ? {} : { metadata: { user_id: user } }),
    ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
  };
}

function warnOfMissing(settings: ModelSettings, warn: SettingsOptions["warn"]): void {
  const names = ["seed", "presencePenalty", "frequencyPenalty", "topLogprobs", "verbosity"] as const;
  for (const name of names) {
    if (settings[name] !== undefined) warn(`${name} is not offered by Anthropic and was dropped.`);
  }
}

function toSampling({ settings, traits, isThinking, model, warn }: SettingsOptions): Record<string, unknown> {
  const { temperature, topP, topK } = settings;
  const isFixed = traits.sampling === "none" || isThinking;
  const why = traits.sampling === "none" ? `by ${model}` : "by Anthropic together with reasoning";
  const drop = (name: string): void => warn(`${name} is not offered ${why} and was dropped.`);
  // What a model that thinks does anyway may be said.
  const keepsTemperature = !isFixed || temperature === 1;
  const keepsTopP = !isFixed || topP === 1 || (traits.sampling !== "none" && topP !== undefined && topP >= 0.95);
  if (temperature !== undefined && !keepsTemperature) drop("temperature");
  if (topP !== undefined && !keepsTopP) drop("topP");
  if (topK !== undefined && isFixed) drop("topK");
  if (isFixed) return traits.sampling !== "none" && topP !== undefined && keepsTopP ? { top_p: topP } : {};
  if (temperature !== undefined && temperature > 1)
    warn("temperature was lowered to 1, the most that Anthropic offers.");
  const hasOneTooMany = traits.sampling === "one" && temperature !== undefined && topP !== undefined;
  // 1 leaves out no token.
  if (hasOneTooMany && topP !== 1) warn(`topP is not offered by ${model} beside a temperature and was dropped.`);
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === undefined || hasOneTooMany ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
  };
}

const serviceTiers: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["priority", "auto"],
  ["default", "standard_only"],
  ["standard", "standard_only"],
  ["standard_only", "standard_only"],
]);

function toServiceTier({ settings, warn }: SettingsOptions): string | undefined {
  const { serviceTier } = settings;
  if (serviceTier === undefined) return undefined;
  const known = serviceTiers.get(serviceTier);
  if (known === undefined) warn("This serviceTier is not offered by Anthropic and was dropped.");
  return known;
}
