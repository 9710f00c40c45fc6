import type { Message, ModelSettings, ReasoningEffort } from "../../message.ts";
import type { ModelTraits } from "./model-traits.ts";

export interface Thinking {
  /** For `additionalModelRequestFields`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isOn: boolean;
  /** The model sets its limits and its sampling by itself. */
  readonly ownsLimits: boolean;
}

type Warn = (warning: string) => void;

const off: Thinking = { fields: {}, isOn: false, ownsLimits: false };

const efforts: readonly ReasoningEffort[] = ["minimal", "low", "medium", "high", "xhigh", "max"];

/** Tokens to think with, for models that are told a number. */
const budgets: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
};

/** Claude thinks with this much at least. */
const leastBudget = 1024;

/** How the model is told to think, by what the request says of either effort or tokens. */
export function toThinking(
  settings: ModelSettings,
  messages: readonly Message[],
  traits: ModelTraits,
  warn: Warn,
): Thinking {
  const { reasoningEffort, reasoningTokens } = settings;
  if (reasoningEffort === undefined && reasoningTokens === undefined) return off;
  const effort = reasoningEffort ?? toEffort(reasoningTokens ?? 0);
  if (effort === "none") return toSilence(traits, warn);
  if (traits.thinking === "none") {
    warn("reasoningEffort is not offered by this model on Bedrock and was dropped.");
    return off;
  }
  const isBudget = traits.thinking === "budget" || (traits.takesBudget && reasoningTokens !== undefined);
  if (isBudget) return toBudget(settings, reasoningTokens ?? budgets[effort], messages, warn);
  if (reasoningEffort === undefined) warn(`reasoningTokens is told to this model as the effort ${effort}.`);
  return toEffortFields(effort, traits, warn);
}

function toSilence({ thinking, alwaysThinks }: ModelTraits, warn: Warn): Thinking {
  if (alwaysThinks || thinking === "openai") {
    warn("This model always thinks: reasoningEffort none was dropped.");
    return { ...off, isOn: alwaysThinks && thinking === "adaptive" };
  }
  if (thinking === "adaptive") return { ...off, fields: { thinking: { type: "disabled" } } };
  return thinking === "nova" ? { ...off, fields: { reasoningConfig: { type: "disabled" } } } : off;
}

function toEffortFields(wanted: ReasoningEffort, { thinking, highEfforts }: ModelTraits, warn: Warn): Thinking {
  switch (thinking) {
    case "adaptive": {
      const effort = findNearest(wanted, ["low", "medium", "high", ...highEfforts], warn);
      return { ...off, isOn: true, fields: { thinking: { type: "adaptive" }, output_config: { effort } } };
    }
    case "nova": {
      const effort = findNearest(wanted, ["low", "medium", "high"], warn);
      const reasoningConfig = { type: "enabled", maxReasoningEffort: effort };
      return { isOn: true, ownsLimits: effort === "high", fields: { reasoningConfig } };
    }
    case "qwen":
      return { ...off, isOn: true, fields: { reasoning_config: findNearest(wanted, ["low", "high"], warn) } };
    default:
      return { ...off, isOn: true, fields: { reasoning_effort: findNearest(wanted, ["low", "medium", "high"], warn) } };
  }
}

function toBudget(settings: ModelSettings, wanted: number, messages: readonly Message[], warn: Warn): Thinking {
  const { maxOutputTokens = Infinity } = settings;
  // The budget is a part of the output.
  const tokens = Math.min(Math.max(wanted, leastBudget), maxOutputTokens - 1);
  if (tokens < leastBudget) {
    warn(`maxOutputTokens leaves no room to think, which takes ${leastBudget} tokens: reasoning was dropped.`);
    return off;
  }
  if (lacksReasoning(messages)) {
    warn("The turn goes on from an answer whose reasoning was not handed back: the model goes on without thinking.");
    return off;
  }
  if (wanted < leastBudget) warn(`reasoningTokens was raised to ${leastBudget}, the least that this model takes.`);
  return { ...off, isOn: true, fields: { thinking: { type: "enabled", budget_tokens: tokens } } };
}

/** Claude refuses to think on after an answer without the reasoning that led to it, and most clients do not keep it. */
function lacksReasoning(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ role }) => role !== "tool");
  if (last?.role !== "assistant") return false;
  return !(last.reasoning ?? []).some(({ signature, encrypted }) => signature !== undefined || encrypted !== undefined);
}

function toEffort(tokens: number): ReasoningEffort {
  if (tokens === 0) return "none";
  return efforts.find((effort) => tokens <= budgets[effort]) ?? "high";
}

/** The effort itself, else the next lower one that there is, else the lowest. */
function findNearest(wanted: ReasoningEffort, offered: readonly ReasoningEffort[], warn: Warn): ReasoningEffort {
  if (offered.includes(wanted)) return wanted;
  const lower = offered.findLast((effort) => efforts.indexOf(effort) < efforts.indexOf(wanted));
  const nearest = lower ?? offered[0] ?? "low";
  warn(`reasoningEffort ${wanted} is told to this model as ${nearest}.`);
  return nearest;
}
