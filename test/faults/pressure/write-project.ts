import type { ServedProject } from "../../served-project.ts";
import { createDrillProject } from "../drill-project.ts";

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
  const definitions: Record<string, unknown> = {};
  for (const [name, { use, timeoutMs }] of Object.entries(endpoints)) {
    definitions[name] = {
      description: "Answers a question.",
      input: { type: "object", properties: { text }, required: ["text"] },
      output: { type: "object", properties: { summary: text }, required: ["summary"], additionalProperties: false },
      route: { use },
      timeoutMs,
    };
  }
  const project = createDrillProject({ config, endpoints: definitions, env });
  const server = await project.serve();
  return {
    ...server,
    close: async () => {
      await server.stop();
      project.remove();
    },
  };
}
