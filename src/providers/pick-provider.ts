import type { Environment } from "../config.ts";
import { openAiVendors, type OpenAiVendor } from "../endpoint/vendors.ts";
import type { ModelEntry, Snapshot } from "../endpoint/snapshot.ts";
import type { ProviderOptions } from "../endpoint/define-config.ts";
import { sha256 } from "../ids.ts";
import { isRecord, parseJson } from "../json.ts";
import type { Outbound } from "../outbound.ts";

/** A provider that was found rather than declared, with a model for each of the usual tiers. */
export interface PickedProvider {
  readonly name: string;
  readonly options: ProviderOptions;
  readonly tiers: { readonly fast: string; readonly standard: string; readonly smart: string };
  /** One sentence for the person who started the server. */
  readonly why: string;
}

/** Vendors whose key is looked for, in this order. */
type HostedName = "openai" | "groq" | "mistral" | "deepseek" | "openrouter";

interface HostedVendor {
  readonly name: HostedName;
  /** May name another server, which then is not the vendor's. */
  readonly baseUrlEnv?: string;
  readonly tiers: PickedProvider["tiers"];
}

const hostedVendors: readonly HostedVendor[] = [
  {
    name: "openai",
    baseUrlEnv: "OPENAI_BASE_URL",
    tiers: { fast: "gpt-5-nano", standard: "gpt-5-mini", smart: "gpt-5" },
  },
  {
    name: "groq",
    tiers: { fast: "llama-3.1-8b-instant", standard: "openai/gpt-oss-20b", smart: "openai/gpt-oss-120b" },
  },
  {
    name: "mistral",
    tiers: { fast: "mistral-small-latest", standard: "mistral-medium-latest", smart: "mistral-large-latest" },
  },
  {
    name: "deepseek",
    tiers: { fast: "deepseek-chat", standard: "deepseek-chat", smart: "deepseek-reasoner" },
  },
  {
    name: "openrouter",
    tiers: { fast: "openai/gpt-5-nano", standard: "openai/gpt-5-mini", smart: "openai/gpt-5" },
  },
];

/** Model servers by their usual port on this machine. */
const modelServers: readonly ModelServer[] = [
  { name: "ollama", port: 11_434, vendor: "ollama" },
  { name: "lm-studio", port: 1234 },
  { name: "vllm", port: 8000, vendor: "vllm" },
  { name: "llama-cpp", port: 8080, vendor: "llama-cpp" },
];

interface ModelServer {
  readonly name: string;
  readonly port: number;
  /** Whose quirks it has. */
  readonly vendor?: OpenAiVendor;
}

const probeTimeoutMs = 300;

/** A hosted vendor whose key is in the environment. */
export function findHostedProvider(environment: Environment): PickedProvider | undefined {
  const found = hostedVendors.find(({ name }) => environment.secret(openAiVendors[name].apiKeyEnv) !== undefined);
  if (!found) return undefined;
  const { name, baseUrlEnv, tiers } = found;
  const { apiKeyEnv } = openAiVendors[name];
  const customUrl = baseUrlEnv === undefined ? undefined : environment.secret(baseUrlEnv);
  const baseUrl = customUrl ?? openAiVendors[name].baseUrl;
  return {
    name,
    options: { type: "openai-chat", ...(customUrl === undefined ? { vendor: name } : {}), baseUrl, apiKeyEnv },
    tiers,
    why: `${apiKeyEnv} is set, so calls go to ${baseUrl}.`,
  };
}

/** A model server that answers on its usual port of this machine. All ports are asked at once, for at most 300 ms. */
export async function findModelServer(outbound: Outbound, nowMs: number): Promise<PickedProvider | undefined> {
  const found = await Promise.all(modelServers.map((server) => probe(outbound, server, nowMs)));
  return found.find((picked) => picked !== undefined);
}

export const localEngine: PickedProvider = {
  name: "local",
  options: { type: "local" },
  tiers: { fast: "extractive", standard: "extractive", smart: "extractive" },
  why: "No provider is configured, so the built-in offline engine answers: it extracts from the input and is not an LLM.",
};

/** Completes a snapshot that declares no provider. */
export function withPickedProvider(snapshot: Snapshot, picked: PickedProvider): Snapshot {
  const models = new Map<string, ModelEntry>(snapshot.models);
  for (const model of Object.values(picked.tiers)) {
    models.set(model, { name: model, deployments: [{ provider: picked.name, model, weight: 1 }] });
  }
  return {
    ...snapshot,
    id: sha256(`${snapshot.id} ${JSON.stringify(picked)}`).slice(0, snapshot.id.length),
    providers: new Map([[picked.name, picked.options]]),
    models,
    tiers: new Map([
      ...Object.entries(picked.tiers).map(([tier, model]) => [tier, [model]] as const),
      ...snapshot.tiers,
    ]),
  };
}

async function probe(outbound: Outbound, server: ModelServer, nowMs: number): Promise<PickedProvider | undefined> {
  const baseUrl = `http://127.0.0.1:${server.port}/v1`;
  try {
    const response = await outbound.request({
      method: "GET",
      url: new URL(`${baseUrl}/models`),
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(probeTimeoutMs),
      deadlineMs: nowMs + probeTimeoutMs,
      maxBytes: 1024 * 1024,
    });
    const body = response.status === 200 ? parseJson(response.body.toString("utf8")) : undefined;
    const first: unknown = isRecord(body) && Array.isArray(body["data"]) ? body["data"][0] : undefined;
    const model = isRecord(first) ? first["id"] : undefined;
    if (typeof model !== "string") return undefined;
    return {
      name: server.name,
      options: { type: "openai-chat", ...(server.vendor ? { vendor: server.vendor } : {}), baseUrl },
      tiers: { fast: model, standard: model, smart: model },
      why: `A model server answers on port ${server.port}, so calls go to its model ${model}.`,
    };
  } catch {
    // Nothing that speaks our dialect is listening there.
    return undefined;
  }
}
