import { spawnSync } from "node:child_process";
import { judgeOverload, overload, type OverloadBars } from "./overload/overload.ts";
import { judgeLoris, sendSlowly } from "./overload/slow-loris.ts";
import { startStaticProvider } from "./overload/static-provider.ts";
import { watchCore } from "./overload/watch-core.ts";
import { askChat, askEndpoint } from "./pressure/asks.ts";
import { startHostile } from "./hostile-process.ts";
import { isWhole } from "./pressure/judge-answer.ts";
import { createPressureClient, type Ask } from "./pressure/pressure-client.ts";
import { servePressureProject } from "./pressure/write-project.ts";

/**
 * Five times as many requests as fit: through a provider that queues, refuses or limits what is too much, and through
 * the server's own processor; and sockets that send a byte each ten seconds. The bars: 80 % of the peak's good answers,
 * refusals within 50 ms at p99 with code and Retry-After, `/livez` within 100 ms, memory within its bound, honest
 * clients' p99 at most twice as long.
 */
const isShort = process.argv.includes("--short");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const seconds = isShort ? 6 : 30;
const perSecond = 80;
/** Of the clients that overload the server's processor. */
const connections = 500;
/** Of those that overload a provider: as many as wait for one until their deadline. */
const patientConnections = 4000;
/** The short drill is for machines that others use as well, which are late by themselves. */
const bars: OverloadBars = isShort
  ? { leastShare: 0.7, mostRefusedMs: 300, mostLivezMs: 500, mostGrownMib: 256, leastTimes: 3 }
  : { leastShare: 0.8, mostRefusedMs: 50, mostLivezMs: 100, mostGrownMib: 256, leastTimes: 4 };

/** Each takes 80 requests a second. */
const capacities = {
  refuses: "fault:capacity?slots=8&ms=100&queue=0",
  queues: "fault:capacity?slots=8&ms=100&queue=100000",
  limits: "fault:token-bucket?rpm=4800&burst=8",
} as const;

const provider = await startHostile();
const quick = await startStaticProvider();
const names = [...Object.keys(capacities), "healthy"];
const allNames = [...names, "quick"];
const server = await servePressureProject({
  config: {
    providers: Object.fromEntries(
      allNames.map((name) => [name, { type: "openai-chat", baseUrl: name === "quick" ? quick.url : provider.url }]),
    ),
    models: Object.fromEntries(
      Object.entries({ ...capacities, healthy: "ok", quick: "static" }).map(([name, model]) => [
        `${name}-model`,
        { provider: name, model },
      ]),
    ),
  },
  endpoints: Object.fromEntries(allNames.map((name) => [name, { use: `${name}-model`, timeoutMs: 5000 }])),
});
const wrong: string[] = [];
try {
  for (const name of Object.keys(capacities)) {
    if (only === undefined ? isShort && name !== "refuses" : only !== name) continue;
    const asks = [askEndpoint(name, false), askChat(`${name}-model`, false), askChat(`${name}-model`, true)];
    await drill(`a provider that ${name}`, asks, perSecond, patientConnections);
  }
  if (only === undefined || only === "processor") await drillProcessor();
  if (only === undefined || only === "slowloris") await drillLoris();
} finally {
  await server.close();
  await provider.stop();
  await quick.stop();
}
if (isShort) console.log(`  the short drill: one kind of provider, heads only, and bars of ${JSON.stringify(bars)}`);
console.log(`overload: ${wrong.length} of the bars broken (bar 0)${wrong.map((fault) => `\n  X ${fault}`).join("")}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

async function drill(name: string, asks: readonly Ask[], most: number, clients: number): Promise<void> {
  const areOpenBefore = clients === connections;
  const figures = await overload({ name, server, asks, perSecond: most, seconds, connections: clients, areOpenBefore });
  report(judgeOverload(figures, bars));
}

/** The server on a core of its own; the sender and a provider that costs next to nothing on the other. */
async function drillProcessor(): Promise<void> {
  pin(server.child.pid!, 0);
  pin(process.pid, 1);
  pin(quick.pid, 1);
  const asks = [askEndpoint("quick", false), askEndpoint("quick", true), askChat("quick-model", true)];
  const peak = await measurePeak(asks);
  console.log(`  the server's processor: ${peak.toFixed(0)} requests a second with 16 at once`);
  const readOthers = watchCore(0, server.child.pid!);
  await drill("the server's processor", asks, peak * 0.95, connections);
  console.log(`  others had ${(readOthers() * 100).toFixed(0)} % of the server's core`);
}

/** The best of several seconds, once the code is hot. */
async function measurePeak(asks: readonly Ask[]): Promise<number> {
  const client = createPressureClient(server.url);
  const counts = Array.from({ length: isShort ? 4 : 8 }, () => 0);
  const beganAtMs = performance.now();
  let sent = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const answer = await client.send(asks[sent++ % asks.length]!);
      const second = Math.floor((performance.now() - beganAtMs) / 1000);
      if (second >= counts.length) return;
      if (isWhole(answer)) counts[second]!++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  client.close();
  return Math.max(...counts);
}

function pin(pid: number, core: number): void {
  spawnSync("taskset", ["-a", "-cp", String(core), String(pid)]);
}

async function drillLoris(): Promise<void> {
  const sockets = isShort ? 200 : 1000;
  const client = createPressureClient(server.url);
  // The server looks every 5 s for heads older than 15 s, and bodies older than 60 s.
  const closeWithinMs = { head: 25_000, body: isShort ? 0 : 70_000 };
  const ask = askChat("healthy-model", false);
  const figures = await sendSlowly({ server, client, ask, sockets, seconds: isShort ? 4 : 20, closeWithinMs });
  report(judgeLoris(figures, sockets, isShort ? 50 : 0));
  client.close();
}

function report({ line, faults }: { readonly line: string; readonly faults: readonly string[] }): void {
  console.log(faults.length === 0 ? `  ${line}` : `X ${line} <- ${faults.join("; ")}`);
  wrong.push(...faults.map((fault) => `${line.split(":")[0]}: ${fault}`));
}
