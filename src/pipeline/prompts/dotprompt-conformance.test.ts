import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Dotprompt, picoschema } from "dotprompt";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { isRecord } from "../../json.ts";
import type { JsonSchema } from "../../json.ts";
import { compileTemplate } from "./compile-template.ts";
import { readFrontMatter } from "./front-matter.ts";
import { parseTemplate } from "./parse-template.ts";
import { convertPicoschema } from "./picoschema.ts";
import type { RenderedBlock } from "./rendered-block.ts";
import { splitPrompt } from "./split-prompt.ts";

type Values = Record<string, unknown>;
type SpecMessage = { role: string; content: unknown[]; metadata?: Values };

interface SpecData {
  readonly input?: Values;
  readonly messages?: readonly SpecMessage[];
  readonly context?: Values;
}

interface SpecPrompt {
  readonly template: string;
  readonly partials?: Record<string, string>;
  readonly schemas?: Record<string, JsonSchema>;
}

/** dotprompt's whole surface, as its vectors see it, around the parts that the product itself reads and renders with. */
function renderAsDotprompt(prompt: SpecPrompt, data: SpecData, options: Values = {}): Values {
  const { frontMatter = "", frontMatterLine, template } = splitPrompt(prompt.template);
  const read = readFrontMatter(frontMatter, frontMatterLine);
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join("\n"));
  const raw = read.frontMatter.values;
  const metadata: Values = { config: {}, metadata: {}, ext: {} };
  for (const [key, value] of [...Object.entries(raw), ...Object.entries(options)]) {
    if (key.includes(".")) addExtension(metadata["ext"] as Record<string, Values>, key, value);
    else if (key === "input" || key === "output") metadata[key] = withSchema(value as Values, prompt.schemas);
    else if (["config", "description", "model", "name", "variant", "version"].includes(key)) metadata[key] = value;
  }
  const defaults = isRecord(options["input"]) ? (options["input"]["default"] as Values) : {};
  const blocks = compile(template, prompt.partials).render({ ...defaults, ...data.input }, data.context);
  return { ...metadata, raw, messages: withHistory(blocks, data.messages ?? []) };
}

function compile(template: string, partials: Record<string, string> = {}): ReturnType<typeof compileTemplate> {
  const parsed = parseTemplate({ template, partials: new Map(Object.entries(partials)) });
  if (!parsed.template || parsed.problems.length > 0) throw new Error(parsed.problems[0]?.message);
  return compileTemplate(parsed.template);
}

function addExtension(extensions: Record<string, Values>, key: string, value: unknown): void {
  const dot = key.lastIndexOf(".");
  (extensions[key.slice(0, dot)] ??= {})[key.slice(dot + 1)] = value;
}

function withSchema(value: Values, schemas: Record<string, JsonSchema> = {}): Values {
  if (value["schema"] === undefined) return value;
  const conversion = convertPicoschema(value["schema"], schemas);
  if (!conversion.ok) throw new Error(conversion.problems[0]!.message);
  return { ...value, schema: conversion.schema };
}

function withHistory(blocks: readonly RenderedBlock[], history: readonly SpecMessage[]): SpecMessage[] {
  const hasPlace = blocks.some(({ type }) => type === "history");
  const messages = blocks.flatMap((block): SpecMessage[] =>
    block.type === "message"
      ? [{ role: block.role, content: block.parts.map(toSpecPart) }]
      : history.map((message) => ({ ...message, metadata: { purpose: "history" } })),
  );
  if (hasPlace) return messages;
  const at = messages.at(-1)?.role === "user" ? messages.length - 1 : messages.length;
  return messages.toSpliced(at, 0, ...history);
}

function toSpecPart(part: Extract<RenderedBlock, { type: "message" }>["parts"][number]): Values {
  if (part.type === "text") return { text: part.text };
  if (part.type === "section") return { metadata: { purpose: part.name, pending: true } };
  const { type: _, ...media } = part;
  return { media };
}

interface Vector {
  readonly title: string;
  readonly prompt: SpecPrompt;
  readonly data: SpecData;
  readonly options: Values;
  readonly expected: Values;
}

interface VectorGroup extends SpecPrompt {
  readonly name: string;
  readonly data?: SpecData;
  readonly resolverPartials?: Record<string, string>;
  readonly tests: readonly { desc: string; data?: SpecData; options?: Values; expect: Values }[];
}

const vectorFolder = join(import.meta.dirname, "../../../../shared/dotprompt-spec");
const hasVectors = existsSync(vectorFolder);

function readVectors(): Vector[] {
  if (!hasVectors) return [];
  const files = readdirSync(vectorFolder).filter((name) => name.endsWith(".yaml"));
  return files.flatMap((file) =>
    (parse(readFileSync(join(vectorFolder, file), "utf8")) as VectorGroup[]).flatMap((group) =>
      group.tests.map((vector) => ({
        title: `${file}: ${group.name}: ${vector.desc}`,
        prompt: { ...group, partials: { ...group.resolverPartials, ...group.partials } },
        data: { ...group.data, ...vector.data },
        options: vector.options ?? {},
        expected: vector.expect,
      })),
    ),
  );
}

describe("the format's own vectors", () => {
  const vectors = readVectors();

  test("are all here, where they are at hand", () => {
    expect(vectors).toHaveLength(hasVectors ? 117 : 0);
  });

  test.each(vectors)("$title", ({ prompt, data, options, expected }) => {
    const { raw, ...result } = renderAsDotprompt(prompt, data, options);
    const { raw: expectedRaw, ...others } = expected;
    expect(result).toEqual({ config: {}, ext: {}, metadata: {}, ...others });
    expect(expectedRaw === undefined ? undefined : raw).toEqual(expectedRaw);
  });
});

const history: SpecMessage[] = [
  { role: "user", content: [{ text: "Hello" }] },
  { role: "model", content: [{ text: "Hi there" }] },
];

const people = [
  { name: "Ada", tags: ["x", "y"], address: { city: "London" } },
  { name: "Grace", tags: [], address: { city: "New York" } },
];

interface OwnCase extends SpecData {
  readonly what: string;
  readonly template: string;
  readonly partials?: Record<string, string>;
}

const ownCases: readonly OwnCase[] = [
  { what: "plain text", template: "Hello" },
  { what: "an empty template", template: "" },
  { what: "only blank space", template: " \n\t " },
  { what: "a variable", template: "Hi {{name}}!", input: { name: "Ada" } },
  { what: "a missing variable", template: "Hi {{name}}!" },
  { what: "null, false and zero", template: "{{a}}|{{b}}|{{c}}", input: { a: null, b: false, c: 0 } },
  { what: "a list as text", template: "{{list}}", input: { list: [1, "b", null] } },
  { what: "no HTML escaping", template: "{{a}} {{{a}}} {{&a}}", input: { a: "<&\"'`=>" } },
  { what: "a path", template: "{{a.b.c}} {{a/b/c}} {{a.[b].c}}", input: { a: { b: { c: "deep" } } } },
  {
    what: "a path into a list",
    template: "{{people.0.name}} {{people.[1].name}} {{people.length}}",
    input: { people },
  },
  { what: "a quoted field name", template: '{{[two words]}} {{"two words"}}', input: { "two words": "both" } },
  { what: "an escaped expression", template: String.raw`\{{name}} {{name}}`, input: { name: "Ada" } },
  { what: "comments", template: "a{{! one }}b{{!-- {{two}} --}}c" },
  { what: "standalone comments", template: "a\n{{! one }}\nb\n" },
  {
    what: "if and else",
    template: "{{#if a}}yes{{else}}no{{/if}}{{#if b}}yes{{else}}no{{/if}}",
    input: { a: [], b: [0] },
  },
  { what: "if with includeZero", template: "{{#if n includeZero=true}}yes{{/if}}{{#if n}}no{{/if}}", input: { n: 0 } },
  { what: "an else chain", template: "{{#if a}}1{{else if b}}2{{else}}3{{/if}}", input: { b: true } },
  { what: "unless", template: "{{#unless a}}no a{{/unless}}", input: {} },
  {
    what: "each over a list",
    template: "{{#each people}}{{@index}}{{@first}}{{@last}} {{name}};{{/each}}",
    input: { people },
  },
  { what: "each over an object", template: "{{#each o}}{{@key}}={{this}};{{/each}}", input: { o: { a: 1, b: 2 } } },
  { what: "each over nothing", template: "{{#each list}}x{{else}}none{{/each}}", input: { list: [] } },
  {
    what: "each inside each",
    template: "{{#each people}}{{#each tags}}{{../name}}:{{this}} {{/each}}{{/each}}",
    input: { people },
  },
  { what: "block names", template: "{{#each people as |person at|}}{{at}}{{person.name}}{{/each}}", input: { people } },
  {
    what: "outer loop variables",
    template: "{{#each people}}{{#each tags}}{{@../index}}{{@index}}{{/each}}{{/each}}",
    input: { people },
  },
  { what: "with", template: "{{#with a}}{{b}}{{../c}}{{else}}none{{/with}}", input: { a: { b: 1 }, c: 2 } },
  { what: "with a name", template: "{{#with a as |x|}}{{x.b}}{{/with}}", input: { a: { b: 1 } } },
  { what: "with over nothing", template: "{{#with a}}{{b}}{{else}}none{{/with}}", input: {} },
  { what: "the root", template: "{{#each people}}{{@root.title}} {{name}};{{/each}}", input: { title: "Dr", people } },
  {
    what: "lookup",
    template: "{{lookup o key}} {{#each keys}}{{lookup ../o this}}{{/each}}",
    input: { o: { a: 1 }, key: "a", keys: ["a"] },
  },
  { what: "lookup inside a helper", template: "{{#if (lookup o key)}}yes{{/if}}", input: { o: { a: 1 }, key: "a" } },
  {
    what: "json",
    template: "{{json people}} {{json people indent=2}} {{json name}}",
    input: { people, name: 'a "b"' },
  },
  { what: "ifEquals", template: '{{#ifEquals a "x"}}same{{else}}other{{/ifEquals}}', input: { a: "x" } },
  { what: "unlessEquals", template: "{{#unlessEquals a 1}}other{{else}}same{{/unlessEquals}}", input: { a: "1" } },
  {
    what: "equality inside each",
    template: "{{#each l}}{{#ifEquals this 2}}[{{this}}]{{/ifEquals}}{{/each}}",
    input: { l: [1, 2] },
  },
  { what: "roles", template: '{{role "system"}}a{{role "user"}}b{{role "model"}}c{{role "user"}}d' },
  { what: "text before a role", template: 'x{{role "system"}}a' },
  { what: "blank space before a role", template: ' \n {{role "system"}}a' },
  { what: "the same role twice", template: '{{role "user"}}a{{role "user"}}b' },
  { what: "a role without text", template: '{{role "system"}}{{role "user"}}a{{role "model"}}  ' },
  {
    what: "roles in a loop",
    template: '{{#each people}}{{role "user"}}{{name}}{{role "model"}}ok{{/each}}',
    input: { people },
  },
  { what: "a role in a condition", template: '{{#if a}}{{role "system"}}{{/if}}text', input: { a: 1 } },
  {
    what: "a role in a partial",
    template: "{{> head}}text",
    partials: { head: '{{role "system"}}rules{{role "user"}}' },
  },
  { what: "an empty variable under a role", template: '{{role "system"}}a{{role "user"}}{{t}}', input: { t: "" } },
  {
    what: "a blank variable under a role",
    template: '{{role "system"}}a{{role "user"}}{{t}}{{role "model"}}b',
    input: { t: " \n" },
  },
  { what: "history", template: '{{role "system"}}a{{history}}{{role "user"}}b', messages: history },
  { what: "text after history", template: "{{history}}b", messages: history },
  { what: "history without a place, after a user", template: '{{role "system"}}a{{role "user"}}b', messages: history },
  { what: "history without a place, after a model", template: 'a{{role "model"}}b', messages: history },
  { what: "history of an empty template", template: "", messages: history },
  { what: "media", template: "{{media url=u}}", input: { u: "https://a.example/b.png" } },
  {
    what: "media between texts",
    template: 'a {{media url=u contentType="image/png"}} b{{media url=u}} {{media url=u}}',
    input: { u: "data:image/png;base64,AA==" },
  },
  {
    what: "media in a loop of messages",
    template: '{{#each us}}{{role "user"}}{{media url=this}}{{/each}}',
    input: { us: ["https://a", "https://b"] },
  },
  { what: "sections", template: 'a{{section "one"}}b {{section "two"}}' },
  { what: "a partial", template: "{{> p}} b", partials: { p: "a {{name}}" }, input: { name: "Ada" } },
  { what: "a standalone partial", template: "a\n{{> p}}\nb\n", partials: { p: "x\ny\n" } },
  {
    what: "a partial with a context",
    template: "{{#each people}}{{> p address}}{{/each}}",
    partials: { p: "{{city}};" },
    input: { people },
  },
  {
    what: "a partial with values",
    template: '{{> p greeting="Hey" who=name}}',
    partials: { p: "{{greeting}} {{who}} {{name}}" },
    input: { name: "Ada" },
  },
  { what: "a partial in a partial", template: "{{> a}}", partials: { a: "[{{> b}}]", b: "{{x}}" }, input: { x: 1 } },
  { what: "blank space control", template: "a  {{~#if x~}}  b  {{~else~}}  c  {{~/if~}}  d", input: {} },
  { what: "standalone blocks", template: "a\n{{#if x}}\n  b\n{{/if}}\nc\n", input: { x: 1 } },
  { what: "context variables", template: "{{@user.name}} {{@missing.x}}", context: { user: { name: "Ada" } } },
  { what: "line breaks of all kinds", template: "a\r\nb\rc\u2028d {{x}}", input: { x: "\r\n\u2029" } },
  { what: "front matter", template: "---\nmodel: m\n---\n\n  a {{x}}  \n", input: { x: 1 } },
];

describe("the reference implementation", () => {
  test.each(ownCases)("renders $what as Headgate does", async ({ template, partials, ...data }) => {
    const reference = await new Dotprompt({ partials }).render(template, structuredClone(data) as object);
    const { messages } = renderAsDotprompt({ template, partials }, data);
    expect(messages).toEqual(reference.messages);
  });

  test.each([
    "string",
    "number, how many",
    "integer,one, two",
    { a: "string", "b?": "boolean, maybe", "c(array)": "number", "d?(array, some)": { e: "any" } },
    { "kind(enum, which)": ["a", "b"], "mood?(enum)": ["x", null], "side?(enum)": ["l", "r"] },
    { "o(object, nested)": { "p?(object)": { q: "null" } }, "(*)": "string, others" },
    { "list(array)": "string, an item", "deep(array)": { "more(array)": "integer" } },
    { type: "object", properties: { a: { type: "string" } } },
    { properties: { a: { type: "string" } } },
    { type: "array", items: { type: "string" } },
  ])("reads the schema %j as Headgate does", async (schema) => {
    const reference = (await picoschema(structuredClone(schema))) as JsonSchema;
    expect(convertPicoschema(schema)).toEqual({ ok: true, schema: withoutUndefined(reference) });
  });
});

function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutUndefined) as T;
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, withoutUndefined(field)])) as T;
}
