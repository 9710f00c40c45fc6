import { describe, expect, test } from "vitest";
import { createPropertyLocator } from "./locate-property.ts";

const source = `import { z } from "zod";
interface Ignored { name: string }
const rules = [
  { when: {}, use: "a" },
  {
    when: {},
    use: "b" },
] as const;
export const shared = { html: true,
  field: "/text" };
const endpoint = defineEndpoint({
  name: "x" as string,
  input: z.object({
    text: z.string(),
    nested: z.object({
      deep: z.number() }).optional(),
  }).strict(),
  output: { type: "object", properties: {
    summary: { type: "string" },
    "with-dash": {} } },
  route: {
    use: "fast", rules },
  normalize: shared,
  ...others,
  fallback: (input) => ({
    summary: input.text }),
  name: "again",
} satisfies Ignored);
export default endpoint;
`;

describe("a property is found", () => {
  const locate = createPropertyLocator(source, "endpoint.ts");
  const cases: readonly [string, (string | number)[], number][] = [
    ["in the object itself", ["route"], 21],
    ["further in", ["route", "use"], 22],
    ["in an array that stands elsewhere", ["route", "rules", 1, "use"], 7],
    ["in an exported constant", ["normalize", "field"], 10],
    ["in a builder's argument, whatever is called after it", ["input", "text"], 14],
    ["in a builder within a builder", ["input", "nested", "deep"], 16],
    ["in a JSON Schema", ["output", "summary"], 19],
    ["under a quoted name", ["output", "with-dash"], 20],
    ["in what a function returns", ["fallback", "summary"], 26],
    ["where the last of two equal names stands, which is the one that counts", ["name"], 27],
  ];
  test.each(cases)("%s", (_name, path, line) => {
    expect(locate(path)).toBe(line);
  });

  test("as deep as it can be followed, else at the export", () => {
    expect(locate(["route", "nothing", "more"])).toBe(21);
    expect(locate(["others"])).toBe(29);
    expect(locate([])).toBe(29);
  });
});

test("an object without a constant or a call is found as well, in JavaScript and TypeScript", () => {
  const text = "export default {\n  a: 1,\n  b: [\n    2, 3,\n    4] };\n";
  for (const file of ["x.js", "x.mjs", "x.ts"]) {
    const locate = createPropertyLocator(text, file);
    expect([locate(["a"]), locate(["b"]), locate(["b", 2])]).toEqual([2, 3, 5]);
  }
});

test("a module that names itself in circles, has no export or cannot be read gives no line", () => {
  expect(createPropertyLocator("const a = b;\nconst b = a;\nexport default a;\n", "x.js")(["c"])).toBe(3);
  expect(createPropertyLocator("export const a = 1;\n", "x.js")(["a"])).toBeUndefined();
  expect(createPropertyLocator("export default {", "x.ts")(["a"])).toBeUndefined();
});
