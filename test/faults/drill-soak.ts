import { createDrillProject, type DrillProject } from "./drill-project.ts";
import { startHostile } from "./hostile-process.ts";
import { askReport, reportEnvironment } from "./server-report.ts";
import { askMixed } from "./soak/ask-mixed.ts";

/**
 * Many mixed requests: half of them streams, 5 % of the clients leave, 5 % meet a fault. The bar: once warm, resident
 * memory grows by at most 2 MB for each 100,000, and descriptors and timers are what they were.
 */
const isShort = process.argv.includes("--short");
const total = isShort ? 12_000 : 200_000;
// The engine is large: V8 goes on compiling it, and the heap takes its size, for as long.
const warmUp = total / 2;
const samplesWanted = 30;
// A short run ends before the heap has its size: it only tells of gross leaks.
const barMegabytes = isShort ? 250 : 2;
const faults = [
  "fin?after=3",
  "reset?after=3",
  "server-error",
  "error-mid-overloaded?after=3",
  "garbled?after=3",
  "stall?ms=1500",
];

const upstream = await startHostile();
const project = createDrillProject({ ...toProject(upstream.url), env: reportEnvironment });
const server = await project.serve();
// It opens a file for each table and index that it comes to use.
const filesOfEngine = 16;
const samples: { readonly requests: number; readonly rss: number }[] = [];
try {
  // Two of five requests for these models are hit: with one in eight asking for them, 5 % of all.
  for (const [index, fault] of faults.entries()) await upstream.setFault(`faulty-${index}`, fault, { rate: 0.4 });
  await askMixed({ ...mix(warmUp / 10), onCount: async () => {} });
  await settle();
  const before = await askReport(server);
  const every = Math.ceil((total - warmUp) / samplesWanted / 1000) * 1000;
  const startedAtMs = Date.now();
  const counts = await askMixed({
    ...mix(total),
    onCount: async (done) => {
      if (done < warmUp || done % every !== 0) return;
      const { rss, heapUsed } = (await askReport(server)).after;
      samples.push({ requests: done, rss });
      console.log(`${done}: rss ${toMegabytes(rss)} MB, heap ${toMegabytes(heapUsed)} MB`);
    },
  });
  await settle();
  const after = await askReport(server);
  const slope = (slopeOf(samples) * 100_000) / 1024 / 1024;
  console.log(`${JSON.stringify(counts)} in ${Math.round((Date.now() - startedAtMs) / 1000)} s`);
  console.log(
    `sockets ${before.sockets} -> ${after.sockets}, descriptors ${before.descriptors} -> ${after.descriptors}, timers ${before.timers} -> ${after.timers}`,
  );
  const isBack =
    after.sockets <= before.sockets &&
    after.descriptors <= before.descriptors + filesOfEngine &&
    after.timers <= before.timers + 2;
  const ok = slope <= barMegabytes && isBack && counts.cut === 0 && counts.failed === 0;
  console.log(
    `soak: ${total} requests, resident memory ${slope.toFixed(2)} MB for each 100,000 (bar ${barMegabytes}), descriptors and timers ${isBack ? "back to where they were" : "left behind"}, ${counts.cut} cut, ${counts.failed} failed`,
  );
  process.exitCode = ok ? 0 : 1;
} finally {
  await server.stop();
  await upstream.stop();
  project.remove();
}

function mix(count: number): Omit<Parameters<typeof askMixed>[0], "onCount"> {
  const faultyTiers = faults.map((_, index) => `faulty-${index}`);
  return { url: server.url, total: Math.ceil(count), atOnce: 24, aborts: 0.05, faulty: 0.125, faultyTiers };
}

function toProject(baseUrl: string): DrillProject {
  const models: Record<string, unknown> = { ok: { provider: "upstream", model: "ok" } };
  const tiers: Record<string, unknown> = { fast: "ok", standard: "ok", smart: "ok" };
  for (const index of faults.keys()) {
    models[`faulty-model-${index}`] = { provider: "upstream", model: `faulty-${index}?text=ok` };
    tiers[`faulty-${index}`] = [`faulty-model-${index}`, "ok"];
  }
  const providers = { upstream: { type: "openai-chat", baseUrl } };
  const resilience = { timeouts: { firstTokenMs: 1000, betweenContentMs: 1000, wholeAnswerMs: 1000 } };
  const text = { type: "string" };
  const ask = {
    description: "Answers a question.",
    input: { type: "object", properties: { text }, required: ["text"] },
    output: { type: "object", properties: { summary: text }, required: ["summary"] },
  };
  return { config: { providers, models, tiers, resilience }, endpoints: { ask } };
}

/** Until the server's records are in the store and its connections idle. */
async function settle(): Promise<void> {
  for (let look = 0; look < 60; look++) {
    const status = (await (await fetch(`${server.url}/admin/v1/status`)).json()) as {
      inFlight: number;
      recordsPending: number;
    };
    if (status.inFlight <= 1 && status.recordsPending === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  // Connections that nobody uses any more close by themselves.
  await new Promise((resolve) => setTimeout(resolve, 25_000));
}

/** Bytes for each request: least squares. */
function slopeOf(points: readonly { readonly requests: number; readonly rss: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(({ requests }) => requests));
  const y = mean(points.map(({ rss }) => rss));
  const covariance = points.reduce((sum, point) => sum + (point.requests - x) * (point.rss - y), 0);
  return covariance / points.reduce((sum, { requests }) => sum + (requests - x) ** 2, 0);
}

function toMegabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
