import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallRecord } from "../../../src/store/store.ts";
import { copyProject, type ProjectCopy } from "../../served-project.ts";

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
  const source = writeProject(providerUrl, paceMs);
  const env = {
    DRILL_KEY: "drill",
    // The default of `headgate serve`.
    HEADGATE_LAME_DUCK_SECONDS: "",
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...options.env,
  };
  const project = copyProject(providerUrl, { source, env });
  rmSync(source, { recursive: true, force: true });
  if (!like) return { ...project, key: await createKey(project) };
  if (databaseUrl === undefined)
    cpSync(join(like.folder, ".headgate"), join(project.folder, ".headgate"), { recursive: true });
  return { ...project, key: like.key };
}

/** All records of a server's store, by request id. @throws Error if any is there twice */
export async function readRecords(url: string, key: string): Promise<Map<string, CallRecord>> {
  const records = new Map<string, CallRecord>();
  for (let before = ""; ;) {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/admin/v1/requests?limit=500${before}`, { headers });
    const { requests } = (await response.json()) as { readonly requests: readonly CallRecord[] };
    for (const record of requests) {
      if (records.has(record.requestId)) throw new Error(`There are two records of ${record.requestId}.`);
      records.set(record.requestId, record);
    }
    const last = requests.at(-1);
    if (!last || requests.length < 500) return records;
    before = `&before=${last.startedAtMs}`;
  }
}

async function createKey(project: ProjectCopy): Promise<string> {
  const created = await project.run(["keys", "create", "--name", "drill", "--scope", "call,admin", "--json"]);
  if (created.code !== 0) throw new Error(`No key could be created: ${created.stderr}`);
  return (JSON.parse(created.stdout) as { readonly secret: string }).secret;
}

function writeProject(baseUrl: string, paceMs: number): string {
  const made = mkdtempSync(join(tmpdir(), "headgate-drain-"));
  mkdirSync(join(made, "endpoints/ask/prompts"), { recursive: true });
  const providers = {
    chat: { type: "openai-chat", baseUrl },
    messages: { type: "anthropic", baseUrl, apiKeyEnv: "DRILL_KEY" },
  };
  const models = { paced: { provider: "chat", model: `ok?pace=${paceMs}` } };
  const tiers = { standard: "paced" };
  writeFileSync(join(made, "headgate.config.ts"), `export default ${JSON.stringify({ providers, models, tiers })};\n`);
  writeFileSync(join(made, "endpoints/ask/endpoint.ts"), endpointSource);
  const prompt = '---\nversion: 1.0.0\n---\n{{role "user"}}Answer: {{text}}\n';
  writeFileSync(join(made, "endpoints/ask/prompts/1.0.0.prompt"), prompt);
  return made;
}

const pointCount = 40;

const endpointSource = `export default ${JSON.stringify({
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
})};\n`;
