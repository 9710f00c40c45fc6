import type { ReasoningEffort } from "../../message.ts";

export type Effort = Exclude<ReasoningEffort, "none" | "minimal">;

/** What a model takes and refuses. A request with a field that the model does not know is refused as a whole. */
export interface ModelTraits {
  /** Most `max_tokens`; undefined where it is not known. */
  readonly maxTokens?: number;
  /** `max_tokens` of an answer without a limit, which Anthropic asks for; thinking comes on top, up to the most. */
  readonly usualMaxTokens: number;
  /** `budget`: so many tokens. `adaptive`: the model decides, and is told the effort. */
  readonly thinking: "none" | "budget" | "adaptive";
  /** An adaptive model that takes a budget as well. */
  readonly takesBudget?: boolean;
  /** How to ask for no thinking. `omit`: by asking for none. `never`: the model cannot do without. */
  readonly thinkingOff: "omit" | "disabled" | "between_tools" | "never";
  /** That an adaptive model knows, ascending. */
  readonly efforts: readonly Effort[];
  /** Temperature and the like. `one`: `top_p` is refused beside a temperature. */
  readonly sampling: "all" | "one" | "none";
  /** Takes `tool_choice` of type `any` and `tool`. */
  readonly canForceTools: boolean;
  /** Takes `output_config.format` and strict tools. */
  readonly hasOutputFormat: boolean;
}

const legacy: ModelTraits = {
  maxTokens: 4096,
  usualMaxTokens: 32_000,
  thinking: "none",
  thinkingOff: "omit",
  efforts: [],
  sampling: "all",
  canForceTools: true,
  hasOutputFormat: false,
};
const budgeted: ModelTraits = { ...legacy, thinking: "budget", maxTokens: 64_000 };
const formatted: ModelTraits = { ...budgeted, sampling: "one", hasOutputFormat: true };
const adaptive: ModelTraits = {
  ...formatted,
  maxTokens: 128_000,
  thinking: "adaptive",
  sampling: "none",
  efforts: ["low", "medium", "high", "xhigh", "max"],
};

/** The first row whose pattern is in the model's name counts. Names are in lower case, with hyphens for dots. */
const rows: readonly (readonly [RegExp, ModelTraits])[] = [
  [/sonnet-5-5(?!\d)/, { ...adaptive, thinkingOff: "between_tools", canForceTools: false }],
  [/opus-5-5(?!\d)|(?:fable|mythos)-5-[12](?!\d)/, { ...adaptive, thinkingOff: "never", canForceTools: false }],
  [/fable-|mythos-/, { ...adaptive, thinkingOff: "never" }],
  [/(?:opus|sonnet|haiku)-5/, { ...adaptive, thinkingOff: "disabled" }],
  [/opus-4-[78](?!\d)/, adaptive],
  [
    /(?:opus|sonnet)-4-6(?!\d)/,
    { ...adaptive, takesBudget: true, sampling: "one", efforts: ["low", "medium", "high", "max"] },
  ],
  [/(?:opus|sonnet|haiku)-4-5(?!\d)/, formatted],
  [/opus-4-1(?!\d)/, { ...formatted, maxTokens: 32_000 }],
  [/opus-4/, { ...budgeted, maxTokens: 32_000 }],
  [/sonnet-4|3-7-sonnet/, budgeted],
  [/claude-3-5/, { ...legacy, maxTokens: 8192 }],
  [/claude-(?:3|2|v2|instant)/, legacy],
  // Models to come are taken for the newest that are known, without a limit that may not be theirs.
  [/claude-/, { ...adaptive, maxTokens: undefined, thinkingOff: "disabled" }],
];

/** Models of others, behind servers that speak this dialect: what all of them take. */
const foreign: ModelTraits = { ...budgeted, maxTokens: undefined, usualMaxTokens: 8192, thinkingOff: "disabled" };

/** Knows Anthropic's names, and the same models' names at Bedrock, Vertex and routers. */
export function findModelTraits(model: string): ModelTraits {
  const name = model.toLowerCase().replaceAll(".", "-");
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? foreign;
}
