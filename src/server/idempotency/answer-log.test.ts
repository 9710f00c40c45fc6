import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnswerLog, type LogReader } from "./answer-log.ts";

const block = (text: string): Uint8Array => Buffer.from(text);

async function readAll(reader: LogReader | undefined): Promise<string> {
  let text = "";
  for (;;) {
    const blocks = await reader?.next();
    if (!blocks) return text;
    text += blocks.map(String).join("");
  }
}

test("every reader gets what comes after its place, whenever it begins", async () => {
  const log = createAnswerLog(1000);
  const early = readAll(log.read(0));
  await log.append([block("a"), block("b")]);
  const midway = readAll(log.read(1));
  await log.append([block("c")]);
  log.end();
  expect(await Promise.all([early, midway, readAll(log.read(2)), readAll(log.read(3))])).toEqual([
    "abc",
    "bc",
    "c",
    "",
  ]);
  expect(String(log.toBytes())).toBe("abc");
});

test("within its bound it waits for nobody", async () => {
  const log = createAnswerLog(3);
  log.read(0);
  expect(await log.append([block("abc")])).toBe(true);
  expect(log.isWhole).toBe(true);
});

test("beyond its bound it waits for its slowest reader, and lets go of what was read", async () => {
  const log = createAnswerLog(3);
  const [quick, slow] = [log.read(0), log.read(0)];
  const heard = readAll(quick);
  let isTaken = false;
  const taking = log.append([block("abcd")]).then((hasReaders) => {
    isTaken = true;
    return hasReaders;
  });
  await setImmediate();
  expect(isTaken).toBe(false);
  expect((await slow?.next())?.map(String)).toEqual(["abcd"]);
  await setImmediate();
  expect(isTaken).toBe(false);
  // It asks for more, so it is done with what it had.
  const rest = readAll(slow);
  expect(await taking).toBe(true);
  expect(log.isWhole).toBe(false);
  expect(log.read(0)).toBeUndefined();
  expect(log.toBytes()).toHaveLength(0);
  expect(await log.append([block("e")])).toBe(true);
  log.end();
  expect(await Promise.all([heard, rest])).toEqual(["abcde", "e"]);
  expect(log.length).toBe(2);
});

test("beyond its bound it says when the last reader has left", async () => {
  const log = createAnswerLog(3);
  const reader = log.read(0);
  const adding = log.append([block("abcd")]);
  reader?.leave();
  expect(await adding).toBe(false);
});

test("a reader that leaves hears no more, and one of an abandoned log is not told of an end", async () => {
  const log = createAnswerLog(10);
  const [leaving, staying] = [log.read(0), log.read(0)];
  const [left, stayed] = [leaving?.next(), staying?.next()];
  leaving?.leave();
  expect(await left).toBeUndefined();
  log.abandon();
  expect(await stayed).toBeUndefined();
  expect(log.isOver).toBe(false);
});

describe("whatever the sizes, the bound and the pace", () => {
  test("each reader reads all", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 });
    const paces = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 30 }), paces, async (lengths, mostBytes, readers) => {
        const log = createAnswerLog(mostBytes);
        const heard = readers.map(async (pace) => {
          const reader = log.read(0);
          let text = "";
          for (let blocks = await reader?.next(); blocks; blocks = await reader?.next()) {
            for (let turn = 0; turn < pace; turn++) await setImmediate();
            text += blocks.map(String).join("");
          }
          return text;
        });
        const sent = lengths.map((length, at) => String.fromCharCode(97 + at).repeat(length));
        for (const text of sent) expect(await log.append([block(text)])).toBe(true);
        log.end();
        expect(new Set(await Promise.all(heard))).toEqual(new Set([sent.join("")]));
      }),
      { numRuns: 50 },
    );
  });
});
