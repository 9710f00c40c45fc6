import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../json.ts";
import { createPartialArguments } from "./partial-arguments.ts";

function add(...values: unknown[]): string {
  const partial = createPartialArguments();
  for (const value of values) partial.add([value]);
  return partial.toText();
}

test.each([
  ["a number", [{ jsonPath: "$.a", numberValue: 0 }], '{"a":0}'],
  ["a boolean", [{ jsonPath: "$.a", boolValue: false }], '{"a":false}'],
  ["null", [{ jsonPath: "$.a", nullValue: "NULL_VALUE" }], '{"a":null}'],
  ["an empty text", [{ jsonPath: "$.a", stringValue: "" }], '{"a":""}'],
  [
    "a text in pieces, and its end",
    [
      { jsonPath: "$.a", stringValue: "x", willContinue: true },
      { jsonPath: "$.a", stringValue: "y" },
      { jsonPath: "$.a" },
    ],
    '{"a":"xy"}',
  ],
  [
    "objects and lists within each other",
    [
      { jsonPath: "$.a.b[0].c", stringValue: "x" },
      { jsonPath: "$.a.b[0].d", numberValue: 1 },
      { jsonPath: "$.a.b[1]", boolValue: true },
      { jsonPath: "$.a.b[]" },
    ],
    '{"a":{"b":[{"c":"x","d":1},true]}}',
  ],
  ["names in brackets", [{ jsonPath: "$['a b'][\"c.d\"]", numberValue: 1 }], '{"a b":{"c.d":1}}'],
  ["an empty list and an empty object", [{ jsonPath: "$.a[]" }, { jsonPath: "$.b" }], '{"a":[],"b":{}}'],
  ["a value that is still to come", [{ jsonPath: "$.a", willContinue: true }], ""],
  ["nothing", [], ""],
])("%s", (_name, values, text) => {
  expect(add(...values)).toBe(text);
});

test.each([
  [{ jsonPath: "$.a[9]", numberValue: 1 }],
  [{ jsonPath: "$.a[4294967295]", numberValue: 1 }],
  [{ jsonPath: "$.__proto__.polluted", numberValue: 1 }],
  [{ jsonPath: "$.a.__proto__", numberValue: 1 }],
  [{ jsonPath: "$..a", numberValue: 1 }],
  [{ jsonPath: "$.a[*]", numberValue: 1 }],
  [{ jsonPath: "a", numberValue: 1 }],
  [{ jsonPath: "$", numberValue: 1 }],
  [{ numberValue: 1 }],
  [5],
])("what leads nowhere, such as %o, is left out", (value) => {
  const text = add(value);
  expect(text === "" ? {} : parseJson(text)).not.toHaveProperty("a.0");
  expect({}).not.toHaveProperty("polluted");
  expect(text).not.toContain("1");
});

test("a value is not put into what is no container", () => {
  expect(add({ jsonPath: "$.a", numberValue: 5 }, { jsonPath: "$.a.b", numberValue: 7 })).toBe('{"a":5}');
});

type Leaf = string | number | boolean | null;

/** As Vertex streams a value: leaf by leaf, texts in two pieces. */
function toPartials(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) {
    return [...value.flatMap((item, index) => toPartials(item, `${path}[${index}]`)), { jsonPath: `${path}[]` }];
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return [{ jsonPath: path }];
    return entries.flatMap(([key, item]) => toPartials(item, `${path}.${key}`));
  }
  const leaf = value as Leaf;
  if (typeof leaf === "string") {
    const middle = Math.ceil(leaf.length / 2);
    return [
      { jsonPath: path, stringValue: leaf.slice(0, middle), willContinue: true },
      { jsonPath: path, stringValue: leaf.slice(middle) },
    ];
  }
  if (typeof leaf === "number") return [{ jsonPath: path, numberValue: leaf }];
  return [typeof leaf === "boolean" ? { jsonPath: path, boolValue: leaf } : { jsonPath: path, nullValue: null }];
}

test("any arguments come out as they went in", () => {
  const key = fc.stringMatching(/^[a-z]{1,3}$/);
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "grapheme" }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), (value) => {
      expect(parseJson(add(...toPartials(value, "$")))).toEqual(value);
    }),
    { numRuns: 300 },
  );
});
