import { LineCounter, isMap, isScalar, parseDocument } from "yaml";
import { isVersion } from "./compare-versions.ts";
import { notBuilt, notBuiltMessage } from "./not-built.ts";
import type { Problem } from "./problem.ts";

export interface ReleaseEntry {
  readonly version: string;
  readonly line?: number;
}

/** Reads a release table: endpoint (`summarize`, or `summarize/v2` for one contract of it) to the prompt version it serves. */
export function readReleases(
  text: string,
  file: string,
  report: (problem: Problem) => void,
): ReadonlyMap<string, ReleaseEntry> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : lines.linePos(offset).line;
  for (const error of document.errors) {
    report({ file, line: lineAt(error.pos[0]), message: `The YAML cannot be read: ${error.message}.` });
  }
  const table = document.contents;
  const releases = new Map<string, ReleaseEntry>();
  if (document.errors.length > 0 || table === null) return releases;
  if (!isMap(table)) {
    report({ file, line: 1, message: "A release table has one line for each endpoint, such as summarize: 1.0.0." });
    return releases;
  }
  for (const { key, value } of table.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    const line = lineAt(isScalar(key) ? key.range?.[0] : undefined);
    if (isScalar(value) && isVersion(String(value.value))) releases.set(name, { version: String(value.value), line });
    else report({ file, line, message: `${name}: ${isMap(value) ? describeTable(value.toJSON()) : versionRule}` });
  }
  return releases;
}

const versionRule = "This must be a prompt version, such as 1.0.0 or 1.1.0-beta.";

function describeTable(entry: unknown): string {
  const keys = Object.keys(entry as object).filter((key) => Object.hasOwn(notBuilt.releaseKeys, key));
  if (keys.length === 0) return versionRule;
  const what = keys.map((key) => `"${key}"`).join(", ");
  return `${notBuiltMessage(`A release with ${what}`)} ${versionRule}`;
}
