import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstLine } from "../../bench/measured-process.ts";
import { isRecord, parseJson } from "../../src/json.ts";
import { copyProject } from "../served-project.ts";
import { promptText } from "./fault-rows/fault-row.ts";
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

interface Report {
  readonly rss: number;
  readonly heapUsed: number;
  readonly timers: number;
  readonly sockets: number;
  /** With the files that the embedded engine has open. */
  readonly descriptors: number;
}

const upstream = spawn(
  process.execPath,
  [join(import.meta.dirname, "../../src/testing/hostile-provider/run-hostile-provider.ts"), "soak"],
  {
    stdio: ["pipe", "pipe", "inherit"],
  },
);
const upstreamUrl = readUrl(parseJson(await firstLine(upstream)));
const folder = writeProject(upstreamUrl);
const probe = join(import.meta.dirname, "soak/report-process.ts");
const project = copyProject(upstreamUrl, {
  source: folder,
  env: { DRILL_KEY: "drill", HEADGATE_LOG_LEVEL: "error", NODE_OPTIONS: `--import ${probe}` },
});
const server = await project.serve();
// It opens a file for each table and index that it comes to use.
const filesOfEngine = 16;
let reportsSeen = 0;
const samples: { readonly requests: number; readonly rss: number }[] = [];
try {
  await setFaults(upstreamUrl);
  await askMixed({ ...mix(warmUp / 10), onCount: async () => {} });
  await settle();
  const before = await report();
  const every = Math.ceil((total - warmUp) / samplesWanted / 1000) * 1000;
  const startedAtMs = Date.now();
  const counts = await askMixed({
    ...mix(total),
    onCount: async (done) => {
      if (done < warmUp || done % every !== 0) return;
      const { rss, heapUsed } = await report();
      samples.push({ requests: done, rss });
      console.log(`${done}: rss ${toMegabytes(rss)} MB, heap ${toMegabytes(heapUsed)} MB`);
    },
  });
  await settle();
  const after = await report();
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
  upstream.kill();
  project.remove();
  rmSync(folder, { recursive: true, force: true });
}

function mix(count: number): Omit<Parameters<typeof askMixed>[0], "onCount"> {
  const faultyTiers = faults.map((_, index) => `faulty-${index}`);
  return { url: server.url, total: Math.ceil(count), atOnce: 24, aborts: 0.05, faulty: 0.1, faultyTiers };
}

function writeProject(baseUrl: string): string {
  const made = mkdtempSync(join(tmpdir(), "headgate-soak-"));
  mkdirSync(join(made, "endpoints/ask/prompts"), { recursive: true });
  const models: Record<string, unknown> = { ok: { provider: "upstream", model: "ok" } };
  const tiers: Record<string, unknown> = { fast: "ok", standard: "ok", smart: "ok" };
  for (const index of faults.keys()) {
    models[`faulty-model-${index}`] = { provider: "upstream", model: `faulty-${index}?text=ok` };
    tiers[`faulty-${index}`] = [`faulty-model-${index}`, "ok"];
  }
  const providers = { upstream: { type: "openai-chat", baseUrl } };
  const resilience = { timeouts: { firstTokenMs: 1000, betweenContentMs: 1000, wholeAnswerMs: 1000 } };
  writeFileSync(
    join(made, "headgate.config.ts"),
    `export default ${JSON.stringify({ providers, models, tiers, resilience })};\n`,
  );
  const text = { type: "string" };
  const definition = {
    description: "Answers a question.",
    input: { type: "object", properties: { text }, required: ["text"] },
    output: { type: "object", properties: { summary: text }, required: ["summary"] },
  };
  writeFileSync(join(made, "endpoints/ask/endpoint.ts"), `export default ${JSON.stringify(definition)};\n`);
  writeFileSync(join(made, "endpoints/ask/prompts/1.0.0.prompt"), promptText);
  return made;
}

/** Half of the requests for these models are hit: with one in ten asking for them, 5 % of all. */
async function setFaults(url: string): Promise<void> {
  for (const [index, fault] of faults.entries()) {
    const response = await fetch(new URL("/__control", url), {
      method: "POST",
      body: JSON.stringify({ model: `faulty-${index}`, fault, rate: 0.4 }),
    });
    if (!response.ok) throw new Error(await response.text());
  }
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

async function report(): Promise<Report> {
  server.child.kill("SIGUSR2");
  for (let look = 0; look < 200; look++) {
    const reports = server
      .output()
      .split("\n")
      .filter((line) => line.startsWith("process-report "));
    if (reports.length > reportsSeen) {
      reportsSeen = reports.length;
      return parseJson(reports.at(-1)!.slice("process-report ".length)) as Report;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The server did not report.");
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

function readUrl(value: unknown): string {
  if (isRecord(value) && typeof value["url"] === "string") return value["url"];
  throw new Error("The upstream did not start.");
}
