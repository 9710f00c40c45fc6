import { askTiers, judgeTier, primaries, tiers } from "./outage/dead-primary.ts";
import { endpointMs, judgeOutage, modelMs, outageKinds, sufferOutage } from "./outage/full-outage.ts";
import { startHostile } from "./hostile-process.ts";
import { createPressureClient } from "./pressure/pressure-client.ts";
import { readRecords } from "./read-records.ts";
import { servePressureProject } from "./pressure/write-project.ts";

/**
 * Providers that are away, each for a minute and each in its own way, under a steady load; and primaries that are dead,
 * flap or refuse while a fallback is alive. The bars: at most 1.2 attempts for a request, all well within 2 s of the
 * return, no answer more than 250 ms after its deadline, every failure with code and Retry-After; with a fallback 99.9 %
 * of answers, at most 50 ms later at the median.
 */
const isShort = process.argv.includes("--short");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const outageMs = isShort ? 12_000 : 60_000;
const perSecond = isShort ? 20 : 40;
const tierLoad = isShort ? { perSecond: 100, seconds: 20 } : { perSecond: 200, seconds: (3100 * tiers.length) / 200 };

const wrong: string[] = [];
if (only !== "primaries") await drillOutages();
if (only !== "outages") await drillPrimaries();
console.log(`outage: ${wrong.length} of the bars broken (bar 0)${wrong.map((fault) => `\n  X ${fault}`).join("")}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

function report({ line, faults }: { readonly line: string; readonly faults: readonly string[] }): void {
  console.log(faults.length === 0 ? `  ${line}` : `X ${line} <- ${faults.join("; ")}`);
  wrong.push(...faults.map((fault) => `${line.split(":")[0]}: ${fault}`));
}

async function drillOutages(): Promise<void> {
  const hosts = await Promise.all(outageKinds.map(async (kind) => ({ kind, provider: await startHostile() })));
  const server = await servePressureProject({
    config: {
      providers: Object.fromEntries(
        hosts.map(({ kind, provider }) => [kind, { type: "openai-chat", baseUrl: provider.url }]),
      ),
      models: Object.fromEntries(
        hosts.flatMap(({ kind }) => [
          [`main-${kind}`, { provider: kind, model: "ok" }],
          [
            `chat-${kind}`,
            { provider: kind, model: "ok", timeouts: { firstTokenMs: modelMs, wholeAnswerMs: modelMs } },
          ],
        ]),
      ),
    },
    endpoints: Object.fromEntries(hosts.map(({ kind }) => [kind, { use: `main-${kind}`, timeoutMs: endpointMs }])),
  });
  const client = createPressureClient(server.url);
  try {
    const outages = await Promise.all(hosts.map((host) => sufferOutage({ ...host, client, perSecond, outageMs })));
    const records = await readRecords(server.url);
    for (const outage of outages) report(judgeOutage(outage, (id) => records.get(id)?.attempts ?? 0));
  } finally {
    client.close();
    await server.close();
    await Promise.all(hosts.map(({ provider }) => provider.stop()));
  }
}

async function drillPrimaries(): Promise<void> {
  const provider = await startHostile();
  const ofProvider = { type: "openai-chat", baseUrl: provider.url };
  const server = await servePressureProject({
    config: {
      providers: { ...ofAll(ofProvider), refused: { type: "openai-chat", baseUrl: provider.refusedUrl } },
      models: {
        fallback: { provider: "fallback", model: "ok?text=second" },
        ...Object.fromEntries(
          Object.entries(primaries).map(([name, model]) => [`primary-${name}`, { provider: name, model }]),
        ),
        "two-deployments": {
          deployments: [
            { provider: "refused", model: "other" },
            { provider: "fallback", model: "ok?text=third" },
          ],
        },
      },
      tiers: {
        alone: "fallback",
        deployments: "two-deployments",
        ...Object.fromEntries(Object.keys(primaries).map((name) => [name, [`primary-${name}`, "fallback"]])),
      },
    },
    endpoints: Object.fromEntries(tiers.map((tier) => [tier, { use: tier, timeoutMs: 10_000 }])),
  });
  const client = createPressureClient(server.url);
  try {
    const figures = await askTiers({ client, ...tierLoad });
    const aloneMs = figures[0]!.p50Ms;
    for (const figure of figures) report(judgeTier(figure, aloneMs));
    report(await judgeBreaker(server.url));
  } finally {
    client.close();
    await server.close();
    await provider.stop();
  }
}

function ofAll(provider: unknown): Record<string, unknown> {
  return Object.fromEntries(["fallback", ...Object.keys(primaries)].map((name) => [name, provider]));
}

/** A provider that limits us is well. */
async function judgeBreaker(url: string): Promise<{ line: string; faults: string[] }> {
  const response = await fetch(`${url}/admin/v1/breakers`);
  const { breakers } = (await response.json()) as { readonly breakers: readonly Record<string, unknown>[] };
  const limited = breakers.find(({ provider }) => provider === "limited");
  const faults = limited?.["state"] === "closed" ? [] : [`is ${String(limited?.["state"])}`];
  return { line: `breaker of the limited provider: ${String(limited?.["state"])}`, faults };
}
