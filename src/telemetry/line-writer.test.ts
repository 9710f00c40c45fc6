import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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

describe("a pipe that is full", () => {
  let pipe: string;
  let end: number;

  beforeEach(() => {
    pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  });
  afterEach(() => {
    vi.useRealTimers();
    closeSync(end);
  });

  function readPipe(): Buffer {
    const buffer = Buffer.alloc(1024 * 1024);
    return buffer.subarray(0, readSync(end, buffer));
  }

  test("is written again by a flush until its reader has taken all", async () => {
    const reading = openSync(pipe, "r");
    const reader = spawn("cat", { stdio: [reading, descriptor, "ignore"] });
    const ended = once(reader, "exit");
    closeSync(reading);
    const writer = createLineWriter(end);
    writer.write("first\n");
    writer.flush();
    await expect.poll(() => readFileSync(file, "utf8")).toBe("first\n");
    // Too short to be written before the flush, but more bytes than a pipe holds.
    const last = `${"€".repeat(30_000)}\n`;
    writer.write(last);
    writer.flush();
    closeSync(end);
    await ended;
    end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    expect(readFileSync(file, "utf8")).toBe(`first\n${last}`);
  });

  test("keeps the order when a flush comes between two tries", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const writer = createLineWriter(end);
    const all = lines(900);
    writer.write(all.slice(0, -1).join(""));
    while (vi.getTimerCount() === 0) await nextTurn();
    writer.write(all.at(-1)!);
    const taken = readPipe();
    writer.flush();
    expect(Buffer.concat([taken, readPipe()]).toString()).toBe(all.join(""));
  });

  test("does not hold a flush up for good when nobody reads", () => {
    const writer = createLineWriter(end);
    for (let count = 0; count < 4; count++) {
      writer.write("y".repeat(30_000));
      writer.flush();
    }
    expect(readPipe().length).toBeGreaterThan(0);
  });
});
