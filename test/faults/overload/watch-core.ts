import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** From now on: the share of a core that others have than the process that is bound to it, 0 to 1. Linux only. */
export function watchCore(core: number, pid: number): () => number {
  const beganAtMs = performance.now();
  const before = readOtherTicks(core, pid);
  // The kernel counts in steps, so that nothing may look like less.
  return () =>
    Math.max(0, readOtherTicks(core, pid) - before) / (((performance.now() - beganAtMs) / 1000) * ticksPerSecond);
}

function readOtherTicks(core: number, pid: number): number {
  const line = readFileSync("/proc/stat", "utf8")
    .split("\n")
    .find((text) => text.startsWith(`cpu${core} `));
  const [user = 0, nice = 0, system = 0] = (line ?? "").split(" ").slice(1).map(Number);
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const own = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return user + nice + system - Number(own[11]) - Number(own[12]);
}
