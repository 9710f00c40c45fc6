import { spawnSync } from "node:child_process";
import { judgeOverload, overload, type Overload } from "./overload/overload.ts";
import { judgeLoris, sendSlowly } from "./overload/slow-loris.ts";
import { askChat, askEndpoint } from "./pressure/asks.ts";
import { startHostile } from "./pressure/hostile-process.ts";
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
const seconds = isShort ? 8 : 30;
const perSecond = 80;
const mostGrownMib = 256;

/** Each takes 80 requests a second. */
const capacities = {
  refuses: "fault:capacity?slots=8&ms=100&queue=0",
  queues: "fault:capacity?slots=8&ms=100&queue=100000",
  limits: "fault:token-bucket?rpm=4800&burst=8",
} as const;

const provider = await startHostile();
const names = [...Object.keys(capacities), "healthy"];
const server = await servePressureProject({
  config: {
    providers: Object.fromEntries(names.map((name) => [name, { type: "openai-chat", baseUrl: provider.url }])),
    models: Object.fromEntries(
      Object.entries({ ...capacities, healthy: "ok" }).map(([name, model]) => [
        `${name}-model`,
        { provider: name, model },
      ]),
    ),
  },
  endpoints: Object.fromEntries(names.map((name) => [name, { use: `${name}-model`, timeoutMs: 5000 }])),
});
const wrong: string[] = [];
try {
  for (const name of Object.keys(capacities)) {
    if (only !== undefined && only !== name) continue;
    const asks = [askEndpoint(name, false), askChat(`${name}-model`, false), askChat(`${name}-model`, true)];
    await drill({ name: `a provider that ${name}`, server, asks, perSecond, seconds });
  }
  if (only === undefined || only === "processor") await drillProcessor();
  if (only === undefined || only === "slowloris") await drillLoris();
} finally {
  await server.close();
  await provider.stop();
}
console.log(`overload: ${wrong.length} of the bars broken (bar 0)${wrong.map((fault) => `\n  X ${fault}`).join("")}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

async function drill(what: Overload): Promise<void> {
  report(judgeOverload(await overload(what), mostGrownMib));
}

/** Long texts, since the machine that sends them must manage five times as many. */
async function drillProcessor(): Promise<void> {
  const text = "The council approved a bridge on Tuesday. It replaces a ferry. ".repeat(500);
  const ask: Ask = { ...askEndpoint("healthy", false), body: JSON.stringify({ text }) };
  pin(server.child.pid!, 0);
  pin(process.pid, 1);
  pin(provider.pid, 1);
  const peak = await measurePeak(ask);
  console.log(`  the server's processor: ${peak.toFixed(0)} requests a second with 16 at once`);
  await drill({ name: "the server's processor", server, asks: [ask], perSecond: peak * 0.95, seconds });
}

async function measurePeak(ask: Ask): Promise<number> {
  const client = createPressureClient(server.url);
  let count = 0;
  const untilMs = performance.now() + 4000;
  const work = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await client.send(ask);
      count++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  client.close();
  return count / 4;
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
  report(
    judgeLoris(await sendSlowly({ server, client, ask, sockets, seconds: isShort ? 8 : 20, closeWithinMs }), sockets),
  );
  client.close();
}

function report({ line, faults }: { readonly line: string; readonly faults: readonly string[] }): void {
  console.log(faults.length === 0 ? `  ${line}` : `X ${line} <- ${faults.join("; ")}`);
  wrong.push(...faults.map((fault) => `${line.split(":")[0]}: ${fault}`));
}
