import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const main = join(import.meta.dirname, "..", "dist", "cli", "main.js");
const fixture = join(import.meta.dirname, "fixtures", "upstream-project");
const readyTimeoutMs = 30_000;
const stopTimeoutMs = 45_000;

/** A copy of the upstream project in a folder of its own, that real server processes are started on. */
export interface ProjectCopy {
  readonly folder: string;
  /** Starts `headgate dev`, or another command that serves, and waits until it is ready. */
  serve(options?: ServeOptions): Promise<ServedProject>;
  /** Runs a command to its end. */
  run(args: readonly string[]): Promise<CommandResult>;
  remove(): void;
}

interface ServeOptions {
  readonly command?: "dev" | "serve";
  readonly args?: readonly string[];
}

export interface ServedProject {
  readonly url: string;
  readonly child: ChildProcess;
  /** All that the process has written so far. */
  output(): string;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** SIGTERM, and returns the exit code. */
  stop(): Promise<number | null>;
}

interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CopyOptions {
  /** The project to copy. @default the fixture whose provider is `upstreamUrl` */
  readonly source?: string;
  /** Added to the environment of every process; provider keys of the developer's own environment are removed. */
  readonly env?: Readonly<Record<string, string>>;
}

export function copyProject(upstreamUrl: string, options: CopyOptions = {}): ProjectCopy {
  const folder = mkdtempSync(join(tmpdir(), "headgate-project-"));
  cpSync(options.source ?? fixture, folder, { recursive: true, filter: (path) => !path.includes(".headgate") });
  // Nothing in front of these servers has to notice that they stop.
  const lameDuck = { HEADGATE_LAME_DUCK_SECONDS: "0" };
  const env = { ...withoutProviderKeys(), ...lameDuck, UPSTREAM_URL: upstreamUrl, ...options.env };
  return {
    folder,
    serve: (serveOptions = {}) => serve(folder, env, serveOptions),
    run: async (args) => {
      const child = spawn(process.execPath, [main, ...args], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      const output = { stdout: "", stderr: "" };
      child.stdout.on("data", (chunk) => (output.stdout += String(chunk)));
      child.stderr.on("data", (chunk) => (output.stderr += String(chunk)));
      await once(child, "close");
      return { code: child.exitCode, ...output };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function serve(folder: string, env: NodeJS.ProcessEnv, options: ServeOptions): Promise<ServedProject> {
  const args = [main, options.command ?? "dev", "--project", folder, "--port", "0", ...(options.args ?? [])];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Not ready in time:\n${output}`)), readyTimeoutMs);
    const read = (chunk: Buffer): void => {
      output += String(chunk);
      const found = /(?:is ready on |"server\.started","url":")(http:\/\/[^\s"]+)/.exec(output)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`Ended with code ${code} before it was ready:\n${output}`)));
  }).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    url,
    child,
    output: () => output,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await exited;
      clearTimeout(timer);
      return child.exitCode;
    },
  };
}

// A key in the developer's environment must not send a test's calls to a real provider.
function withoutProviderKeys(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/_API_KEY$|^DATABASE_URL$|^PORT$|^HEADGATE_/.test(name));
  return Object.fromEntries(kept);
}
