import { HeadgateError } from "./errors.ts";

/** A JSON Schema document, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: unknown };

/** Deeper documents are refused: recursive readers further in would overflow the stack. */
export const maxJsonDepth = 64;

/**
 * The only place that calls `JSON.parse`. Removes `__proto__` keys (own keys of that name overwrite prototypes in
 * careless copies) and refuses documents nested deeper than `maxJsonDepth`.
 * @throws HeadgateError `json_invalid`; the message holds a position, never the text.
 */
export function parseJson(text: string): unknown {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (nestsTooDeep(source))
    throw new HeadgateError("json_invalid", { detail: `The JSON is nested deeper than ${maxJsonDepth} levels.` });
  try {
    return mayHoldPrototypeKey(source)
      ? (JSON.parse(source, dropPrototypeKey) as unknown)
      : (JSON.parse(source) as unknown);
  } catch (error) {
    const position = error instanceof SyntaxError ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    const where = position === undefined ? "" : ` at position ${position}`;
    throw new HeadgateError("json_invalid", { detail: `The text is not valid JSON${where}.` });
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One step of a JSON Pointer, escaped as RFC 6901, section 3, asks. */
export function toPointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function mayHoldPrototypeKey(text: string): boolean {
  return text.includes("__proto__") || text.includes("\\u005f") || text.includes("\\u005F");
}

function dropPrototypeKey(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

// Counting brackets outside of strings needs one pass; short texts cannot nest too deep.
function nestsTooDeep(text: string): boolean {
  if (text.length <= maxJsonDepth) return false;
  let opens = 0;
  for (let at = text.indexOf("["); at !== -1 && opens <= maxJsonDepth; at = text.indexOf("[", at + 1)) opens++;
  for (let at = text.indexOf("{"); at !== -1 && opens <= maxJsonDepth; at = text.indexOf("{", at + 1)) opens++;
  return opens > maxJsonDepth && measureDepth(text) > maxJsonDepth;
}

function measureDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 92) at++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth);
    else if (code === 93 || code === 125) depth--;
  }
  return deepest;
}
