import { Pool } from "undici";
import { features } from "./features.ts";
import type { FeatureName, Output } from "./item.ts";
import type { Ask, Tenant, Workload } from "./workload.ts";

/** Bursts at work at the same time. */
const concurrency = 8;
const answerTimeoutMs = 60_000;

export interface Scores {
  readonly requests: number;
  /** Answered with an error: graded 0. */
  readonly failures: number;
  /** Mean of 0 to 100. */
  readonly score: number;
  readonly byFeature: ReadonlyMap<FeatureName, { readonly requests: number; readonly score: number }>;
}

/** Asks a server for the whole workload, in order, and grades what it answers. */
export async function play(
  workload: Workload,
  server: { readonly url: string; readonly keys: Readonly<Record<Tenant, string>> },
): Promise<Scores> {
  const pool = new Pool(server.url, { connections: concurrency * 8, headersTimeout: answerTimeoutMs });
  const sums = new Map<FeatureName, { requests: number; points: number }>();
  let failures = 0;

  async function ask({ item, text, tenant }: Ask): Promise<void> {
    const response = await pool.request({
      path: `/api/${item.feature}/v1`,
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${server.keys[tenant]}` },
      body: JSON.stringify({ text }),
    });
    const output = (await response.body.json()) as Output;
    const isAnswered = response.statusCode === 200;
    if (!isAnswered && ++failures === 1) console.error(`first failure (${item.feature}): ${JSON.stringify(output)}`);
    const sum = sums.get(item.feature) ?? { requests: 0, points: 0 };
    sum.requests++;
    sum.points += isAnswered ? features[item.feature].grade(output, item.facts) : 0;
    sums.set(item.feature, sum);
  }

  let next = 0;
  const work = async (): Promise<void> => {
    while (next < workload.bursts.length) await Promise.all(workload.bursts[next++]!.map(ask));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  await pool.close();
  const totals = [...sums.values()];
  const requests = totals.reduce((sum, of) => sum + of.requests, 0);
  return {
    requests,
    failures,
    score: totals.reduce((sum, { points }) => sum + points, 0) / requests,
    byFeature: new Map(
      [...sums].map(([name, of]) => [name, { requests: of.requests, score: of.points / of.requests }]),
    ),
  };
}
