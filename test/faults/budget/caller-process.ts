import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** What a calling process opens. All of it is JSON. */
export interface CallerProject {
  readonly config: unknown;
  readonly endpoint: { readonly name: string; readonly definition: unknown };
  /** Several processes may share it, as they share the database. */
  readonly dataFolder: string;
}

export interface Firing {
  /** How many are made at most at once, and in all if nothing else ends it. */
  readonly calls: number;
  readonly atOnce: number;
  /** Goes on until so many were answered. */
  readonly untilAdmitted?: number;
  /** What is asked, before a number of its own. */
  readonly text: string;
}

export interface FiringCounts {
  admitted: number;
  /** Failures by their codes. */
  readonly codes: Record<string, number>;
  firstRefusedAtMs: number | undefined;
  endedAtMs: number;
}

/** The library in a process of its own. */
export interface CallerProcess {
  fire(firing: Firing): Promise<FiringCounts>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Closes the library, and waits for the end. */
  close(): Promise<void>;
}

const script = join(import.meta.dirname, "run-caller.ts");

export async function startCaller(project: CallerProject, databaseUrl: string): Promise<CallerProcess> {
  const child = fork(script, [JSON.stringify(project)], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    env: { ...process.env, DATABASE_URL: databaseUrl, HEADGATE_LOG_LEVEL: "error", DRILL_KEY: "drill" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const hear = async <Message>(): Promise<Message> => {
    const [message] = (await Promise.race([
      once(child, "message"),
      exited.then(() => Promise.reject(new Error("A calling process has ended."))),
    ])) as readonly unknown[];
    return message as Message;
  };
  await hear();
  return {
    fire: (firing) => {
      const heard = hear<FiringCounts>();
      child.send(firing);
      return heard;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) child.send("close");
      await exited;
    },
  };
}
