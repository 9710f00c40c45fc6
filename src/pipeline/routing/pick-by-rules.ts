import type { RouteFeatures } from "../../call.ts";
import type { RoutingCondition } from "../../endpoint/define-routing.ts";
import type { RuleSet } from "../../endpoint/snapshot.ts";
import { compileTime } from "./time-condition.ts";

/** What a rule set makes of a call. */
export interface Pick {
  /** A tier or model name of the config. */
  readonly use: string;
  /** `2026-11.rules[0]`, or `2026-11.otherwise`. */
  readonly rule: string;
}

type Test = (features: RouteFeatures) => boolean;

interface CompiledRule {
  readonly tests: readonly Test[];
  readonly pick: Pick;
}

interface CompiledSet {
  readonly rules: readonly CompiledRule[];
  readonly otherwise: Pick;
  /** Numbers of tokens from which on the choice may be another, ascending. */
  readonly tokenBorders: readonly number[];
  readonly asksForLanguage: boolean;
}

const compiledSets = new WeakMap<RuleSet, CompiledSet>();

/** The first rule that holds wins. A condition on something that is not known of the call does not hold. */
export function pickByRules(set: RuleSet, features: RouteFeatures): Pick {
  const { rules, otherwise } = compile(set);
  return rules.find(({ tests }) => tests.every((test) => test(features)))?.pick ?? otherwise;
}

/** Numbers of tokens between two of which the choice is the same. */
export function listTokenBorders(set: RuleSet): readonly number[] {
  return compile(set).tokenBorders;
}

export function asksForLanguage(set: RuleSet): boolean {
  return compile(set).asksForLanguage;
}

function compile(set: RuleSet): CompiledSet {
  const known = compiledSets.get(set);
  if (known) return known;
  const { version, rules, otherwise } = set;
  const conditions = rules.map(({ when }) => when);
  const borders = conditions.flatMap(({ tokens: { atLeast, atMost } = {} }) => [
    ...(atLeast === undefined ? [] : [atLeast]),
    ...(atMost === undefined ? [] : [atMost + 1]),
  ]);
  const compiled: CompiledSet = {
    rules: rules.map(({ when, use }, index) => ({
      tests: listTests(when),
      pick: { use, rule: `${version}.rules[${index}]` },
    })),
    otherwise: { use: otherwise, rule: `${version}.otherwise` },
    tokenBorders: [...new Set(borders)].sort((a, b) => a - b),
    asksForLanguage: conditions.some(({ language }) => language !== undefined),
  };
  compiledSets.set(set, compiled);
  return compiled;
}

function listTests(when: RoutingCondition): readonly Test[] {
  const { endpoint, task, tokens, language, hasTools, hasImages, key, team, metadata, time, budgetLeft } = when;
  const tests: Test[] = [];
  const add = <T>(condition: T | undefined, toTest: (condition: T) => Test): void => {
    if (condition !== undefined) tests.push(toTest(condition));
  };
  add(endpoint, (names) => isOneOf(names, (features) => features.endpoint));
  add(task, (names) => isOneOf(names, (features) => features.task));
  add(team, (names) => isOneOf(names, (features) => features.team));
  add(language, (names) => isOneOf(names, (features) => features.language));
  add(key, toKeyTest);
  add(hasTools, (wanted) => (features) => (features.hasTools ?? false) === wanted);
  add(hasImages, (wanted) => (features) => (features.hasImages ?? false) === wanted);
  for (const [name, values] of Object.entries(metadata ?? {})) {
    tests.push(isOneOf(values, (features) => readOwn(features.metadata, name)));
  }
  add(tokens, (range) => (features) => isWithin(features.tokens, range));
  add(time, (condition) => {
    const isThen = compileTime(condition);
    return ({ atMs }) => isThen(atMs);
  });
  add(budgetLeft, toBudgetTest);
  return tests;
}

function isOneOf(wanted: string | readonly string[], read: (features: RouteFeatures) => string | undefined): Test {
  const values = new Set([wanted].flat());
  return (features) => {
    const value = read(features);
    return value !== undefined && values.has(value);
  };
}

function toKeyTest(wanted: string | readonly string[]): Test {
  const keys = new Set([wanted].flat());
  return ({ keyId, keyName }) =>
    (keyId !== undefined && keys.has(keyId)) || (keyName !== undefined && keys.has(keyName));
}

function toBudgetTest({ budget, ...range }: NonNullable<RoutingCondition["budgetLeft"]>): Test {
  return ({ budgetLeft = {} }) => {
    if (budget !== undefined) return isWithin(readOwn(budgetLeft, budget), range);
    const shares = Object.values(budgetLeft);
    return shares.length > 0 && isWithin(Math.min(...shares), range);
  };
}

function isWithin(value: number | undefined, range: { readonly atLeast?: number; readonly atMost?: number }): boolean {
  const { atLeast = -Infinity, atMost = Infinity } = range;
  return value !== undefined && value >= atLeast && value <= atMost;
}

// Names in metadata are the client's: `constructor` is none of them unless it is said.
function readOwn<V>(record: Readonly<Record<string, V>> | undefined, name: string): V | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
