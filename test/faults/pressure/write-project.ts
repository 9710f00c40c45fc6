import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyProject, type ServedProject } from "../../served-project.ts";

export interface PressureProject {
  /** Of the config. */
  readonly config: unknown;
  /** Endpoints by name, each with the tier or model that it uses and its deadline. */
  readonly endpoints?: Readonly<Record<string, { readonly use: string; readonly timeoutMs: number }>>;
  /** Of the server. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface PressureServer extends ServedProject {
  /** Stops the server and removes its folders. */
  close(): Promise<void>;
}

const text = { type: "string" };

/** Serves a project of its own in a process of its own. */
export async function servePressureProject({ config, endpoints = {}, env }: PressureProject): Promise<PressureServer> {
  const source = mkdtempSync(join(tmpdir(), "headgate-pressure-"));
  writeFileSync(join(source, "headgate.config.ts"), `export default ${JSON.stringify(config)};\n`);
  for (const [name, { use, timeoutMs }] of Object.entries(endpoints)) {
    const folder = join(source, "endpoints", name);
    mkdirSync(join(folder, "prompts"), { recursive: true });
    const endpoint = {
      description: "Answers a question.",
      input: { type: "object", properties: { text }, required: ["text"] },
      output: { type: "object", properties: { summary: text }, required: ["summary"], additionalProperties: false },
      route: { use },
      timeoutMs,
    };
    writeFileSync(join(folder, "endpoint.ts"), `export default ${JSON.stringify(endpoint)};\n`);
    writeFileSync(join(folder, "prompts/1.0.0.prompt"), '---\nversion: 1.0.0\n---\n{{role "user"}}Answer: {{text}}\n');
  }
  const project = copyProject("", { source, env: { DRILL_KEY: "drill", HEADGATE_LOG_LEVEL: "error", ...env } });
  const server = await project.serve();
  return {
    ...server,
    close: async () => {
      await server.stop();
      project.remove();
      rmSync(source, { recursive: true, force: true });
    },
  };
}
