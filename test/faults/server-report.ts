import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServedProject } from "../served-project.ts";

/** For the environment of a server that is to report. */
export const reportEnvironment = { NODE_OPTIONS: `--import=${join(import.meta.dirname, "report-process.mjs")}` };

/** What a server's process holds. */
export interface ServerReport {
  readonly before: NodeJS.MemoryUsage;
  /** After a collection. */
  readonly after: NodeJS.MemoryUsage;
  readonly timers: number;
  readonly sockets: number;
  /** With the files that the embedded engine has open. */
  readonly descriptors: number;
}

/** Resident size of a process, in KiB, as the kernel says. Linux only. */
export function readResidentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** What the server itself says. Collects its garbage. */
export async function askReport(server: ServedProject): Promise<ServerReport> {
  const known = server.output().length;
  server.child.kill("SIGUSR2");
  for (let looks = 0; looks < 200; looks++) {
    const found = /report (\{.*\})\n/.exec(server.output().slice(known))?.[1];
    if (found !== undefined) return JSON.parse(found) as ServerReport;
    await sleep(50);
  }
  throw new Error("The server did not report.");
}
