import type { Message, ReasoningEffort } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
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

/** Most of `maxOutputTokens` that thinking may take, where only an effort was asked for. */
const largestShare = 0.8;

/** How the model is told to think, by what the request says of either effort or tokens: one is derived from the other. */
export function toThinking(request: ModelRequest, traits: ModelTraits, warn: Warn): Thinking {
  const { reasoningEffort, reasoningTokens } = request.settings;
  if (reasoningEffort === undefined && reasoningTokens === undefined) return off;
  const effort = reasoningEffort ?? toEffort(reasoningTokens ?? 0);
  if (effort === "none" || reasoningTokens === 0) return toSilence(traits, warn);
  if (traits.thinking === "none") {
    const name = reasoningEffort === undefined ? "reasoningTokens" : "reasoningEffort";
    warn(`${name} is not offered by this model on Bedrock and was dropped.`);
    return off;
  }
  if (traits.family === "anthropic" && !traits.alwaysThinks && forcesTool(request)) {
    warn("Reasoning was dropped: this model cannot think and be made to call a tool.");
    return off;
  }
  const wantsBudget = traits.takesBudget && reasoningEffort === undefined;
  if (traits.thinking === "budget" || wantsBudget) return toBudget(request, warn);
  // An effort that nobody asked for by its name need not be told of.
  return toEffortFields(effort, traits, reasoningEffort === undefined ? () => {} : warn);
}

function forcesTool({ settings: { toolChoice = "auto" }, tools = [] }: ModelRequest): boolean {
  return tools.length > 0 && toolChoice !== "auto" && toolChoice !== "none";
}

function toSilence({ thinking, alwaysThinks }: ModelTraits, warn: Warn): Thinking {
  if (thinking === "adaptive" && alwaysThinks) {
    warn("This model always thinks: reasoningEffort low is asked for instead of none.");
    return { ...off, isOn: true, fields: { output_config: { effort: "low" } } };
  }
  if (alwaysThinks) warn("This model always thinks: reasoningEffort none was dropped.");
  if (thinking === "adaptive") return { ...off, fields: { thinking: { type: "disabled" } } };
  return thinking === "nova" ? { ...off, fields: { reasoningConfig: { type: "disabled" } } } : off;
}

function toEffortFields(wanted: ReasoningEffort, traits: ModelTraits, warn: Warn): Thinking {
  switch (traits.thinking) {
    case "adaptive": {
      const effort = findNearest(wanted, ["low", "medium", "high", ...traits.highEfforts], warn);
      // Newer models leave out the text of their thinking unless it is asked for.
      const display = traits.hidesThinking ? { display: "summarized" } : {};
      return { ...off, isOn: true, fields: { thinking: { type: "adaptive", ...display }, output_config: { effort } } };
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

function toBudget({ settings, messages }: ModelRequest, warn: Warn): Thinking {
  const { reasoningEffort = "none", reasoningTokens, maxOutputTokens = Infinity } = settings;
  const wanted = Math.max(reasoningTokens ?? budgets[reasoningEffort], leastBudget);
  // The budget is a part of the output.
  const most = reasoningTokens === undefined ? Math.floor(maxOutputTokens * largestShare) : maxOutputTokens - 1;
  const tokens = Math.min(wanted, most);
  if (tokens < leastBudget) {
    warn(`Reasoning was dropped: it takes ${leastBudget} tokens, for which maxOutputTokens leaves no room.`);
    return off;
  }
  if (lacksReasoning(messages)) {
    warn("Reasoning was dropped: the turn goes on from an answer whose reasoning was not handed back.");
    return off;
  }
  if (reasoningTokens !== undefined && tokens !== reasoningTokens) {
    warn(`reasoningTokens was changed to ${tokens}: at least ${leastBudget}, and less than the whole answer may have.`);
  }
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
