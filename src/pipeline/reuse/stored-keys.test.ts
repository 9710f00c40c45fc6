import { expect, test } from "vitest";
import { createStoredKeys, mostStoredKeys } from "./stored-keys.ts";

test("until they are listed, and where they cannot be, the store may have anything", async () => {
  const listing = Promise.withResolvers<readonly string[]>();
  const keys = createStoredKeys(() => listing.promise);
  expect(keys.mayHave("a")).toBe(true);
  listing.resolve(["b"]);
  await listing.promise;
  expect([keys.mayHave("a"), keys.mayHave("b")]).toEqual([false, true]);
  keys.add("a");
  expect(keys.mayHave("a")).toBe(true);
  const failing = createStoredKeys(() => Promise.reject(new Error("It is away.")));
  await Promise.resolve();
  expect(failing.mayHave("a")).toBe(true);
});

test("with more than are remembered, the store may have anything", async () => {
  const keys = createStoredKeys((limit) => Promise.resolve(Array.from({ length: limit - 1 }, (_, at) => `${at}`)));
  await Promise.resolve();
  expect(keys.mayHave("new")).toBe(false);
  keys.add("one more");
  expect(keys.mayHave("new")).toBe(true);
  const full = createStoredKeys(() => Promise.resolve(Array.from({ length: mostStoredKeys }, (_, at) => `${at}`)));
  await Promise.resolve();
  expect(full.mayHave("new")).toBe(true);
});
