/** Where Google offers a setting: at AI Studio and Vertex, at Vertex only, or nowhere. */
type Offer = "everywhere" | "vertex" | "nowhere";

export type ThinkingLevel = "minimal" | "low" | "medium" | "high" | "xhigh";

/** How a model is told to think: not at all, in tokens, or in levels (lowest first). */
export type Thinking =
  | { readonly type: "none" }
  | { readonly type: "budget"; readonly minTokens: number; readonly maxTokens: number; readonly canStop: boolean }
  | { readonly type: "levels"; readonly levels: readonly ThinkingLevel[] };

/** What a generation of models takes; Google refuses requests with a setting that the model lacks. */
export interface ModelFamily {
  readonly thinking: Thinking;
  readonly penalties: Offer;
  readonly logprobs: Offer;
  /** False: a system prompt is refused, and goes before the first turn. */
  readonly hasSystem: boolean;
  /** False: JSON answers and function declarations exclude each other. */
  readonly hasSchemaBesideTools: boolean;
  /**
   * True from Gemini 3 on: calls and results are matched by id, results may hold media, and a call without its thought
   * signature is refused.
   */
  readonly isStrictWithCalls: boolean;
}

const none: Thinking = { type: "none" };
const lowToHigh: Thinking = { type: "levels", levels: ["low", "medium", "high"] };
const minimalToHigh: Thinking = { type: "levels", levels: ["minimal", "low", "medium", "high"] };

const second = {
  penalties: "everywhere",
  logprobs: "everywhere",
  hasSystem: true,
  hasSchemaBesideTools: false,
  isStrictWithCalls: false,
} as const;
const secondAndHalf = { ...second, penalties: "vertex", logprobs: "vertex" } as const;
const third = {
  penalties: "nowhere",
  logprobs: "nowhere",
  hasSystem: true,
  hasSchemaBesideTools: true,
  isStrictWithCalls: true,
} as const;

/** The first that matches counts. Names that Google adds later fall through to the newest generation. */
const families: readonly (readonly [pattern: RegExp, family: ModelFamily])[] = [
  [/^gemma-/, { ...second, hasSystem: false, thinking: none }],
  [/^gemini-(?:1[.-]|2\.0|pro(?:-vision)?$)/, { ...second, thinking: none }],
  [
    /^gemini-2\.5-pro/,
    { ...secondAndHalf, thinking: { type: "budget", minTokens: 128, maxTokens: 32_768, canStop: false } },
  ],
  [
    /^gemini-2\.5-flash-lite/,
    { ...secondAndHalf, thinking: { type: "budget", minTokens: 512, maxTokens: 24_576, canStop: true } },
  ],
  [
    /^gemini-(?:2[.-]|robotics-er-1)/,
    { ...secondAndHalf, thinking: { type: "budget", minTokens: 1, maxTokens: 24_576, canStop: true } },
  ],
  [
    /^gemini-3-pro-image/,
    { ...third, thinking: { type: "budget", minTokens: 128, maxTokens: 32_768, canStop: false } },
  ],
  [/^gemini-3-pro/, { ...third, thinking: { type: "levels", levels: ["low", "high"] } }],
  [/^gemini-4-hydrogen/, { ...third, thinking: { type: "levels", levels: ["low", "medium", "high", "xhigh"] } }],
  [/^gemini-(?:[\d.]+-)?pro/, { ...third, thinking: lowToHigh }],
  [/^gemini-flash-latest|^gemini-(?:3\.[7-9]|[4-9](?:\.\d+)?)-flash(?!-lite)/, { ...third, thinking: lowToHigh }],
  [/^gemini-/, { ...third, thinking: minimalToHigh }],
];

// Tuned models and servers of others: nothing is known, so nothing is held back, and nothing is added.
const unknown: ModelFamily = {
  thinking: lowToHigh,
  penalties: "everywhere",
  logprobs: "everywhere",
  hasSystem: true,
  hasSchemaBesideTools: true,
  isStrictWithCalls: false,
};

/** @param model may have a path before it, such as `publishers/google/models/` */
export function findFamily(model: string): ModelFamily {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return families.find(([pattern]) => pattern.test(name))?.[1] ?? unknown;
}

export function isOffered(offer: Offer, isVertex: boolean): boolean {
  return offer === "everywhere" || (offer === "vertex" && isVertex);
}
