import { createRandom } from "../../src/testing/hostile-provider/known-text.ts";
import { drawFrom, logNormal } from "./draw.ts";
import { features } from "./features.ts";
import { normalize } from "./grade.ts";
import type { Fact, Item, Tier } from "./item.ts";
import { accuracy, runaway } from "./parameters.ts";
import { writeProse } from "./prose.ts";

export interface Question {
  readonly item: Item;
  readonly tier: Tier;
  /** What of the input got through to the model. */
  readonly text: string;
  /** It is told that its answer before this one was no good. */
  readonly isCorrection: boolean;
}

/** What a model of the tier answers, before its output limit: the same each time. */
export function answerAsModel({ item, tier, text, isCorrection }: Question): string {
  const read = normalize(text);
  const says = new Map(
    item.facts.map((fact) => [fact.name, isRight(item, fact, tier, read) ? fact.right : fact.wrong]),
  );
  const chatter = hasRoom.has(item.feature) ? writeProse(createRandom(`chatter ${item.id}`), chatterTokens(item)) : "";
  const isRunaway = !isCorrection && hasRoom.has(item.feature) && drawFrom(`runaway ${item.id}`) < runaway.share;
  const output = features[item.feature].answer(says, isRunaway ? repeatLastSentence(chatter) : chatter);
  return JSON.stringify(output);
}

/**
 * Each fact has one draw that holds for all tiers: what a weaker model gets right, a stronger one does too. In truth they
 * differ both ways; the means are the same, and the difference of two runs is not blurred by luck.
 */
function isRight(item: Item, { name, toldBy }: Fact, tier: Tier, read: string): boolean {
  if (toldBy !== undefined && !read.includes(normalize(toldBy))) return false;
  return drawFrom(`fact ${item.id} ${name}`) < accuracy[item.difficulty][tier];
}

/** Features whose answers have a free text that can run long. */
const hasRoom: ReadonlySet<string> = new Set(["support", "summarize", "code", "analyze"]);

function chatterTokens(item: Item): number {
  return Math.min(logNormal(createRandom(`length ${item.id}`), 40, 0.6), 300);
}

function repeatLastSentence(text: string): string {
  const last = `${text.split(". ").at(-1) || "As said above."} `;
  // A sentence of prose has a token for each four characters or more.
  return `${text} ${last.repeat(Math.ceil((runaway.tokens * 4) / last.length))}`;
}
