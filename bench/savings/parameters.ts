import type { TokenLimitsDefinition } from "../../src/endpoint/define-budget.ts";
import type { RuleSetDefinition } from "../../src/endpoint/define-routing.ts";
import type { Difficulty, FeatureName, Tier } from "./item.ts";

/** Every number of the workload that is a choice. Where each comes from stands in README.md. */

/** Models by tier; their prices are those of the price list. */
export const modelOf: Readonly<Record<Tier, string>> = {
  fast: "gpt-4.1-nano",
  standard: "gpt-4.1-mini",
  smart: "gpt-4.1",
};

/** How often a model gets a fact right. */
export const accuracy: Readonly<Record<Difficulty, Readonly<Record<Tier, number>>>> = {
  easy: { smart: 0.99, standard: 0.985, fast: 0.98 },
  medium: { smart: 0.95, standard: 0.92, fast: 0.84 },
  hard: { smart: 0.6, standard: 0.48, fast: 0.28 },
};

export interface FeatureTraffic {
  /** Of all requests. */
  readonly share: number;
  /** Of its requests: asked by nobody before. */
  readonly fresh: number;
  /** Different things that are asked again and again, in a run of 5,000 requests. */
  readonly catalogue: number;
  readonly difficulty: Readonly<Record<Difficulty, number>>;
  /** With the technique `limits`. */
  readonly limits: TokenLimitsDefinition;
}

const easy = { easy: 0.9, medium: 0.1, hard: 0 };
const usual = { easy: 0.8, medium: 0.2, hard: 0 };
const demanding = { easy: 0.2, medium: 0.5, hard: 0.3 };

export const traffic: Readonly<Record<FeatureName, FeatureTraffic>> = {
  triage: { share: 0.24, fresh: 0.7, catalogue: 120, difficulty: easy, limits: reduce(1900, 60) },
  support: { share: 0.26, fresh: 0.15, catalogue: 240, difficulty: usual, limits: reduce(4000, 300) },
  extract: { share: 0.12, fresh: 0.9, catalogue: 40, difficulty: easy, limits: reduce(4000, 300) },
  summarize: { share: 0.12, fresh: 0.5, catalogue: 60, difficulty: usual, limits: reduce(6000, 600) },
  translate: { share: 0.08, fresh: 0.5, catalogue: 80, difficulty: easy, limits: reduce(4000, 1500) },
  code: { share: 0.1, fresh: 0.9, catalogue: 30, difficulty: demanding, limits: reduce(8000, 800) },
  analyze: { share: 0.08, fresh: 0.7, catalogue: 30, difficulty: demanding, limits: reduce(8000, 500) },
};

function reduce(inputTokens: number, outputTokens: number): TokenLimitsDefinition {
  return { inputTokens, outputTokens, onExceeded: "reduce" };
}

export const tenants = { aurora: 0.5, borealis: 0.25, cygnus: 0.15, dorado: 0.1 } as const;

/** Of the ranks in a catalogue. */
export const zipfExponent = 0.8;

/** Of the requests for something that is asked again: put in other words, where there are any. */
export const rewordedShare = 0.5;

/** Of the same: with other capitals, or other blanks. */
export const retypedShare = 0.15;

/** Of the requests: they come twice at the same moment, as from a double click or a client that retries too early. */
export const twinShare = 0.015;

/** In a run of 5,000 requests: moments at which many ask the same question at once. */
export const crowds = { count: 4, size: 15 };

/** Of the answers with free text: the model falls into a loop and repeats itself up to its output limit. */
export const runaway = { share: 0.001, tokens: 4096 };

/**
 * With the technique `routing`. Classification on the fast model would save 1 % more of the cost, and lose 0.2 to 0.6
 * points: too much for a bar of one point.
 */
export const ruleSet: RuleSetDefinition = {
  rules: [{ when: { task: ["coding", "analysis"] }, use: "smart" }],
  otherwise: "standard",
};

/** What the app that knows no techniques uses for everything. */
export const oneModel: Tier = "smart";

export const answerTtlSeconds = 86_400;
