import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDataFolder, readServerNote, removeServerNote, writeServerNote } from "./data-folder.ts";

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "headgate-data-folder-"));
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

test("a server removes its own note and leaves that of another alone", () => {
  const folder = openDataFolder(project);
  const running = { url: "http://127.0.0.1:1", adminToken: "running", pid: process.ppid };
  writeServerNote(folder, running);
  removeServerNote(folder, { ...running, adminToken: "failed to start" });
  expect(readServerNote(folder)).toEqual(running);
  removeServerNote(folder, running);
  expect(readServerNote(folder)).toBeUndefined();
});

test("a note with the reader's own process id is one of a killed server", () => {
  const folder = openDataFolder(project);
  writeServerNote(folder, { url: "http://127.0.0.1:1", adminToken: "killed", pid: process.pid });
  expect(readServerNote(folder)).toBeUndefined();
});
