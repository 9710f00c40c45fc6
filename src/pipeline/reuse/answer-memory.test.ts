import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createAnswerMemory, entryBytes } from "./answer-memory.ts";

test("gives up what was not used for longest", () => {
  const memory = createAnswerMemory();
  const room = 3 * (entryBytes + 10);
  for (const name of ["a", "b", "c"]) memory.set(name, "x".repeat(10), room);
  memory.get("a");
  memory.set("d", "x".repeat(10), room);
  expect(["a", "b", "c", "d"].filter((name) => memory.get(name) !== undefined)).toEqual(["a", "c", "d"]);
});

test("counts two bytes a character as soon as one of them needs it", () => {
  const memory = createAnswerMemory();
  memory.set("a", "é".repeat(10), 1e6);
  expect(memory.bytes).toBe(entryBytes + 10);
  memory.set("a", "é".repeat(9) + "€", 1e6);
  expect(memory.bytes).toBe(entryBytes + 20);
});

test("never holds more than it may, and gives only what was put there last", () => {
  const operation = fc.record({
    name: fc.integer({ min: 0, max: 9 }).map(String),
    size: fc.integer({ min: 0, max: 400 }),
    maxBytes: fc.integer({ min: 0, max: 2000 }),
    kind: fc.constantFrom("set", "get"),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const memory = createAnswerMemory();
      const latest = new Map<string, string>();
      let [most, wrong] = [0, 0];
      for (const { name, size, maxBytes, kind } of operations) {
        if (kind === "set") {
          const text = `${name}${"x".repeat(size)}`;
          memory.set(name, text, maxBytes);
          latest.set(name, text);
          most = Math.max(most, memory.bytes - maxBytes);
        } else if (![latest.get(name), undefined].includes(memory.get(name))) wrong++;
      }
      expect({ most, wrong }).toEqual({ most: 0, wrong: 0 });
      memory.set("last", "", 0);
      expect(memory.bytes).toBe(0);
    }),
  );
});
