import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { hostilePrices } from "../../src/testing/hostile-provider/hostile-ledger.ts";
import { createRandom } from "../../src/testing/hostile-provider/known-text.ts";
import type { UsageReport } from "../../src/usage/report-usage.ts";
import type { ServedProject } from "../served-project.ts";
import { createKey } from "./drill-project.ts";
import { findPort } from "./find-port.ts";
import { startHostile } from "./hostile-process.ts";
import { askMarked, type MarkedEnd } from "./ledger/ask-marked.ts";
import { compareLedgers, compareUsage, usageNames } from "./ledger/compare-ledgers.ts";
import { createLedgerProject } from "./ledger/ledger-project.ts";
import { readMarkedEntries } from "./ledger/read-marked-entries.ts";
import { readRecords } from "./read-records.ts";

/**
 * Stops and kills `headgate serve` again and again under load, and starts it at once on the same data: in the end its
 * records, and the sums that reports are made of, are the provider's own ledger for each answer that a client saw the end
 * of. What was cut is recorded or not, but never wrong.
 */
const isShort = process.argv.includes("--short");
const total = isShort ? 5000 : 100_000;
const stopsOfEach = isShort ? 2 : 20;
const clients = 24;
const leaving = 0.02;

const startedAtMs = Date.now();
const upstream = await startHostile();
const project = createLedgerProject(upstream.url);
const key = await createKey(project);
const port = await findPort();
const url = `http://127.0.0.1:${port}`;
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const random = createRandom("ledger");
const finished = new Set<string>();
const ends: Record<MarkedEnd, number> = { complete: 0, refused: 0, cut: 0 };
let sent = 0;
let server: ServedProject | undefined;
try {
  server = await serve();
  const entries = readMarkedEntries(upstream, hostilePrices.inputMicroUsd);
  const load = Promise.all(Array.from({ length: clients }, applyLoad));
  for (let stop = 1; stop <= stopsOfEach * 2; stop++) {
    await untilSent((total * stop) / (stopsOfEach * 2 + 1));
    await sleep(random() * 300);
    await (stop % 2 === 0 ? server.kill() : server.stop());
    console.log(
      `${stop % 2 === 0 ? "kill -9" : "SIGTERM"} ${Math.ceil(stop / 2)} of ${stopsOfEach}: ${JSON.stringify({ sent, ...ends })}`,
    );
    server = await serve();
  }
  await load;
  const charged = await entries.finish();
  await untilStored();
  const records = await readRecords(url, key);
  const { missing, wrong, cut } = compareLedgers({ finished, records, charged });
  const sums = compareUsage(await readUsage(), records.values());
  for (const text of [...wrong, ...sums].slice(0, 20)) console.log(`X ${text}`);
  const cost = [...finished].reduce((sum, id) => sum + (charged.get(id)?.costMicroUsd ?? 0), 0);
  const seconds = Math.round((Date.now() - startedAtMs) / 1000);
  console.log(
    `${sent} requests in ${seconds} s: ${JSON.stringify(ends)}, ${records.size} records, ${cut} of what was cut`,
  );
  console.log(
    `ledger: ${stopsOfEach} SIGTERM, ${stopsOfEach} kill -9, ${finished.size} finished answers for ${cost} micro-dollars: ${missing.length} records missing and none twice, ${wrong.length} differ from the provider's ledger, ${sums.length} sums differ from the records (bar 0)`,
  );
  process.exitCode = missing.length + wrong.length + sums.length === 0 && finished.size > total * 0.9 ? 0 : 1;
} finally {
  await server?.stop();
  await upstream.stop();
  agent.destroy();
  project.remove();
}

function serve(): Promise<ServedProject> {
  return project.serve({ command: "serve", args: ["--port", String(port)] });
}

/** One client: the next request as soon as the last has ended, and a pause where there is no server. */
async function applyLoad(): Promise<void> {
  while (sent < total) {
    const number = sent++;
    const requestId = randomUUID();
    const leaveAfterMs = random() < leaving ? random() * 20 : undefined;
    const end = await askMarked({ url, key, agent }, number, requestId, leaveAfterMs);
    ends[end]++;
    if (end === "complete") finished.add(requestId);
    if (end !== "refused") continue;
    // It was none of the server's.
    sent--;
    await sleep(50);
  }
}

async function untilSent(count: number): Promise<void> {
  for (;;) {
    if (sent >= count) return;
    await sleep(20);
  }
}

async function untilStored(): Promise<void> {
  for (let looks = 0; looks < 300; looks++) {
    const { recordsPending, inFlight } = await ask<{ recordsPending: number; inFlight: number }>("status");
    if (recordsPending === 0 && inFlight <= 1) return;
    await sleep(200);
  }
  throw new Error("The records do not reach the store.");
}

function readUsage(): Promise<UsageReport> {
  const from = new Date(startedAtMs).toISOString().slice(0, 13);
  return ask(`usage?from=${from}:00:00Z&window=hour&limit=500&by=${usageNames.join(",")}`);
}

async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${url}/admin/v1/${path}`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
}
