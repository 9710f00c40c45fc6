import { cpSync } from "node:fs";
import { join } from "node:path";
import type { ProjectCopy } from "../../served-project.ts";
import { createDrillProject, createKey } from "../drill-project.ts";

/** A project that calls the hostile provider in all dialects, served with keys as it is in production. */
export interface DrainProject extends ProjectCopy {
  /** May call and see the records. */
  readonly key: string;
}

export interface DrainProjectOptions {
  readonly providerUrl: string;
  /** Milliseconds between two tokens of the endpoint's model. */
  readonly paceMs: number;
  /** Takes its keys, so that both know the same. */
  readonly like?: DrainProject;
  readonly env?: Readonly<Record<string, string>>;
}

const databaseUrl = process.env["DATABASE_URL"];

export async function createDrainProject(options: DrainProjectOptions): Promise<DrainProject> {
  const { providerUrl, paceMs, like } = options;
  const env = {
    // `headgate serve` says in its log that it is ready.
    HEADGATE_LOG_LEVEL: "info",
    // The default of `headgate serve`.
    HEADGATE_LAME_DUCK_SECONDS: "",
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...options.env,
  };
  const project = createDrillProject({ config: toConfig(providerUrl, paceMs), endpoints: { ask: endpoint }, env });
  if (!like) return { ...project, key: await createKey(project) };
  if (databaseUrl === undefined)
    cpSync(join(like.folder, ".headgate"), join(project.folder, ".headgate"), { recursive: true });
  return { ...project, key: like.key };
}

function toConfig(baseUrl: string, paceMs: number): unknown {
  return {
    providers: {
      chat: { type: "openai-chat", baseUrl },
      messages: { type: "anthropic", baseUrl, apiKeyEnv: "DRILL_KEY" },
    },
    models: { paced: { provider: "chat", model: `ok?pace=${paceMs}` } },
    tiers: { standard: "paced" },
  };
}

const pointCount = 40;

const endpoint = {
  description: "Answers a question.",
  input: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  output: {
    type: "object",
    properties: {
      points: { type: "array", items: { type: "string" }, minItems: pointCount, maxItems: pointCount },
    },
    required: ["points"],
    additionalProperties: false,
  },
  route: "standard",
};
