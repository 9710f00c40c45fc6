import type { ModelSettings, ReasoningEffort } from "../../message.ts";
import type { Thinking, ThinkingLevel } from "./model-family.ts";

type Warn = (warning: string) => void;
type Budget = Extract<Thinking, { type: "budget" }>;

/** As Google's own OpenAI-compatible server translates efforts; the last two are the most that any model takes. */
const budgets: Readonly<Record<Exclude<ReasoningEffort, "none">, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};

const ranks: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * The `thinkingConfig`: a budget for models up to 2.5, a level for later ones. Thoughts are asked for whenever the
 * client asks for thinking. Undefined: the model decides.
 */
export function toThinkingConfig(
  { reasoningEffort: effort, reasoningTokens: tokens }: ModelSettings,
  thinking: Thinking,
  warn: Warn,
): Record<string, unknown> | undefined {
  if (effort === undefined && tokens === undefined) return undefined;
  const isOff = effort === "none" || (effort === undefined && tokens === 0);
  if (thinking.type === "none") {
    if (!isOff) warn("reasoningEffort is not offered by this Gemini model and was dropped.");
    return undefined;
  }
  if (thinking.type === "levels") {
    const level = toLevel(effort ?? toEffort(tokens ?? 0), thinking.levels, warn);
    if (tokens) warn(`reasoningTokens is not offered by this Gemini model: the effort ${level} was taken.`);
    return { thinkingLevel: level, ...(isOff ? {} : { includeThoughts: true }) };
  }
  if (isOff) return { thinkingBudget: toLeast(thinking, warn) };
  const wanted = tokens ?? budgets[effort as Exclude<ReasoningEffort, "none">];
  return { thinkingBudget: toBudget(wanted, thinking, warn), includeThoughts: true };
}

function toLeast({ canStop, minTokens }: Budget, warn: Warn): number {
  if (canStop) return 0;
  warn("This Gemini model cannot stop thinking: the least was asked for.");
  return minTokens;
}

function toBudget(wanted: number, { minTokens, maxTokens }: Budget, warn: Warn): number {
  const budget = Math.min(Math.max(wanted, minTokens), maxTokens);
  if (budget !== wanted)
    warn(`This Gemini model thinks with ${minTokens} to ${maxTokens} tokens: ${budget} was taken.`);
  return budget;
}

function toEffort(tokens: number): ReasoningEffort {
  if (tokens === 0) return "none";
  if (tokens < budgets.low) return "minimal";
  if (tokens < budgets.medium) return "low";
  return tokens < budgets.high ? "medium" : "high";
}

/** The nearest that is offered; of two equally near the higher. */
function toLevel(effort: ReasoningEffort, levels: readonly ThinkingLevel[], warn: Warn): ThinkingLevel {
  const wanted = ranks.indexOf(effort);
  const distance = (level: ThinkingLevel): number => Math.abs(ranks.indexOf(level) - wanted);
  const nearest = levels.reduce((best, level) => (distance(level) <= distance(best) ? level : best));
  if (nearest !== effort) warn(`reasoningEffort ${effort} is not offered by this Gemini model: ${nearest} was taken.`);
  return nearest;
}
