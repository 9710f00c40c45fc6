import { isRecord } from "../json.ts";

/** Freezes plain data all the way down. Functions and class instances in it stay as they are. */
export function freezeDeep<T>(value: T): T {
  if (Array.isArray(value) || (isRecord(value) && isPlain(value))) {
    Object.freeze(value);
    Object.values(value).forEach(freezeDeep);
  }
  return value;
}

/** A map that refuses to change: `Object.freeze` alone does not stop `set`. */
export function freezeMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  const map = new Map(entries);
  const refuse = (): never => {
    throw new TypeError("A snapshot cannot be changed: load the project anew.");
  };
  Object.defineProperties(map, { set: { value: refuse }, delete: { value: refuse }, clear: { value: refuse } });
  return Object.freeze(map);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
