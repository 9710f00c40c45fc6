import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measureStartUp, startHeadgate } from "./headgate-process.ts";
import { applyLoad, median, percentile } from "./load.ts";
import type { Target } from "./load.ts";
import { firstLine, startProcess } from "./measured-process.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import { formatTable, judge } from "./report.ts";
import type { BenchResult, CaseName, CaseResult } from "./report.ts";
import { startStaticUpstream } from "./static-upstream.ts";

/**
 * Side by side in one run: a bare proxy, the chat relay and an endpoint call. The load generator and the upstream share
 * one core, the server under test has the other. Cases take turns within each round, so that noise hits all of them.
 */
const isShort = process.argv.includes("--short");
const rounds = isShort ? 3 : 9;
const requestsAt: Readonly<Record<number, number>> = isShort ? { 1: 800, 64: 3000 } : { 1: 1500, 64: 6000 };
// The embedded engine is large: V8 goes on compiling it in the background for as many requests.
const warmUpRequests = isShort ? 3000 : 60_000;
const loadCore = 0;
const serverCore = cpus().length > 1 ? 1 : 0;

if (spawnSync("taskset", ["-cp", String(loadCore), String(process.pid)]).status !== 0) {
  console.error("taskset is missing: processes are not pinned to cores, figures will be noisier.");
}

const article = `${"The city council approved a new bridge on Tuesday after three years of debate. ".repeat(3)}${"Construction starts in March and will take two years; the region pays 80 percent of the cost. ".repeat(4)}The bridge replaces a ferry that carried 400 people a day.`;
const chatBody = JSON.stringify({
  model: "test-model",
  messages: [
    { role: "system", content: "You summarise articles for busy readers. Use only facts from the article." },
    { role: "user", content: article },
  ],
  temperature: 0.2,
});

const upstream = await startStaticUpstream();
const bare = startProcess(serverCore, [join(import.meta.dirname, "bare-proxy.ts"), upstream.url]);
const bareUrl = await firstLine(bare.child);
const headgate = await startHeadgate(serverCore, upstream.url);

const json = { "content-type": "application/json" };
const withKey = { ...json, authorization: `Bearer ${headgate.key}` };
const cases: readonly { name: CaseName; process: MeasuredProcess; target: Target; settle: () => Promise<void> }[] = [
  {
    name: "bare proxy",
    process: bare,
    target: { url: bareUrl, path: "/v1/chat/completions", headers: json, body: chatBody },
    settle: async () => {},
  },
  {
    name: "chat relay",
    process: headgate.process,
    target: { url: headgate.url, path: "/v1/chat/completions", headers: withKey, body: chatBody },
    settle: headgate.settle,
  },
  {
    name: "endpoint call",
    process: headgate.process,
    target: { url: headgate.url, path: "/api/summarize/v1", headers: withKey, body: JSON.stringify({ text: article }) },
    settle: headgate.settle,
  },
];

const samples: {
  name: CaseName;
  concurrency: number;
  cpuMicros: number;
  perSecond: number;
  p50: number;
  p99: number;
}[] = [];
try {
  for (const { target, settle } of cases) {
    await applyLoad(target, 64, warmUpRequests);
    await settle();
  }
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const concurrency of [1, 64]) {
      for (const { name, process: measured, target, settle } of cases) {
        const before = measured.cpuMicroseconds();
        const { requests, seconds, latenciesMs } = await applyLoad(target, concurrency, requestsAt[concurrency]!);
        // Work put off until later counts as well: the records have to be in the store.
        await settle();
        const cpuMicros = (measured.cpuMicroseconds() - before) / requests;
        const [p50, p99] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)];
        samples.push({ name, concurrency, cpuMicros, perSecond: requests / seconds, p50, p99 });
      }
    }
  }
  const { firstMs, warmMs } = await measureStartUp(upstream.url, isShort ? 3 : 7);
  const result: BenchResult = {
    node: process.version,
    rounds,
    cases: [1, 64].flatMap((concurrency) => cases.map(({ name }) => summarise(name, concurrency))),
    startUp: { firstMs, warmMs: median(warmMs) },
    residentMegabytes: Math.round(headgate.process.residentMegabytes()),
  };
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "latest.json"), `${JSON.stringify(result, null, 2)}\n`);
  console.log(formatTable(result));
  const { ok, line } = judge(result, isShort);
  console.log(line);
  process.exitCode = ok ? 0 : 1;
} finally {
  await bare.stop();
  await headgate.close();
  upstream.close();
}

function summarise(name: CaseName, concurrency: number): CaseResult {
  const of = (wanted: CaseName): typeof samples =>
    samples.filter((sample) => sample.name === wanted && sample.concurrency === concurrency);
  const own = of(name);
  const yardstick = of("bare proxy");
  const ratios = own.map((sample, round) => sample.cpuMicros / yardstick[round]!.cpuMicros);
  const added = (key: "p50" | "p99"): number =>
    median(own.map((sample, round) => sample[key] - yardstick[round]![key]));
  return {
    name,
    concurrency,
    cpuMicrosPerRequest: median(own.map(({ cpuMicros }) => cpuMicros)),
    cpuRatio: median(ratios),
    requestsPerSecond: median(own.map(({ perSecond }) => perSecond)),
    addedP50Ms: added("p50"),
    addedP99Ms: added("p99"),
  };
}
