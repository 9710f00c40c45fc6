import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLineWriter } from "./line-writer.ts";

let folder: string;
let file: string;
let descriptor: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-lines-"));
  file = join(folder, "log");
  descriptor = openSync(file, "w");
});

afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true, force: true });
});

const lines = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at} ${"x".repeat(100)} ü🌉\n`);

test("lines arrive whole and in order, soon after they were written", async () => {
  const writer = createLineWriter(descriptor);
  const all = lines(2000);
  for (const line of all) writer.write(line);
  await expect.poll(() => readFileSync(file, "utf8"), { timeout: 5000 }).toBe(all.join(""));
});

test("flush writes what still waits before it returns", () => {
  const writer = createLineWriter(descriptor);
  writer.write("last words\n");
  writer.flush();
  expect(readFileSync(file, "utf8")).toBe("last words\n");
});

test("a destination that takes nothing costs a bounded amount of memory and no error", () => {
  const readOnly = openSync(file, "r");
  const writer = createLineWriter(readOnly);
  for (let count = 0; count < 20; count++) writer.write("x".repeat(1024 * 1024));
  writer.flush();
  closeSync(readOnly);
  expect(readFileSync(file, "utf8")).toBe("");
});
