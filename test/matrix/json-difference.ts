import { isRecord, toPointer } from "../../src/json.ts";

const absent = "(absent)";

/** What differs, by JSON Pointer: the values of `value`, where it has other ones than `base`. */
export function findDifferences(base: unknown, value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(listDifferences(base, value, []));
}

function listDifferences(base: unknown, value: unknown, path: readonly string[]): [string, unknown][] {
  if (isDeepEqual(base, value)) return [];
  if (!isNested(base) || !isNested(value) || Array.isArray(base) !== Array.isArray(value)) {
    return [[toPointer(path), value === undefined ? absent : value]];
  }
  const names = new Set([...Object.keys(base), ...Object.keys(value)]);
  const fieldsOf = (side: object): Record<string, unknown> => side as Record<string, unknown>;
  return [...names].flatMap((name) => listDifferences(fieldsOf(base)[name], fieldsOf(value)[name], [...path, name]));
}

function isNested(value: unknown): value is object {
  return Array.isArray(value) || isRecord(value);
}

/** The order of fields does not count. */
export function isDeepEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(sortFields(left)) === JSON.stringify(sortFields(right));
}

function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (!isRecord(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sortFields(value[name])]));
}
