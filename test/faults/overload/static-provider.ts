import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A provider that answers at once with the same bytes, in a process of its own. */
export interface StaticProvider {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startStaticProvider(): Promise<StaticProvider> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "run-static-provider.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = (await Promise.race([once(child.stdout, "data"), exited])) as [unknown];
  if (child.exitCode !== null) throw new Error("The static provider ended before it listened.");
  const { url } = JSON.parse(String(line)) as { readonly url: string };
  return {
    url,
    pid: child.pid!,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
