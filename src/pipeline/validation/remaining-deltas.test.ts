import * as fc from "fast-check";
import { expect, test } from "vitest";
import { applyDelta } from "../../contract/apply-delta.ts";
import { remainingDeltas } from "./remaining-deltas.ts";

type Fields = Record<string, unknown>;

test.each<[Fields, Fields]>([
  [{ a: "longer" }, { a: "long" }],
  [{ a: "x" }, { a: "y" }],
  [{ a: 1 }, { a: 2 }],
  [{ a: [1, 2] }, { a: [1] }],
  [{ a: { b: 1 } }, { a: {} }],
  [{ a: 1 }, {}],
  [{ a: [] }, { a: {} }],
  [{ a: {} }, { a: [] }],
  [{ a: null }, { a: "x" }],
  [{ toString: 1 }, {}],
])("what was sent of %j cannot become %j", (sent, final) => {
  expect(remainingDeltas(sent, final)).toBeUndefined();
});

test("what was sent is extended, not sent again", () => {
  const final = { a: "Hello", list: ["x", { k: 1 }], more: true };
  expect(remainingDeltas({ a: "He", list: ["x", {}] }, final)).toEqual([
    { type: "delta", path: "/a", append: "llo" },
    { type: "delta", path: "/list/1/k", set: 1 },
    { type: "delta", path: "/more", set: true },
  ]);
});

test("applied to what was sent, the deltas give the final object", () => {
  const fields = fc.dictionary(
    fc.string().filter((key) => key !== "__proto__"),
    fc.jsonValue(),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fields, fields, fc.boolean(), (sent, other, isExtended) => {
      const final = isExtended ? { ...sent, ...other, ...sent } : other;
      const deltas = remainingDeltas(sent, final);
      if (isExtended && !deltas) throw new Error("An extension was not seen as one.");
      if (!deltas) return;
      const built = structuredClone(sent);
      for (const delta of deltas) applyDelta(built, delta);
      expect(built).toEqual(final);
    }),
  );
});
