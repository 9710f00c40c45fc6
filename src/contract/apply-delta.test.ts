import { expect, test } from "vitest";
import { applyDelta, type Delta } from "./apply-delta.ts";

function build(...deltas: readonly Delta[]): Record<string, unknown> {
  const target = {};
  for (const delta of deltas) applyDelta(target, delta);
  return target;
}

test("text grows, lists and objects fill up", () => {
  const built = build(
    { path: "/a", append: "x" },
    { path: "/a", append: "y" },
    { path: "/list", set: [] },
    { path: "/list/0", append: "one" },
    { path: "/list/1", set: { k: 1 } },
    { path: "/list/1/more", set: null },
  );
  expect(built).toEqual({ a: "xy", list: ["one", { k: 1, more: null }] });
});

test("steps of a path are unescaped", () => {
  expect(build({ path: "/a~1b", set: {} }, { path: "/a~1b/~0~01", set: 1 })).toEqual({ "a/b": { "~~1": 1 } });
});

test("a delta's own value stays as it was sent", () => {
  const sent = { path: "/list", set: [1] } as const;
  build(sent, { path: "/list/1", set: 2 });
  expect(sent.set).toEqual([1]);
});

test("no path reaches a prototype", () => {
  const built = build({ path: "/__proto__", set: { admin: true } }, { path: "/__proto__/more", set: 1 });
  expect({}).not.toHaveProperty("admin");
  expect({}).not.toHaveProperty("more");
  expect(Object.getPrototypeOf(built)).toBe(Object.prototype);
  expect(() => build({ path: "/constructor/prototype/admin", set: true })).toThrow("nowhere");
  expect(() => build({ path: "/toString/name", set: "x" })).toThrow("nowhere");
});

test.each<Delta>([
  { path: "", set: {} },
  { path: "/a/b", set: 1 },
  { path: "/list/5", set: 1 },
  { path: "/list/-1", set: 1 },
  { path: "/list/00", set: 1 },
  { path: "/list/length", set: 0 },
  { path: "/number", append: "x" },
])("a delta that does not fit is refused: %j", (delta) => {
  expect(() => build({ path: "/list", set: [1] }, { path: "/number", set: 1 }, delta)).toThrow("delta");
});
