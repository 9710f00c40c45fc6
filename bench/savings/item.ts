import type { TaskKind } from "../../src/endpoint/define-routing.ts";
import type { JsonSchema } from "../../src/json.ts";
import type { Random } from "./draw.ts";

export const tiers = ["fast", "standard", "smart"] as const;

export type Tier = (typeof tiers)[number];

export type Difficulty = "easy" | "medium" | "hard";

export type FeatureName = "triage" | "support" | "extract" | "summarize" | "translate" | "code" | "analyze";

/** One thing that a right answer says: what is graded. */
export interface Fact {
  readonly name: string;
  readonly right: string;
  /** What a model that gets it wrong says in its place. */
  readonly wrong: string;
  /** Part of the input that tells it: who does not get to read this gets it wrong. Absent: the instructions tell it. */
  readonly toldBy?: string;
}

/** One thing that users ask for, with the gold answer. */
export interface Item {
  readonly id: string;
  readonly feature: FeatureName;
  readonly difficulty: Difficulty;
  /** Ways to put it, the usual one first. */
  readonly texts: readonly string[];
  readonly facts: readonly Fact[];
}

export type Output = Readonly<Record<string, unknown>>;

/** An LLM feature of the app whose traffic is played: an endpoint, what it is asked, and how its answers are graded. */
export interface Feature {
  readonly task: TaskKind;
  readonly description: string;
  /** The part of the prompt that is the same for each request. */
  readonly instructions: string;
  readonly output: JsonSchema;
  /** @param index its place in the catalogue; absent: asked once, by somebody in a situation of their own */
  makeItem(random: Random, index: number | undefined): Pick<Item, "texts" | "facts">;
  /**
   * What a model answers.
   * @param says each fact by name as the model has it, right or wrong
   * @param chatter what models add to the point, where there is room for it
   */
  answer(says: ReadonlyMap<string, string>, chatter: string): Output;
  /** 0 to 100. */
  grade(output: Output, facts: readonly Fact[]): number;
}
