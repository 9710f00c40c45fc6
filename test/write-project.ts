import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

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
