import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord, parseJson } from "../json.ts";

/** How the command line finds the server that has a project's store open. */
export interface ServerNote {
  readonly url: string;
  /** Lets this machine's user act as operator; only in this file, mode 0600. */
  readonly adminToken: string;
  readonly pid: number;
}

/** Where a project's state is: the embedded store, the journal, and the note of the running server. */
export function toDataFolder(project: string): string {
  return join(project, ".headgate");
}

/** Makes it if absent, readable by its owner only. */
export function openDataFolder(project: string): string {
  const folder = toDataFolder(project);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return folder;
}

export function writeServerNote(dataFolder: string, note: ServerNote): void {
  rmSync(notePath(dataFolder), { force: true });
  writeFileSync(notePath(dataFolder), JSON.stringify(note), { mode: 0o600 });
}

/** Leaves another server's note alone: with Postgres several may serve one folder. */
export function removeServerNote(dataFolder: string, { adminToken }: ServerNote): void {
  if (readNote(dataFolder)?.adminToken === adminToken) rmSync(notePath(dataFolder), { force: true });
}

/** The note of a server whose process seems alive; a killed one leaves its note behind, and its id to others. */
export function readServerNote(dataFolder: string): ServerNote | undefined {
  const note = readNote(dataFolder);
  // In a new container this very process may have the killed server's id.
  return note !== undefined && note.pid !== process.pid && isAlive(note.pid) ? note : undefined;
}

function readNote(dataFolder: string): ServerNote | undefined {
  let note: unknown;
  try {
    note = parseJson(readFileSync(notePath(dataFolder), "utf8"));
  } catch {
    return undefined;
  }
  if (!isRecord(note)) return undefined;
  const { url, adminToken, pid } = note;
  if (typeof url !== "string" || typeof adminToken !== "string" || typeof pid !== "number") return undefined;
  return { url, adminToken, pid };
}

function notePath(dataFolder: string): string {
  return join(dataFolder, "server.json");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
