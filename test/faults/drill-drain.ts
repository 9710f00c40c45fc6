import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { systemClock } from "../../src/clock.ts";
import type { CallRecord } from "../../src/store/store.ts";
import { createHostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import { createTcpBalancer } from "../../src/testing/tcp-balancer.ts";
import type { ServedProject } from "../served-project.ts";
import { askCall, type CallEnd, type CallOrder } from "./drain/ask-call.ts";
import { createDrainProject, type DrainProject } from "./drain/drain-project.ts";
import { startSteadyLoad } from "./drain/steady-load.ts";
import { findPort } from "./find-port.ts";
import { readRecords } from "./read-records.ts";

/**
 * Stops `headgate serve` with SIGTERM under load: with enough time for the calls at work, with too little, and twenty
 * times in turns behind a balancer that knows no HTTP. The bar: `/readyz` red within 100 ms, no answer cut, a record of
 * each call, and no request failed by a restart.
 */
const isShort = process.argv.includes("--short");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const lameDuck = process.argv.find((argument) => argument.startsWith("--lame-duck="));
const callsPerKind = isShort ? 40 : 200;
const restarts = isShort ? 2 : 20;
const redBarMs = 100;
const exitGraceMs = 3000;
// Ctrl-C under npm comes twice: that soon after the first, a signal is the same one.
const sameStopMs = 500;
const wrong: string[] = [];

const provider = await createHostileProvider();
const parts = { enough: drainInTime, short: drainTooShort, twice: stopTwice, rolling: restartInTurns };
const results: string[] = [];
try {
  for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) results.push(await part());
} finally {
  await provider.close();
}
for (const text of wrong.slice(0, 20)) console.log(`X ${text}`);
console.log(`drain: ${results.join("; ")}; ${wrong.length} wrong (bar 0)`);
process.exitCode = wrong.length === 0 ? 0 : 1;

interface Flying {
  readonly order: CallOrder;
  readonly end: Promise<CallEnd>;
}

/** As many streams as plain calls, all at the provider when it returns. */
async function launch(url: string, key: string, tokens: (index: number) => number, paceMs: number): Promise<Flying[]> {
  const known = provider.ledger.entries.length;
  const flying = Array.from({ length: callsPerKind * 2 }, (_, index): Flying => {
    const surface = (["chat", "messages", "endpoint"] as const)[index % 3]!;
    const model = `ok?tokens=${tokens(index)}&pace=${paceMs}`;
    const order: CallOrder = {
      surface,
      isStream: index < callsPerKind,
      target: `${surface}/${model}`,
      text: surface === "endpoint" ? undefined : provider.textOf(model),
      requestId: randomUUID(),
    };
    return { order, end: askCall({ url, key, agent: false, timeoutMs: 90_000 }, order) };
  });
  await provider.ledger.waitFor((entries) => entries.length - known === flying.length, 30_000);
  return flying;
}

/** Asks for SIGTERM, and tells how long `/readyz` went on to say that all is well. */
async function terminate({ child, url }: ServedProject): Promise<number> {
  const startedAtMs = performance.now();
  child.kill("SIGTERM");
  while (await isReady(url));
  return Math.round(performance.now() - startedAtMs);
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${url}/readyz`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function count(ends: readonly CallEnd[], ending: CallEnd["ending"]): number {
  return ends.filter((end) => end.ending === ending).length;
}

/** Enough time: all go on to their ends. */
async function drainInTime(): Promise<string> {
  const paceMs = 100;
  const project = await createDrainProject({ providerUrl: provider.url, paceMs });
  try {
    const server = await project.serve({ command: "serve" });
    const flying = await launch(server.url, project.key, (index) => 60 + (index % 30), paceMs);
    const exited = once(server.child, "exit");
    const redMs = await terminate(server);
    const open = provider.ledger.entries.filter(({ end }) => end === "open").length;
    const ends = await Promise.all(flying.map(({ end }) => end));
    await exited;
    if (redMs > redBarMs) wrong.push(`/readyz was red after ${redMs} ms`);
    reportEnds("in time", flying, ends, ({ ending }) => ending === "whole");
    checkExit("in time", server);
    const records = await checkRecords(project, flying, ({ status }) => status === "ok");
    return `${flying.length} calls (${open} at work at SIGTERM): /readyz red after ${redMs} ms, ${count(ends, "whole")} whole, ${count(ends, "cut")} cut, ${records} records`;
  } finally {
    project.remove();
  }
}

/** Too little time: all are told, and the process is gone soon after. */
async function drainTooShort(): Promise<string> {
  const [paceMs, windowMs] = [200, 2000];
  const project = await createDrainProject({ providerUrl: provider.url, paceMs: paceMs * 2 });
  try {
    const server = await project.serve({ command: "serve", args: ["--drain", String(windowMs / 1000)] });
    const flying = await launch(server.url, project.key, () => 120, paceMs);
    const stoppedAtMs = performance.now();
    const exited = once(server.child, "exit");
    server.child.kill("SIGTERM");
    const ends = await Promise.all(flying.map(({ end }) => end));
    await exited;
    const tookMs = Math.round(performance.now() - stoppedAtMs);
    if (tookMs > windowMs + exitGraceMs) wrong.push(`the process took ${tookMs} ms with a drain of ${windowMs} ms`);
    reportEnds("too short", flying, ends, ({ ending, status }, { isStream }) => {
      return ending === "told" && status === (isStream ? 200 : 503);
    });
    checkExit("too short", server);
    const records = await checkRecords(project, flying, ({ errorCode }) => errorCode === "shutting_down");
    const codes = [...new Set(ends.map(({ why }) => why))].join(", ");
    return `a drain of ${windowMs} ms: ${count(ends, "told")} told (${codes}), ${count(ends, "cut")} cut, exit after ${tookMs} ms, ${records} records`;
  } finally {
    project.remove();
  }
}

/** A second SIGTERM ends at once, but not one that comes together with the first. */
async function stopTwice(): Promise<string> {
  const paceMs = 200;
  const project = await createDrainProject({ providerUrl: provider.url, paceMs });
  try {
    const server = await project.serve({ command: "serve" });
    const order: CallOrder = {
      surface: "chat",
      isStream: true,
      target: `chat/ok?tokens=200&pace=${paceMs}`,
      text: undefined,
      requestId: randomUUID(),
    };
    const known = provider.ledger.entries.length;
    const end = askCall({ url: server.url, key: project.key, agent: false, timeoutMs: 90_000 }, order);
    await provider.ledger.waitFor((entries) => entries.length > known, 10_000);
    const exited = once(server.child, "exit");
    server.child.kill("SIGTERM");
    await systemClock.sleep(sameStopMs / 5);
    server.child.kill("SIGTERM");
    await systemClock.sleep(sameStopMs * 2);
    if (server.child.exitCode !== null || server.child.signalCode !== null) wrong.push("a doubled SIGTERM ended it");
    const againAtMs = performance.now();
    server.child.kill("SIGTERM");
    await exited;
    const tookMs = Math.round(performance.now() - againAtMs);
    if (tookMs > 500) wrong.push(`after the second SIGTERM it took ${tookMs} ms`);
    await end;
    return `a second SIGTERM ended it after ${tookMs} ms`;
  } finally {
    project.remove();
  }
}

/** Two instances behind a balancer, one restarted after the other. */
async function restartInTurns(): Promise<string> {
  const paceMs = 10;
  const first = await createDrainProject({ providerUrl: provider.url, paceMs });
  const second = await createDrainProject({ providerUrl: provider.url, paceMs, like: first });
  const ports = [await findPort(), await findPort()];
  const start = (at: number): Promise<ServedProject> =>
    [first, second][at]!.serve({
      command: "serve",
      args: ["--port", String(ports[at]), ...(lameDuck ? [lameDuck] : [])],
    });
  const servers = await Promise.all([start(0), start(1)]);
  const balancer = await createTcpBalancer({ targets: ports });
  const url = `http://127.0.0.1:${balancer.port}`;
  const load = startSteadyLoad({ url, key: first.key, orders: listOrders(paceMs), busy: 24, sleepy: 16 });
  try {
    await systemClock.sleep(2000);
    for (let restart = 0; restart < restarts; restart++) {
      const at = restart % 2;
      const [known, failedBefore] = [balancer.taken[at]!, load.failed.length];
      servers[at]!.child.kill("SIGTERM");
      await once(servers[at]!.child, "exit");
      checkExit("rolling", servers[at]!);
      servers[at] = await start(at);
      // It has to be at work again before the other one goes.
      const endMs = systemClock.now() + 30_000;
      while (balancer.taken[at]! < known + 2 && systemClock.now() < endMs) await systemClock.sleep(50);
      console.log(
        `  restart ${restart + 1} of ${restarts}: ${load.whole} answers so far, ${load.failed.length - failedBefore} failed`,
      );
    }
    await systemClock.sleep(1000);
    await load.stop();
    for (const { ending, status, why, order } of load.failed)
      wrong.push(`rolling: ${order.surface} ${order.isStream ? "stream" : "plain"}: ${ending} ${status} ${why}`);
    const missing = await countMissing(load.sent, servers, first.key);
    if (missing > 0) wrong.push(`rolling: ${missing} calls have no record`);
    return `${restarts} rolling restarts: ${load.failed.length} of ${load.sent.size} requests failed, ${missing} without a record, connections ${balancer.taken.join(" and ")}, ${balancer.refused} refused`;
  } finally {
    await load.stop();
    await balancer.close();
    await Promise.all(servers.map((server) => server.kill()));
    first.remove();
    second.remove();
  }
}

function listOrders(paceMs: number): Omit<CallOrder, "requestId">[] {
  return (["chat", "messages", "endpoint"] as const).flatMap((surface) =>
    [false, true].flatMap((isStream) =>
      // The last lasts for about as long as the lame duck.
      [20, 60, 400].map((tokens) => {
        const model = `ok?tokens=${tokens}&pace=${paceMs}`;
        const text = surface === "endpoint" ? undefined : provider.textOf(model);
        return { surface, isStream, target: `${surface}/${model}`, text };
      }),
    ),
  );
}

async function countMissing(
  sent: ReadonlySet<string>,
  servers: readonly ServedProject[],
  key: string,
): Promise<number> {
  const stores = await Promise.all(servers.map(({ url }) => readRecords(url, key)));
  return [...sent].filter((id) => !stores.some((records) => records.has(id))).length;
}

function reportEnds(
  what: string,
  flying: readonly Flying[],
  ends: readonly CallEnd[],
  isRight: (end: CallEnd, order: CallOrder) => boolean,
): void {
  for (const [index, end] of ends.entries()) {
    const { order } = flying[index]!;
    if (isRight(end, order)) continue;
    const call = `${order.surface} ${order.isStream ? "stream" : "plain"}`;
    wrong.push(`${what}: ${call}: ${end.ending} ${end.status} ${end.why}`);
  }
}

function checkExit(what: string, server: ServedProject): void {
  const { exitCode, signalCode } = server.child;
  if (exitCode === 0) return;
  wrong.push(`${what}: ended with ${exitCode ?? signalCode}: ${server.output().slice(-300)}`);
}

/** From the same project, started again. Returns how many of the calls have the right record. */
async function checkRecords(
  project: DrainProject,
  flying: readonly Flying[],
  isRight: (record: CallRecord) => boolean,
): Promise<number> {
  const again = await project.serve({ command: "serve", args: ["--lame-duck", "0"] });
  const records = await readRecords(again.url, project.key);
  await again.stop();
  let right = 0;
  for (const { order } of flying) {
    const record = records.get(order.requestId);
    if (record && isRight(record)) right++;
    else wrong.push(`${order.surface}: ${record ? `recorded as ${record.status} ${record.errorCode}` : "no record"}`);
  }
  return right;
}
