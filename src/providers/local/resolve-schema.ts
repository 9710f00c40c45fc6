import { isRecord, type JsonSchema } from "../../json.ts";

type Loose = Record<string, unknown>;

const mostHops = 32;

/** Follows `$ref` and folds `allOf` in, so that one flat object says all of a value except `anyOf` and `oneOf`. */
export function resolveSchema(node: unknown, root: JsonSchema, hops = 0): JsonSchema {
  if (!isRecord(node) || hops > mostHops) return {};
  const { $ref, allOf, ...own } = node;
  let merged: JsonSchema = own;
  if (typeof $ref === "string") merged = mergeSchemas(resolveSchema(followPointer($ref, root), root, hops + 1), merged);
  if (Array.isArray(allOf)) {
    for (const part of allOf.slice(0, 50)) merged = mergeSchemas(merged, resolveSchema(part, root, hops + 1));
  }
  return merged;
}

/** A schema that both hold for. */
export function mergeSchemas(a: JsonSchema, b: JsonSchema): JsonSchema {
  const merged: Loose = { ...a, ...b };
  for (const key of Object.keys(b)) {
    const [left, right] = [a[key], b[key]];
    if (left === undefined || right === undefined) continue;
    merged[key] = mergeKeyword(key, left, right);
  }
  return merged;
}

function mergeKeyword(key: string, left: unknown, right: unknown): unknown {
  if (key.startsWith("min") || key === "exclusiveMinimum") return Math.max(Number(left), Number(right));
  if (key.startsWith("max") || key === "exclusiveMaximum") return Math.min(Number(left), Number(right));
  if (key === "required") return [...new Set([...toList(left), ...toList(right)])];
  if (key === "enum") return toList(left).filter((value) => toList(right).some((other) => isEqual(value, other)));
  if (key === "type") return mergeTypes(toList(left), toList(right));
  if (key === "properties" && isRecord(left) && isRecord(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return Object.fromEntries([...names].map((name) => [name, mergeProperty(left, right, name)]));
  }
  if (key === "items" && isRecord(left) && isRecord(right)) return { allOf: [left, right] };
  if (key === "additionalProperties" && (left === false || right === false)) return false;
  return right;
}

function mergeProperty(left: Loose, right: Loose, name: string): unknown {
  if (!Object.hasOwn(left, name)) return right[name];
  if (!Object.hasOwn(right, name)) return left[name];
  return { allOf: [left[name], right[name]] };
}

// "integer" is a kind of "number".
function mergeTypes(left: readonly unknown[], right: readonly unknown[]): unknown[] {
  const shared = left.filter((type) => right.includes(type));
  const isInteger = [left, right].some((types) => types.includes("integer") && !types.includes("number"));
  return isInteger &&
    !shared.includes("integer") &&
    [left, right].every((types) => types.includes("integer") || types.includes("number"))
    ? [...shared.filter((type) => type !== "number"), "integer"]
    : shared;
}

function followPointer(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith("#")) return undefined;
  const steps = reference
    .slice(1)
    .split("/")
    .filter((step) => step !== "");
  let node: unknown = root;
  for (const step of steps) {
    const key = decodeStep(step);
    if (Array.isArray(node)) node = node[Number(key)];
    else node = isRecord(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }
  return node;
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return step;
  }
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

export function isEqual(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
