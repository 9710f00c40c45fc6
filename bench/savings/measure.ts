import { join } from "node:path";
import type { CacheStatus } from "../../src/call.ts";
import type { CallRecord } from "../../src/store/store.ts";
import { readRecords } from "../../test/faults/read-records.ts";
import type { ProjectCopy } from "../../test/served-project.ts";
import { firstLine, startProcess } from "../measured-process.ts";
import type { FeatureName, Tier } from "./item.ts";
import { tenants } from "./parameters.ts";
import { play, type Scores } from "./play.ts";
import { sumTiers, type TokenCounts } from "./prices.ts";
import { createProject, type Technique } from "./project.ts";
import { createWorkload, type Tenant, type WorkloadOptions } from "./workload.ts";

/** Requests that no model was asked for, and what its calls would have cost. */
interface Spared {
  readonly requests: number;
  readonly microUsd: number;
}

export interface Measurement extends Scores {
  readonly on: readonly Technique[];
  readonly seconds: number;
  readonly byTier: Readonly<Record<Tier, TokenCounts>>;
  readonly total: TokenCounts;
  readonly costOf: ReadonlyMap<FeatureName, number>;
  /** By where the answer came from, as the records have it. */
  readonly spared: ReadonlyMap<CacheStatus, Spared>;
}

/**
 * Plays the workload once through a server and a provider of its own, with the techniques in force.
 * @throws Error if Headgate's records and the provider's ledger do not agree to the micro-dollar
 */
export async function measure(options: WorkloadOptions, on: readonly Technique[]): Promise<Measurement> {
  const { seed, requests } = options;
  const upstream = startProcess(undefined, [join(import.meta.dirname, "tiered-upstream.ts"), seed, String(requests)]);
  let project: ProjectCopy | undefined;
  try {
    const upstreamUrl = await firstLine(upstream.child);
    project = createProject(upstreamUrl, new Set(on));
    const adminKey = await createAdminKey(project);
    const server = await project.serve({ command: "serve" });
    try {
      const keys = await createTenantKeys(server.url, adminKey);
      const beganAt = performance.now();
      const scores = await play(createWorkload(options), { url: server.url, keys });
      const seconds = (performance.now() - beganAt) / 1000;
      const records = [...(await readRecords(server.url, adminKey)).values()];
      const byTier = (await (await fetch(`${upstreamUrl}/ledger`)).json()) as Record<Tier, TokenCounts>;
      const total = sumTiers(byTier);
      compareBooks(records, scores, total);
      return { ...scores, on, seconds, byTier, total, costOf: sumCosts(records), spared: sumSpared(records) };
    } finally {
      await server.stop();
    }
  } finally {
    project?.remove();
    await upstream.stop();
  }
}

async function createAdminKey(project: ProjectCopy): Promise<string> {
  const args = ["keys", "create", "--name", "admin", "--scope", "admin", "--json", "--project", project.folder];
  const ran = await project.run(args);
  if (ran.code !== 0) throw new Error(`No key could be created: ${ran.stderr}`);
  return (JSON.parse(ran.stdout) as { secret: string }).secret;
}

async function createTenantKeys(serverUrl: string, adminKey: string): Promise<Readonly<Record<Tenant, string>>> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${adminKey}` };
  const create = async (tenant: string): Promise<readonly [string, string]> => {
    const body = JSON.stringify({ name: tenant, tenant });
    const response = await fetch(`${serverUrl}/admin/v1/keys`, { method: "POST", headers, body });
    return [tenant, ((await response.json()) as { readonly secret: string }).secret];
  };
  return Object.fromEntries(await Promise.all(Object.keys(tenants).map(create))) as Record<Tenant, string>;
}

/** What Headgate has recorded and what the provider has sold: every request once, and the same tokens for the same money. */
function compareBooks(records: readonly CallRecord[], { requests }: Scores, sold: TokenCounts): void {
  const sum = (of: (record: CallRecord) => number): number => records.reduce((total, record) => total + of(record), 0);
  const pairs = [
    ["requests", records.length, requests],
    ["input tokens", sum(({ inputTokens }) => inputTokens), sold.inputTokens],
    ["cached tokens", sum(({ cachedInputTokens = 0 }) => cachedInputTokens), sold.cachedInputTokens],
    ["output tokens", sum(({ outputTokens }) => outputTokens), sold.outputTokens],
    ["micro-dollars", sum(({ costMicroUsd }) => costMicroUsd ?? Number.NaN), sold.costMicroUsd],
  ] as const;
  const wrong = pairs.filter(([, recorded, expected]) => recorded !== expected);
  if (wrong.length === 0) return;
  const list = wrong.map(([what, recorded, expected]) => `${recorded} ${what} instead of ${expected}`).join(", ");
  throw new Error(`Headgate's records do not agree with the provider's ledger: ${list}.`);
}

function sumCosts(records: readonly CallRecord[]): ReadonlyMap<FeatureName, number> {
  const costs = new Map<FeatureName, number>();
  for (const { endpoint, costMicroUsd } of records) {
    const feature = endpoint as FeatureName;
    costs.set(feature, (costs.get(feature) ?? 0) + (costMicroUsd ?? 0));
  }
  return costs;
}

function sumSpared(records: readonly CallRecord[]): ReadonlyMap<CacheStatus, Spared> {
  const spared = new Map<CacheStatus, Spared>();
  for (const { cache, savedMicroUsd = 0 } of records) {
    const sum = spared.get(cache) ?? { requests: 0, microUsd: 0 };
    spared.set(cache, { requests: sum.requests + 1, microUsd: sum.microUsd + savedMicroUsd });
  }
  return spared;
}
