import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServedProject } from "../../served-project.ts";

/** For the environment of a server whose memory is to be read. */
export const memoryEnvironment = { NODE_OPTIONS: `--import=${join(import.meta.dirname, "report-memory.mjs")}` };

export interface MemoryUse {
  readonly before: NodeJS.MemoryUsage;
  /** After a collection. */
  readonly after: NodeJS.MemoryUsage;
}

/** Resident size of a process, in KiB, as the kernel says. Linux only. */
export function readResidentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** What the server itself says. Collects its garbage. */
export async function askMemory(server: ServedProject): Promise<MemoryUse> {
  const known = server.output().length;
  server.child.kill("SIGUSR2");
  for (let looks = 0; looks < 200; looks++) {
    const found = /memory (\{.*\})\n/.exec(server.output().slice(known))?.[1];
    if (found !== undefined) return JSON.parse(found) as MemoryUse;
    await sleep(50);
  }
  throw new Error("The server did not report its memory.");
}
