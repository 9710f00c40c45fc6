import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** A child process pinned to a core, whose CPU time can be read from outside. Linux only. */
export interface MeasuredProcess {
  readonly child: ChildProcess;
  /** User and system time of all threads so far, in microseconds; the kernel counts in steps of 10 ms. */
  cpuMicroseconds(): number;
  residentMegabytes(): number;
  stop(): Promise<void>;
}

const stopTimeoutMs = 15_000;
const ticksPerSecond = Number(spawnSync("getconf", ["CLK_TCK"]).stdout.toString()) || 100;

/** @param core absent: as the scheduler likes */
export function startProcess(
  core: number | undefined,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): MeasuredProcess {
  const cores = core === undefined ? `0-${cpus().length - 1}` : String(core);
  const command = hasTaskset ? ["taskset", "-c", cores, process.execPath] : [process.execPath];
  const child = spawn(command[0]!, [...command.slice(1), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
  });
  const stat = (): string[] => {
    const text = readFileSync(`/proc/${child.pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  };
  return {
    child,
    cpuMicroseconds: () => ((Number(stat()[11]) + Number(stat()[12])) / ticksPerSecond) * 1e6,
    residentMegabytes: () => (Number(stat()[21]) * 4096) / 1024 / 1024,
    stop: async () => {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The first line on the child's standard output. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout!) {
    text += String(chunk);
    const end = text.indexOf("\n");
    if (end !== -1) {
      // Keeps the pipe flowing for whatever comes later.
      child.stdout!.resume();
      return text.slice(0, end);
    }
  }
  throw new Error(`The process ended before it said anything (exit code ${child.exitCode}).`);
}

const hasTaskset = spawnSync("taskset", ["--version"]).status === 0;
