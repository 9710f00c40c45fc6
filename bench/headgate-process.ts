import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { startProcess } from "./measured-process.ts";
import type { MeasuredProcess } from "./measured-process.ts";

const main = join(import.meta.dirname, "..", "dist", "cli", "main.js");
const readyTimeoutMs = 30_000;
const settleTimeoutMs = 30_000;

export interface HeadgateProcess {
  readonly process: MeasuredProcess;
  readonly url: string;
  readonly key: string;
  /** Resolves when all records are in the store. */
  readonly settle: () => Promise<void>;
  close(): Promise<void>;
}

/** Serves a copy of a project of test/fixtures: the real server, with keys, the embedded store and its log. */
export async function startHeadgate(
  core: number,
  upstreamUrl: string,
  project: "upstream-project" | "money-project" = "upstream-project",
): Promise<HeadgateProcess> {
  const folder = copyProject(project);
  const env = benchEnvironment(upstreamUrl);
  const key = createKey(folder, env);
  const { measured, url } = await start("serve", core, folder, env);
  const headers = { authorization: `Bearer ${key}` };
  return {
    process: measured,
    url,
    key,
    settle: async () => {
      const deadline = performance.now() + settleTimeoutMs;
      while (performance.now() < deadline) {
        const response = await request(`${url}/admin/v1/status`, { headers });
        const status = (await response.body.json()) as { recordsPending: number };
        if (status.recordsPending === 0) return;
        await sleep(50);
      }
      throw new Error("Records are still waiting for the store.");
    },
    close: async () => {
      await measured.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** From the process's start to a 200 of /readyz, in milliseconds: with an empty data folder, then `warmStarts` times again. */
export async function measureStartUp(
  upstreamUrl: string,
  warmStarts: number,
): Promise<{ readonly firstMs: number; readonly warmMs: readonly number[] }> {
  const folder = copyProject("upstream-project");
  const times: number[] = [];
  for (let run = 0; run <= warmStarts; run++) {
    const { measured, readyMs } = await start("dev", undefined, folder, benchEnvironment(upstreamUrl));
    times.push(readyMs);
    await measured.stop();
  }
  rmSync(folder, { recursive: true, force: true });
  const [firstMs = Number.NaN, ...warmMs] = times;
  return { firstMs, warmMs };
}

function copyProject(project: string): string {
  const folder = mkdtempSync(join(tmpdir(), "headgate-bench-"));
  cpSync(join(import.meta.dirname, "..", "test", "fixtures", project), folder, { recursive: true });
  return folder;
}

function benchEnvironment(upstreamUrl: string): NodeJS.ProcessEnv {
  const databaseUrl = process.argv.includes("--postgres") ? process.env["HEADGATE_TEST_DATABASE_URL"] : undefined;
  return {
    UPSTREAM_URL: `${upstreamUrl}/v1`,
    HEADGATE_LOG_LEVEL: "info",
    HEADGATE_LAME_DUCK_SECONDS: "0",
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
}

async function start(
  command: "serve" | "dev",
  core: number | undefined,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly measured: MeasuredProcess; readonly url: string; readonly readyMs: number }> {
  const note = join(folder, ".headgate", "server.json");
  rmSync(note, { force: true });
  const startedAt = performance.now();
  const measured = startProcess(core, [main, command, "--project", folder, "--port", "0"], { env });
  measured.child.stdout!.resume();
  const url = await untilReady(note, measured);
  return { measured, url, readyMs: performance.now() - startedAt };
}

function createKey(folder: string, env: NodeJS.ProcessEnv): string {
  const args = [main, "keys", "create", "--name", "bench", "--scope", "call,admin", "--project", folder, "--json"];
  const ran = spawnSync(process.execPath, args, { env: { ...process.env, ...env }, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`No key could be created: ${ran.stderr}`);
  return (JSON.parse(ran.stdout) as { secret: string }).secret;
}

/** The server writes its address into the note once it listens. */
async function untilReady(note: string, measured: MeasuredProcess): Promise<string> {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    if (measured.child.exitCode !== null) throw new Error("The server ended before it was ready.");
    const url = readUrl(note);
    if (url !== undefined && (await isReady(url))) return url;
    await sleep(5);
  }
  throw new Error("The server was not ready in time.");
}

function readUrl(note: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(note, "utf8")) as { url: string }).url;
  } catch {
    return undefined;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await request(`${url}/readyz`);
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}
