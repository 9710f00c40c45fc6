import { jsonrepair } from "jsonrepair";

/** jsonrepair copies its output at each missing comma, so its worst case is quadratic: 0.2 s at this size, 3 s at twice it. */
export const maxRepairChars = 64 * 1024;

/** jsonrepair recurses; answers nest far less. */
const maxRepairDepth = 256;

/**
 * Mends what models get wrong in JSON: trailing commas, single quotes, bare keys, comments, a missing end.
 * Returns undefined if it cannot; never throws.
 */
export function repairJson(text: string): string | undefined {
  if (text.length > maxRepairChars || nestsDeep(text)) return undefined;
  try {
    return jsonrepair(text);
  } catch {
    // A JSONRepairError, or a RangeError from nesting that shows no brackets, such as `a(a(a(`.
    return undefined;
  }
}

function nestsDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) depth++;
    else if (code === 93 || code === 125) depth--;
    if (depth > maxRepairDepth) return true;
  }
  return false;
}
