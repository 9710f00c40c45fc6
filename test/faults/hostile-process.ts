import { spawn } from "node:child_process";
import type { HostileModel } from "../../src/testing/hostile-provider/plan-answer.ts";
import { once } from "node:events";
import { join } from "node:path";
import type { FaultWindow } from "../../src/testing/hostile-provider/fault-rules.ts";
import type { HostileEntry } from "../../src/testing/hostile-provider/hostile-ledger.ts";

const script = join(import.meta.dirname, "../../src/testing/hostile-provider/run-hostile-provider.ts");

/** A hostile provider in a process of its own, that can be killed and come back at its port. */
export interface HostileProcess {
  readonly url: string;
  readonly refusedUrl: string;
  readonly pid: number;
  setFault(model: string, fault: string | null, window?: FaultWindow): Promise<void>;
  /** Forgets faults and ledger. */
  reset(): Promise<void>;
  readState(): Promise<HostileState>;
  /** Those with a greater id. @param hasBodies with what was asked, where it is still known */
  readLedger(after?: number, hasBodies?: boolean): Promise<readonly HostileEntry[]>;
  /** SIGKILL: its port refuses connections. */
  kill(): Promise<void>;
  /** Starts it once more at its port, after `kill`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface HostileState {
  readonly openConnections: number;
  readonly acceptedConnections: number;
  readonly requests: number;
}

/** How its models answer, by their names. */
type Models = Readonly<Record<string, HostileModel>>;

export async function startHostile(models: Models = {}): Promise<HostileProcess> {
  let started = await start(0, models);
  const { url, refusedUrl } = started;
  const control = url.replace(/\/v1$/, "/__control");

  async function post(path: string, body: unknown): Promise<void> {
    const response = await fetch(control + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    await response.text();
  }

  return {
    url,
    refusedUrl,
    get pid() {
      return started.child.pid!;
    },
    setFault: (model, fault, window = {}) => post("", { model, fault, ...window }),
    reset: () => post("/reset", {}),
    readState: async () => (await (await fetch(`${control}/state`)).json()) as HostileState,
    readLedger: async (after = 0, hasBodies = false) => {
      const bodies = hasBodies ? "&bodies=1" : "";
      const text = await (await fetch(`${control}/ledger?after=${after}${bodies}`)).text();
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as HostileEntry);
    },
    kill: () => end(started.child, "SIGKILL"),
    restart: async () => {
      started = await start(Number(new URL(url).port), models);
    },
    stop: () => end(started.child, "SIGTERM"),
  };
}

interface Started {
  readonly child: ReturnType<typeof spawn>;
  readonly url: string;
  readonly refusedUrl: string;
}

async function start(port: number, models: Models): Promise<Started> {
  const args = ["--disable-warning=ExperimentalWarning", script, "headgate", String(port), JSON.stringify(models)];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {});
  let text = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (!text.includes("\n")) continue;
    const { url, refusedUrl } = JSON.parse(text) as { readonly url: string; readonly refusedUrl: string };
    return { child, url, refusedUrl };
  }
  throw new Error(`The hostile provider ended before it listened at port ${port}.`);
}

async function end(child: Started["child"], signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
