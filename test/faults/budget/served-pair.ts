import type { ProjectCopy, ServedProject } from "../../served-project.ts";
import { createDrillProject, type DrillProject } from "../drill-project.ts";

/** A key as `headgate keys create` tells it. */
export interface DrillKey {
  readonly id: string;
  readonly secret: string;
}

export interface KeyOrder {
  readonly name: string;
  readonly team?: string;
}

/** Two servers of one project on one database, each with a data folder of its own, as on two machines. */
export interface ServedPair {
  readonly urls: readonly string[];
  /** In the order in which they were asked for. */
  readonly keys: readonly DrillKey[];
  /** SIGTERM, and waits until their records are in the store. Returns what they have written. */
  stop(): Promise<string>;
  /** Ends them, however far they are. */
  remove(): Promise<void>;
}

export async function servePair(
  project: DrillProject,
  keyOrders: readonly KeyOrder[],
  databaseUrl: string,
): Promise<ServedPair> {
  const env = { ...project.env, DATABASE_URL: databaseUrl, HEADGATE_LOG_LEVEL: "info" };
  const copies = [createDrillProject({ ...project, env }), createDrillProject({ ...project, env })];
  const keys: DrillKey[] = [];
  for (const order of keyOrders) keys.push(await createKey(copies[0]!, order));
  const servers: readonly ServedProject[] = await Promise.all(copies.map((copy) => copy.serve({ command: "serve" })));
  return {
    urls: servers.map(({ url }) => url),
    keys,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      return servers.map((server) => server.output()).join("\n");
    },
    remove: async () => {
      const running = servers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
      await Promise.all(running.map((server) => server.kill()));
      for (const copy of copies) copy.remove();
    },
  };
}

async function createKey(project: ProjectCopy, { name, team }: KeyOrder): Promise<DrillKey> {
  const ofTeam = team === undefined ? [] : ["--team", team];
  const created = await project.run(["keys", "create", "--name", name, "--scope", "call", ...ofTeam, "--json"]);
  if (created.code !== 0) throw new Error(`No key could be created: ${created.stderr}`);
  return JSON.parse(created.stdout) as DrillKey;
}

/** The beginnings of the minutes from one moment to another. */
export function listMinutes(fromMs: number, untilMs: number): readonly number[] {
  const firstMs = Math.floor(fromMs / 60_000) * 60_000;
  const count = Math.floor((untilMs - firstMs) / 60_000) + 1;
  return Array.from({ length: count }, (_, index) => firstMs + index * 60_000);
}
