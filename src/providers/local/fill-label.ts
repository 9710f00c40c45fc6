import { isRecord } from "../../json.ts";
import {
  chooseLabel,
  describeLabel,
  needsLikeness,
  type Label,
  type LabelQuestion,
  type LabelScore,
} from "./choose-label.ts";
import { compareVectors, maxTexts } from "./embed.ts";
import type { FillState, Filled } from "./fill-state.ts";
import type { Field } from "./read-field.ts";
import { sentencesOf, type Scope } from "./scope.ts";

/** A value that the schema allows, and what it says about it. */
export interface Choice {
  readonly value: unknown;
  readonly description: string;
}

/** The allowed value nearest to the material. */
export async function fillLabel(
  choices: readonly Choice[],
  field: Field,
  scope: Scope,
  state: FillState,
): Promise<Filled> {
  const [best] = await rankChoices(choices, field, scope, state);
  if (!best) return { value: null, isFound: false };
  return { value: choices[best.label]!.value, isFound: sentencesOf(scope).length > 0 };
}

/** For lists: the values that the material speaks for, best first; at least one, at most `most`. */
export async function listLabels(
  choices: readonly Choice[],
  field: Field,
  scope: Scope,
  state: FillState,
  most: number,
): Promise<unknown[]> {
  const ranked = await rankChoices(choices, field, scope, state);
  const top = ranked[0]?.score ?? 0;
  return ranked
    .filter(({ score }, at) => at === 0 || (score >= 1 && score >= 0.5 * top))
    .slice(0, most)
    .map(({ label }) => choices[label]!.value);
}

async function rankChoices(
  choices: readonly Choice[],
  field: Field,
  scope: Scope,
  state: FillState,
): Promise<LabelScore[]> {
  const { reading } = scope;
  const titled = reading.material.title !== undefined && !scope.within;
  const labels = choices.map((choice) => toLabel(choice, field, state));
  const question: LabelQuestion = {
    labels,
    sentences: sentencesOf(scope),
    language: reading.language,
    ...(titled ? { title: reading.material.title } : {}),
  };
  const likeness = needsLikeness(question) ? await measureLikeness(labels, scope, state) : undefined;
  const ranked = chooseLabel(likeness ? { ...question, likeness } : question);
  if (ranked[0]?.evidence) state.evidence.set(field.name, ranked[0].evidence.text);
  const margin = (ranked[0]?.score ?? 0) - (ranked[1]?.score ?? 0);
  state.confidence = Math.round((0.5 + 0.5 * (1 - Math.exp(-margin / 2))) * 100) / 100;
  return ranked;
}

function toLabel({ value, description }: Choice, field: Field, state: FillState): Label {
  const name = isRecord(value) ? JSON.stringify(value) : String(value);
  const told = description === "" ? describeLabel(name, `${field.description}\n${state.instructions}`) : description;
  return { name: name.slice(0, 200), description: told };
}

async function measureLikeness(
  labels: readonly Label[],
  scope: Scope,
  state: FillState,
): Promise<number[] | undefined> {
  if (labels.length + 1 > maxTexts) return undefined;
  const { title } = scope.reading;
  const text = sentencesOf(scope).map((sentence) => sentence.text);
  const head = [...(title && title !== text[0] ? [title] : []), ...text.slice(0, 20)].join(" ");
  if (head.trim() === "") return undefined;
  const names = labels.map(({ name, description }) => `${name.replaceAll(/[_-]/gu, " ")} ${description}`.trim());
  const vectors = await state.embedder?.embed([head, ...names]);
  return vectors?.slice(1).map((vector) => compareVectors(vector, vectors[0]!));
}
