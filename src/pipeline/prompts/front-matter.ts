import { LineCounter, isMap, isScalar, parseDocument } from "yaml";
import type { Document } from "yaml";
import { isRecord } from "../../json.ts";
import type { PromptProblem } from "./prompt-problem.ts";

/** A front matter's values, with the way back to their lines. */
export interface FrontMatter {
  readonly values: Readonly<Record<string, unknown>>;
  /** Line of the file on which the key at the end of a path stands. */
  lineOf(path: readonly (string | number)[]): number;
}

export type FrontMatterResult =
  | { readonly ok: true; readonly frontMatter: FrontMatter }
  | { readonly ok: false; readonly problems: readonly PromptProblem[] };

/** Reads front matter as YAML 1.2; `firstLine` is the file's line on which it begins. */
export function readFrontMatter(yaml: string, firstLine: number): FrontMatterResult {
  const lineCounter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter, prettyErrors: false });
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line + firstLine - 1;
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => ({
      line: lineAt(pos[0]),
      message: `The front matter is not valid YAML: ${message}${message.endsWith(".") ? "" : "."}`,
    }));
    return { ok: false, problems };
  }
  const values = toValues(document);
  if (!values) {
    return {
      ok: false,
      problems: [{ line: firstLine, message: 'The front matter must be keys and values, such as "version: 1.0.0".' }],
    };
  }
  return { ok: true, frontMatter: { values, lineOf: (path) => lineAt(findOffset(document, path)) } };
}

function toValues(document: Document): Record<string, unknown> | undefined {
  if (document.contents === null) return {};
  try {
    const values: unknown = document.toJS({ maxAliasCount: 20 });
    return isRecord(values) ? values : undefined;
  } catch {
    // Aliases that would unfold into more data than a prompt needs.
    return undefined;
  }
}

function findOffset(document: Document, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    if (!pair || !isScalar(pair.key)) break;
    offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
