import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyProject, type ProjectCopy } from "../served-project.ts";

export interface DrillProject {
  readonly config: unknown;
  /** Definitions by name; each asks its model for `text` of its input. */
  readonly endpoints?: Readonly<Record<string, unknown>>;
  /** Added to the environment of its processes. */
  readonly env?: Readonly<Record<string, string>>;
}

const promptText = '---\nversion: 1.0.0\n---\n{{role "user"}}Answer: {{text}}\n';

/** A project in a folder of its own. Its providers may take their key from `DRILL_KEY`. */
export function createDrillProject({ config, endpoints = {}, env }: DrillProject): ProjectCopy {
  const source = mkdtempSync(join(tmpdir(), "headgate-drill-"));
  writeFileSync(join(source, "headgate.config.ts"), `export default ${JSON.stringify(config)};\n`);
  for (const [name, definition] of Object.entries(endpoints)) {
    const folder = join(source, "endpoints", name);
    mkdirSync(join(folder, "prompts"), { recursive: true });
    writeFileSync(join(folder, "endpoint.ts"), `export default ${JSON.stringify(definition)};\n`);
    writeFileSync(join(folder, "prompts/1.0.0.prompt"), promptText);
  }
  const project = copyProject("", { source, env: { DRILL_KEY: "drill", HEADGATE_LOG_LEVEL: "error", ...env } });
  rmSync(source, { recursive: true, force: true });
  return project;
}

/** A key that may call and see the records. */
export async function createKey(project: ProjectCopy): Promise<string> {
  const created = await project.run(["keys", "create", "--name", "drill", "--scope", "call,admin", "--json"]);
  if (created.code !== 0) throw new Error(`No key could be created: ${created.stderr}`);
  return (JSON.parse(created.stdout) as { readonly secret: string }).secret;
}
