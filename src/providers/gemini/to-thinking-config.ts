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
 * The `thinkingConfig`: a budget for models up to 2.5, a level for later ones; each is derived from the other without a
 * warning. Thoughts are asked for whenever the client asks for thinking. Undefined: the model decides.
 */
export function toThinkingConfig(
  { reasoningEffort: effort, reasoningTokens: tokens }: ModelSettings,
  thinking: Thinking,
  warn: Warn,
): Record<string, unknown> | undefined {
  if (effort === undefined && tokens === undefined) return undefined;
  const isOff = effort === "none" || (effort === undefined && tokens === 0);
  if (thinking.type === "none") {
    if (!isOff)
      warn(`${effort ? "reasoningEffort" : "reasoningTokens"} is not offered by this Gemini model and was dropped.`);
    return undefined;
  }
  if (thinking.type === "levels") {
    const wanted = effort ?? toEffort(tokens ?? 0);
    const level = findNearest(wanted, thinking.levels);
    if (level !== wanted && (effort !== undefined || isOff)) {
      const asked = effort === undefined ? "reasoningTokens 0" : `reasoningEffort ${effort}`;
      warn(`${asked} is not offered by this Gemini model: ${level} was taken.`);
    }
    return { thinkingLevel: level, ...(isOff ? {} : { includeThoughts: true }) };
  }
  if (isOff) return { thinkingBudget: toLeast(thinking, warn) };
  const wanted = tokens ?? budgets[effort as Exclude<ReasoningEffort, "none">];
  const budget = Math.min(Math.max(wanted, thinking.minTokens), thinking.maxTokens);
  if (tokens !== undefined && budget !== tokens) {
    const { minTokens, maxTokens } = thinking;
    warn(`This Gemini model thinks with ${minTokens} to ${maxTokens} tokens: ${budget} was taken.`);
  }
  return { thinkingBudget: budget, includeThoughts: true };
}

function toLeast({ canStop, minTokens }: Budget, warn: Warn): number {
  if (canStop) return 0;
  warn("This Gemini model cannot stop thinking: the least was asked for.");
  return minTokens;
}

function toEffort(tokens: number): ReasoningEffort {
  if (tokens === 0) return "none";
  if (tokens < budgets.low) return "minimal";
  if (tokens < budgets.medium) return "low";
  return tokens < budgets.high ? "medium" : "high";
}

/** The nearest that is offered; of two equally near the higher. */
function findNearest(effort: ReasoningEffort, levels: readonly ThinkingLevel[]): ThinkingLevel {
  const wanted = ranks.indexOf(effort);
  const distance = (level: ThinkingLevel): number => Math.abs(ranks.indexOf(level) - wanted);
  return levels.reduce((best, level) => (distance(level) <= distance(best) ? level : best));
}
