import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { JsonSchema } from "../../json.ts";
import { checkVariables } from "./check-variables.ts";
import { compileTemplate } from "./compile-template.ts";
import { parseTemplate } from "./parse-template.ts";
import { everyItem, listTemplateVariables } from "./template-variables.ts";

function list(template: string, partials: Record<string, string> = {}): [string, string | undefined][] {
  const parsed = parseTemplate({ template, partials: new Map(Object.entries(partials)) });
  return listTemplateVariables(parsed.template!).map(({ name, path }) => [
    name,
    path?.map((step) => (step === everyItem ? "[]" : step)).join("."),
  ]);
}

function render(template: string, input: Record<string, unknown>, partials: Record<string, string> = {}): string {
  const parsed = parseTemplate({ template, partials: new Map(Object.entries(partials)) });
  const [block] = compileTemplate(parsed.template!).render(input);
  return block?.type === "message" && block.parts[0]?.type === "text" ? block.parts[0].text : "";
}

function check(template: string, schema: JsonSchema, partials: Record<string, string> = {}): string[] {
  const parsed = parseTemplate({ template, partials: new Map(Object.entries(partials)) });
  expect(parsed.problems).toEqual([]);
  return checkVariables(listTemplateVariables(parsed.template!), schema).map(({ message }) => message);
}

describe("listTemplateVariables", () => {
  test.each<[string, string, [string, string | undefined][]]>([
    [
      "plain names and paths",
      "{{a}} {{b.c}} {{{d}}} {{b/c}}",
      [
        ["a", "a"],
        ["b.c", "b.c"],
        ["d", "d"],
        ["b/c", "b.c"],
      ],
    ],
    [
      "this",
      "{{this.a}} {{./a}} {{this}}",
      [
        ["this.a", "a"],
        ["./a", "a"],
        ["this", ""],
      ],
    ],
    [
      "quoted names",
      '{{[a b]}} {{"a b"}}',
      [
        ["a b", "a b"],
        ["a b", "a b"],
      ],
    ],
    [
      "values of helpers",
      "{{json a}}{{#if b}}{{/if}}{{#ifEquals c 1}}{{/ifEquals}}",
      [
        ["a", "a"],
        ["b", "b"],
        ["c", "c"],
      ],
    ],
    [
      "values of options",
      "{{media url=a contentType=b}}",
      [
        ["a", "a"],
        ["b", "b"],
      ],
    ],
    [
      "the items of a list",
      "{{#each a}}{{b}}{{this}}{{else}}{{c}}{{/each}}",
      [
        ["a", "a"],
        ["b", "a.[].b"],
        ["this", "a.[]"],
        ["c", "c"],
      ],
    ],
    [
      "an outer level",
      "{{#each a}}{{../b}}{{#each c}}{{../d}}{{../../e}}{{/each}}{{/each}}",
      [
        ["a", "a"],
        ["../b", "b"],
        ["c", "a.[].c"],
        ["../d", "a.[].d"],
        ["../../e", "e"],
      ],
    ],
    [
      "a condition, which is no level",
      "{{#each a}}{{#if b}}{{../c}}{{/if}}{{/each}}",
      [
        ["a", "a"],
        ["b", "a.[].b"],
        ["../c", "c"],
      ],
    ],
    [
      "an object's level",
      "{{#with a.b}}{{c}}{{../d}}{{/with}}",
      [
        ["a.b", "a.b"],
        ["c", "a.b.c"],
        ["../d", "d"],
      ],
    ],
    [
      "an else branch",
      "{{#with a}}{{else}}{{b}}{{/with}}",
      [
        ["a", "a"],
        ["b", "b"],
      ],
    ],
    [
      "names of blocks",
      "{{#each a as |x i|}}{{x.b}}{{i}}{{c}}{{#each x.d as |y|}}{{x.e}}{{y}}{{/each}}{{/each}}",
      [
        ["a", "a"],
        ["x.b", "a.[].b"],
        ["c", "a.[].c"],
        ["x.d", "a.[].d"],
        ["x.e", "a.[].e"],
        ["y", "a.[].d.[]"],
      ],
    ],
    [
      "the root",
      "{{#each a}}{{@root.b}}{{/each}}",
      [
        ["a", "a"],
        ["@root.b", "b"],
      ],
    ],
    ["loop variables", "{{#each a}}{{@index}}{{@key}}{{@first}}{{@last}}{{/each}}", [["a", "a"]]],
    ["loop variables outside a loop", "{{@index}}", [["@index", undefined]]],
    ["unset variables", "{{@user.name}}", [["@user.name", undefined]]],
    ["a level too many", "{{../a}}", [["../a", undefined]]],
    [
      "a looked-up field",
      '{{lookup a b}}{{#with (lookup a "c")}}{{d}}{{/with}}{{#with (lookup a b)}}{{e}}{{/with}}',
      [
        ["a", "a"],
        ["b", "b"],
        ["a", "a"],
        ["d", "a.c.d"],
        ["a", "a"],
        ["b", "b"],
      ],
    ],
  ])("follows %s", (_, template, expected) => {
    expect(list(template)).toEqual(expected);
  });

  test("follows partials with the context and values that they are called with", () => {
    const partials = { p: "{{x}}{{y}}{{@root.z}}", q: "{{> p y=w}}" };
    expect(list("{{#each a}}{{> p}}{{/each}}", partials)).toEqual([
      ["a", "a"],
      ["x", "a.[].x"],
      ["y", "a.[].y"],
      ["@root.z", "z"],
    ]);
    expect(list("{{> p a.b}}", partials)).toEqual([
      ["a.b", "a.b"],
      ["x", "a.b.x"],
      ["y", "a.b.y"],
      ["@root.z", "z"],
    ]);
    expect(list('{{> p x="literal" y=c.d}}', partials)).toEqual([
      ["c.d", "c.d"],
      ["y", "c.d"],
      ["@root.z", "z"],
    ]);
    expect(list("{{> q w=c}}", partials)).toEqual([
      ["c", "c"],
      ["w", "c"],
      ["x", "x"],
      ["y", "c"],
      ["@root.z", "z"],
    ]);
    expect(list("{{#each a as |b|}}{{> p}}{{/each}}", { p: "{{b}}{{../c}}" })).toEqual([
      ["a", "a"],
      ["b", "a.[].b"],
      ["../c", undefined],
    ]);
  });

  test("agrees with Handlebars that what was passed to a partial stays outside of its blocks", () => {
    const partials = { p: "{{#with o}}{{y}}{{../y}}{{/with}}" };
    expect(list("{{> p y=c}}", partials)).toEqual([
      ["c", "c"],
      ["o", "o"],
      ["y", "o.y"],
      ["../y", "c"],
    ]);
    expect(render("{{> p y=c}}", { c: "passed", o: { y: "own" } }, partials)).toBe("ownpassed");
  });

  test("agrees with Handlebars that `with this` is no level", () => {
    const template = "{{#each a}}{{#with this}}{{../b}}{{/with}}{{/each}}";
    expect(list(template)).toEqual([
      ["a", "a"],
      ["this", "a.[]"],
      ["../b", "b"],
    ]);
    expect(render(template, { a: [{ b: "item's" }], b: "root's" })).toBe("root's");
  });

  test("gives the lines of the file and of the partial", () => {
    const parsed = parseTemplate({
      template: "a\n{{b}}\n{{> p}}",
      firstLine: 5,
      partials: new Map([["p", "\n{{c}}"]]),
    });
    expect(listTemplateVariables(parsed.template!)).toMatchObject([
      { name: "b", line: 6 },
      { name: "c", line: 7, partial: { name: "p", line: 2 } },
    ]);
  });
});

const article = z.toJSONSchema(
  z.object({
    title: z.string(),
    body: z.object({ text: z.string(), words: z.number() }),
    authors: z.array(z.object({ name: z.string(), emails: z.array(z.string()).optional() })),
    labels: z.record(z.string(), z.string()),
    extra: z.unknown(),
    source: z.union([z.object({ url: z.string() }), z.object({ file: z.string() })]),
    note: z.string().nullable(),
  }),
  { io: "input" },
) as JsonSchema;

describe("checkVariables", () => {
  test("finds nothing wrong with what the schema holds", () => {
    const template = `{{title}}{{title.length}}{{body.text}}{{#with body}}{{words}}{{../title}}{{/with}}
      {{#each authors}}{{@index}}{{name}}{{#each emails}}{{this}}{{../name}}{{@root.title}}{{/each}}{{/each}}
      {{authors.0.name}}{{authors.length}}{{#each labels}}{{@key}}{{this}}{{/each}}{{labels.any}}
      {{extra.a.b}}{{#each extra}}{{c}}{{/each}}{{source.url}}{{source.file}}{{note}}{{json body}}{{#if note}}{{/if}}`;
    expect(check(template, article)).toEqual([]);
  });

  test.each([
    [
      "a missing field",
      "{{titel}}",
      'which has "title", "body", "authors", "labels", "extra", "source", "note" there. Did you mean "title"?',
    ],
    ["a missing field of an object", "{{body.txt}}", 'which has "text", "words" there. Did you mean "text"?'],
    ["a missing field of an item", "{{#each authors}}{{nmae}}{{/each}}", 'Did you mean "name"?'],
    ["a field of a list", "{{authors.name}}", '"authors" has the type array'],
    ["a field of a text", "{{title.first}}", '"title" has the type string'],
    ["a field of no branch", "{{source.path}}", 'which has "url", "file" there'],
    ["an object as text", "{{body}}", "write {{json body}}"],
    ["a loop over a text", "{{#each title}}x{{/each}}", 'needs a list, but the input\'s "title" is of type string'],
    ["an unset variable", "{{@user}}", "is not set"],
    ["a level too many", "{{#each authors}}{{../../title}}{{/each}}", 'Remove a "../"'],
  ])("reports %s", (_, template, words) => {
    expect(check(template, article)).toEqual([expect.stringContaining(words)]);
  });

  test("follows references and their circles", () => {
    const tree = z.toJSONSchema(
      z.object({
        name: z.string(),
        get children(): z.ZodArray {
          return z.array(tree1) as never;
        },
      }),
    ) as JsonSchema;
    expect(check("{{#each children}}{{name}}{{#each children}}{{name}}{{/each}}{{/each}}", tree)).toEqual([]);
    expect(check("{{#each children}}{{nam}}{{/each}}", tree)).toEqual([expect.stringContaining('"name"')]);
  });

  test("looks into every way of combining schemas", () => {
    const field = (name: string): JsonSchema => ({ type: "object", properties: { [name]: { type: "string" } } });
    const schema = {
      oneOf: [field("a"), field("b")],
      anyOf: [field("c"), { $ref: "#/$defs/d" }],
      allOf: [field("e")],
      else: field("f"),
      $defs: { d: field("d") },
    };
    expect(check("{{a}}{{b}}{{c}}{{d}}{{e}}{{f}}", schema)).toEqual([]);
    expect(check("{{g}}", schema)).toHaveLength(1);
  });

  test("ends on a schema that refers to itself", () => {
    expect(check("{{a}}", { $ref: "#" })).toHaveLength(1);
    expect(check("{{a}}", { anyOf: [{ $ref: "#" }, { type: "object", properties: { a: {} } }] })).toEqual([]);
  });

  test("accepts anything where the schema says nothing", () => {
    for (const schema of [
      {},
      { type: "object" },
      { type: "object", additionalProperties: true },
      { $ref: "https://a.example/b" },
    ]) {
      expect(check("{{a.b.c}}{{#each d}}{{e}}{{/each}}", schema)).toEqual([]);
    }
  });
});

const tree1: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(tree1);
  },
});
