import type { Fact, Output } from "./item.ts";

/** Without what does not matter to a reader: case, blanks and the punctuation around words. */
export function normalize(value: unknown): string {
  return String(value)
    .toLowerCase()
    .replaceAll(/[\s"'`.,;:!?()]+/g, " ")
    .trim();
}

/** The share of the facts that the text tells, in percent. */
export function gradeCoverage(text: unknown, facts: readonly Fact[]): number {
  const told = ` ${normalize(text)} `;
  return share(facts.filter(({ right }) => told.includes(` ${normalize(right)} `)).length, facts.length);
}

/** The share of the facts that are a whole line of the code, in percent: part of one is another query. */
export function gradeLines(code: unknown, facts: readonly Fact[]): number {
  const lines = new Set(String(code).split("\n").map(normalize));
  return share(facts.filter(({ right }) => lines.has(normalize(right))).length, facts.length);
}

/** F1 of fields that are named as the facts are, in percent: a wrong value is as bad as a wrong and a missing one. */
export function gradeFields(output: Output, facts: readonly Fact[]): number {
  const given = facts.filter(({ name }) => output[name] !== undefined && output[name] !== "");
  const right = given.filter(({ name, right: gold }) => normalize(output[name]) === normalize(gold)).length;
  return share(2 * right, given.length + facts.length);
}

/** 100 if the numbers are equal but for rounding to a cent, else 0. */
export function gradeNumber(value: unknown, gold: string): number {
  return typeof value === "number" && Math.abs(value - Number(gold)) < 0.005 ? 100 : 0;
}

function share(part: number, of: number): number {
  return of === 0 ? 0 : (100 * part) / of;
}
