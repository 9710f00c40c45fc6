import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { loadProject } from "../src/endpoint/load-project.ts";
import type { LoadOptions } from "../src/endpoint/load-project.ts";
import { formatProblem } from "../src/endpoint/problem.ts";
import type { Snapshot } from "../src/endpoint/snapshot.ts";
import { loadPrompt } from "../src/pipeline/prompts/load-prompt.ts";

/** Writes a project folder of its own for one test, outside of the repository, and removes it after the test. */
export function writeProject(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "headgate-project-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A project without mistakes: one endpoint that imports nothing. */
export const goodProject: Readonly<Record<string, string>> = {
  "endpoints/summarize/endpoint.ts": `export default {
  description: "Summarises a text.",
  input: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  output: { type: "object", properties: { summary: { type: "string" } }, required: ["summary"] },
  fallback: { summary: "" },
  example: { text: "Some text." },
};
`,
  "endpoints/summarize/prompts/1.0.0.prompt": `---
version: 1.0.0
---
Summarise: {{text}}
`,
};

export const endpointFile = "endpoints/summarize/endpoint.ts";
export const promptFile = "endpoints/summarize/prompts/1.0.0.prompt";

/** The good project's definition with more properties, one a line: the first stands on line 7. */
export function endpointWith(...lines: string[]): string {
  return goodProject[endpointFile]!.replace("};\n", `${indent(lines)}};\n`);
}

/** A config with these properties, one a line: the first stands on line 2. */
export function configWith(...lines: string[]): Record<string, string> {
  return { "headgate.config.ts": `export default {\n${indent(lines)}};\n` };
}

export async function findProblems(options: LoadOptions): Promise<string[]> {
  const loaded = await loadProject(options, { loadPrompt });
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

export async function loadGood(options: LoadOptions): Promise<Snapshot> {
  const loaded = await loadProject(options, { loadPrompt });
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.snapshot;
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join("");
}
