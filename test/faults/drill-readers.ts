import { setTimeout as sleep } from "node:timers/promises";
import { startHostile } from "./hostile-process.ts";
import { createPressureClient } from "./pressure/pressure-client.ts";
import { reportEnvironment } from "./server-report.ts";
import { servePressureProject } from "./pressure/write-project.ts";
import { connectSlowReader } from "./readers/slow-reader.ts";
import { judgeReaders, serveSlowReaders, surfaces, type SurfaceName } from "./readers/slow-readers.ts";

/**
 * Streams of 10 MB each, pushed as fast as they are taken, to many readers who take 1 KB a second. The bars: the server's
 * RSS grows by at most 64 KiB a stream over what as many readers at full speed take, other clients' p99 is at most 1.2 times what it is without, and a reader that
 * takes nothing is dropped with its upstream.
 */
const isShort = process.argv.includes("--short");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const readers = isShort ? 60 : 200;
const times = isShort ? { fillMs: 2000, measureMs: 8000 } : { fillMs: 5000, measureMs: 20_000 };
const names = (Object.keys(surfaces) as SurfaceName[]).filter((name, index) =>
  only === undefined ? !isShort || index === 0 : name === only,
);
const stalledReaderMs = 60_000;
const dropToleranceMs = 15_000;

// Long words: the bytes are what counts here, and events cost time.
const longWords = Array.from({ length: 40 }, (_, index) => String.fromCodePoint(97 + (index % 26)).repeat(1500)).join(
  " ",
);
const provider = await startHostile({ "fault:burst": { text: longWords } });
const models = { burst: "fault:burst?bytes=10485760", warm: "ok?tokens=1000", healthy: "ok" };
const server = await servePressureProject({
  config: {
    providers: {
      chat: { type: "openai-chat", baseUrl: provider.url },
      messages: { type: "anthropic", baseUrl: provider.url, apiKeyEnv: "DRILL_KEY" },
    },
    models: Object.fromEntries(
      ["chat", "messages"].flatMap((protocol) =>
        Object.entries(models).map(([name, model]) => [`${protocol}-${name}`, { provider: protocol, model }]),
      ),
    ),
  },
  env: reportEnvironment,
});
const client = createPressureClient(server.url);
const wrong: string[] = [];
try {
  const dropped = isShort ? undefined : watchStalled();
  for (const surface of names) {
    const figures = await serveSlowReaders({ surface, server, provider, client, readers, ...times });
    report(judgeReaders(figures, { count: readers, slack: isShort ? 4 : 1 }));
  }
  if (dropped) report(await dropped);
} finally {
  client.close();
  await server.close();
  await provider.stop();
}
console.log(
  `readers: ${names.length} kinds of stream to ${readers} slow readers, ${wrong.length} of the bars broken (bar 0)${wrong.map((fault) => `\n  X ${fault}`).join("")}`,
);
process.exitCode = wrong.length === 0 && names.length > 0 ? 0 : 1;

function report({ line, faults }: { readonly line: string; readonly faults: readonly string[] }): void {
  console.log(faults.length === 0 ? `  ${line}` : `X ${line} <- ${faults.join("; ")}`);
  wrong.push(...faults.map((fault) => `${line.split(":")[0]}: ${fault}`));
}

async function watchStalled(): Promise<{ line: string; faults: string[] }> {
  const reader = await connectSlowReader(server.url);
  const beganAtMs = performance.now();
  reader.start(surfaces["chat relayed"].ask("burst"), 0);
  let isUpstreamOpen = true;
  while (isUpstreamOpen && performance.now() - beganAtMs < stalledReaderMs + dropToleranceMs) {
    await sleep(500);
    const [first] = await provider.readLedger();
    isUpstreamOpen = first === undefined || first.end === "open";
  }
  const ms = Math.round(performance.now() - beganAtMs);
  reader.close();
  const faults = isUpstreamOpen ? ["its upstream is still open"] : [];
  return { line: `a reader that takes nothing: its upstream was closed after ${ms} ms`, faults };
}
