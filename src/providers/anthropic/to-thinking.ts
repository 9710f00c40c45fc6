import type { ModelSettings, ReasoningEffort } from "../../message.ts";
import type { Effort, ModelTraits } from "./model-traits.ts";

/** What a request asks of the model's thinking, and how long its answer may be. */
export interface Thinking {
  readonly maxTokens: number;
  /** The field `thinking`. */
  readonly thinking?: Readonly<Record<string, unknown>>;
  /** For `output_config`. */
  readonly effort?: Effort;
  /** The model is asked to think, which it does not do with settings such as `temperature`. */
  readonly isAsked: boolean;
}

export interface ThinkingOptions {
  readonly model: string;
  readonly traits: ModelTraits;
  readonly settings: Pick<ModelSettings, "reasoningEffort" | "reasoningTokens" | "maxOutputTokens">;
  /** Why this request cannot have a budget for thinking, if it cannot. */
  readonly obstacle?: string;
  readonly warn: (warning: string) => void;
}

/** Anthropic refuses smaller budgets. */
const leastBudget = 1024;
/** Most of `maxOutputTokens` that thinking may take, where only an effort was asked for. */
const largestShare = 0.8;
/** What an adaptive model may think on top of an answer without a limit. */
const adaptiveTokens = 32_000;

const budgets: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
};

/** Translates `reasoningEffort` and `reasoningTokens`. Most models know one: it is derived from the other without a warning. */
export function toThinking(options: ThinkingOptions): Thinking {
  const { traits, model, obstacle, warn } = options;
  const { reasoningEffort, reasoningTokens } = options.settings;
  if (reasoningEffort === undefined && reasoningTokens === undefined) return leaveOut(options);
  if (reasoningEffort === "none" || reasoningTokens === 0) return switchOff(options);
  if (traits.thinking === "none") {
    warn(`Reasoning is not offered by ${model} and was dropped.`);
    return leaveOut(options);
  }
  const wantsBudget = traits.takesBudget === true && reasoningEffort === undefined;
  if (traits.thinking === "adaptive" && !wantsBudget) return toAdaptive(options);
  if (obstacle === undefined) return toBudget(options);
  warn(`Reasoning was dropped: ${obstacle}.`);
  return leaveOut(options);
}

/** Models that think unasked get room for it. */
function leaveOut(options: ThinkingOptions): Thinking {
  const { thinking, thinkingOff } = options.traits;
  const room = thinking === "adaptive" && thinkingOff !== "omit" ? adaptiveTokens : 0;
  return { maxTokens: toMaxTokens(options, room), isAsked: false };
}

function switchOff(options: ThinkingOptions): Thinking {
  const { traits, model, warn } = options;
  switch (traits.thinkingOff) {
    case "disabled":
      return { maxTokens: toMaxTokens(options, 0), thinking: { type: "disabled" }, isAsked: false };
    case "between_tools":
      warn(`${model} cannot do without reasoning: it is asked to reason between tool calls only.`);
      return { ...leaveOut(options), thinking: { type: "between_tools" } };
    case "never":
      warn(`${model} cannot do without reasoning: the reasoning effort low is asked for.`);
      return { ...leaveOut(options), effort: "low" };
    default:
      return leaveOut(options);
  }
}

function toAdaptive(options: ThinkingOptions): Thinking {
  const { settings, traits, model, warn } = options;
  const { reasoningEffort, reasoningTokens = 0 } = settings;
  const wanted = reasoningEffort === undefined ? reasoningTokens : budgets[reasoningEffort];
  const effort = traits.efforts.findLast((known) => budgets[known] <= wanted) ?? "low";
  if (reasoningEffort !== undefined && effort !== reasoningEffort) {
    warn(`The reasoning effort ${reasoningEffort} is not offered by ${model}: ${effort} is asked for.`);
  }
  // Newer models leave out the text of their thinking unless it is asked for.
  const thinking = { type: "adaptive", display: "summarized" };
  return { maxTokens: toMaxTokens(options, adaptiveTokens), thinking, effort, isAsked: true };
}

function toBudget(options: ThinkingOptions): Thinking {
  const { settings, warn } = options;
  const { reasoningEffort = "none", reasoningTokens } = settings;
  const wanted = Math.max(leastBudget, reasoningTokens ?? budgets[reasoningEffort]);
  const maxTokens = toMaxTokens(options, wanted);
  const most = reasoningTokens === undefined ? Math.floor(maxTokens * largestShare) : maxTokens - 1;
  const budget = Math.min(wanted, most);
  if (budget < leastBudget) {
    warn(`Reasoning was dropped: it takes ${leastBudget} tokens or more, and the whole answer may have ${maxTokens}.`);
    return { maxTokens, isAsked: false };
  }
  if (reasoningTokens !== undefined && budget !== reasoningTokens) {
    warn(`reasoningTokens was changed to ${budget}: at least ${leastBudget}, and less than the whole answer may have.`);
  }
  return { maxTokens, thinking: { type: "enabled", budget_tokens: budget }, isAsked: true };
}

/** @param room for thinking, on top of an answer without a limit */
function toMaxTokens({ settings, traits, model, warn }: ThinkingOptions, room: number): number {
  const { maxTokens = Infinity, usualMaxTokens } = traits;
  const { maxOutputTokens } = settings;
  if (maxOutputTokens === undefined) return Math.min(usualMaxTokens + room, maxTokens);
  if (maxOutputTokens > maxTokens) warn(`maxOutputTokens was lowered to ${maxTokens}, the most that ${model} writes.`);
  return Math.min(maxOutputTokens, maxTokens);
}
