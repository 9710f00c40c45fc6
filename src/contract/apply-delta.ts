/** A change of an answer object: text to append at a JSON Pointer (RFC 6901), or a value to set there. */
export type Delta =
  | { readonly path: string; readonly append: string }
  | { readonly path: string; readonly set: unknown };

/**
 * Applies one delta to the object in place; start with `{}`, and again with `{}` after each `reset`.
 * Safe for any path: `__proto__` is a field like others, and inherited properties are never followed.
 * @throws Error if the parent of the path is not there, which means that a delta was lost.
 */
export function applyDelta(target: Record<string, unknown>, delta: Delta): void {
  const steps = delta.path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = steps.pop();
  if (last === undefined) throw new Error("A delta needs the path of a field.");
  let parent: unknown = target;
  for (const step of steps) parent = readOwn(parent, step);
  if (typeof parent !== "object" || parent === null) throw new Error("A delta's path leads nowhere.");
  const value = "set" in delta ? copy(delta.set) : appendTo(readOwn(parent, last), delta.append);
  if (Array.isArray(parent)) setItem(parent, last, value);
  else setOwn(parent, last, value);
}

function readOwn(parent: unknown, key: string): unknown {
  return typeof parent === "object" && parent !== null && Object.hasOwn(parent, key)
    ? (parent as Record<string, unknown>)[key]
    : undefined;
}

function appendTo(text: unknown, more: string): string {
  if (text === undefined) return more;
  if (typeof text !== "string") throw new Error("A delta appends to what is not text.");
  return text + more;
}

function setItem(items: unknown[], step: string, value: unknown): void {
  const index = Number(step);
  if (String(index) !== step || !Number.isInteger(index) || index < 0 || index > items.length)
    throw new Error("A delta's path leads past the end of a list.");
  items[index] = value;
}

function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else (target as Record<string, unknown>)[key] = value;
}

// Later deltas change the object in place; the delta's own value stays as it was sent.
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  const own = {};
  for (const [key, inner] of Object.entries(value)) setOwn(own, key, copy(inner));
  return own;
}
