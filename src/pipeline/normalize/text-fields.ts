import { isRecord, toPointer } from "../../json.ts";

/** Replaces every text in a JSON value by what `change` makes of it; keys stay. Returns the value itself if nothing changed. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) {
    const mapped = value.map((item) => mapTexts(item, change));
    return mapped.some((item, index) => item !== value[index]) ? mapped : value;
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)] as const);
  return entries.some(([key, inner]) => inner !== value[key]) ? Object.fromEntries(entries) : value;
}

export interface TextField {
  /** JSON Pointer. */
  readonly path: string;
  readonly text: string;
}

export function listTexts(value: unknown, path: readonly (string | number)[] = []): TextField[] {
  if (typeof value === "string") return [{ path: toPointer(path), text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => listTexts(item, [...path, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => listTexts(inner, [...path, key]));
}

/** A copy in which the text at `path` is `text`. */
export function replaceText(value: unknown, path: string, text: string): unknown {
  return replaceAt(value, path.split("/").slice(1), text);
}

function replaceAt(value: unknown, steps: readonly string[], text: string): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return text;
  const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === key ? replaceAt(item, rest, text) : item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === key ? replaceAt(inner, rest, text) : inner]),
  );
}
