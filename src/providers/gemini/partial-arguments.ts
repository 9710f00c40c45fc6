import { isRecord } from "../../json.ts";

/** Arguments of a call that Vertex streams value by value: `{ jsonPath: "$.a[0].b", stringValue: "..." }`. */
export interface PartialArguments {
  add(values: readonly unknown[]): void;
  /** The arguments so far as JSON; "" if there are none. */
  toText(): string;
}

type Container = Record<string, unknown> | unknown[];
type Step = string | number;

export function createPartialArguments(): PartialArguments {
  const root: Record<string, unknown> = {};
  return {
    add: (values) => {
      for (const value of values) if (isRecord(value)) addValue(root, value);
    },
    toText: () => (Object.keys(root).length === 0 ? "" : JSON.stringify(root)),
  };
}

function addValue(root: Record<string, unknown>, partial: Record<string, unknown>): void {
  const steps = parsePath(partial["jsonPath"]);
  // `$.a[]` ends a list, and is all that comes of an empty one.
  const isList = steps.at(-1) === "[]";
  const path = isList ? steps.slice(0, -1) : steps;
  const last = path.at(-1);
  const parent = last === undefined ? undefined : findContainer(root, path);
  if (!parent || last === undefined || !canSet(parent, last)) return;
  const before = get(parent, last);
  const value = partial["stringValue"] ?? partial["numberValue"] ?? partial["boolValue"];
  if (typeof value === "string" && typeof before === "string") set(parent, last, before + value);
  else if (value !== undefined && value !== null) set(parent, last, value);
  else if ("nullValue" in partial) set(parent, last, null);
  else if (before === undefined && partial["willContinue"] !== true) set(parent, last, isList ? [] : {});
}

const step = /\.([^.[\]]+)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]|(\[\])/gy;

/** The steps of a path of RFC 9535 without wildcards; none if it cannot be read. */
function parsePath(path: unknown): Step[] {
  if (typeof path !== "string" || !path.startsWith("$")) return [];
  const found = [...path.slice(1).matchAll(step)];
  if (found.reduce((length, [text]) => length + text.length, 1) !== path.length) return [];
  return found.map(([, name, index, single, double, end]) =>
    index === undefined ? (name ?? single ?? double ?? end ?? "") : Number(index),
  );
}

function findContainer(root: Record<string, unknown>, path: readonly Step[]): Container | undefined {
  let current: Container = root;
  for (const [at, key] of path.slice(0, -1).entries()) {
    if (!canSet(current, key)) return undefined;
    let next = get(current, key);
    if (next === undefined || next === null) {
      next = typeof path[at + 1] === "number" ? [] : {};
      set(current, key, next);
    }
    if (!isRecord(next) && !Array.isArray(next)) return undefined;
    current = next as Container;
  }
  return current;
}

// A list grows by one at a time: a far index would make room for all before it.
function canSet(container: Container, key: Step): boolean {
  if (Array.isArray(container)) return typeof key === "number" && key <= container.length;
  return key !== "__proto__";
}

function get(container: Container, key: Step): unknown {
  return Object.hasOwn(container, key) ? (container as Record<Step, unknown>)[key] : undefined;
}

function set(container: Container, key: Step, value: unknown): void {
  (container as Record<Step, unknown>)[key] = value;
}
