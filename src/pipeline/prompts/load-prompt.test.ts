import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LoadedPrompt } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { loadPrompt } from "./load-prompt.ts";
import type { PromptFile } from "./load-prompt.ts";
import type { PromptProblem } from "./prompt-problem.ts";

const inputSchema = {
  type: "object",
  properties: { text: { type: "string" }, tone: { type: "string" }, image: { type: "string" } },
};

function load(text: string, file: Partial<PromptFile> = {}): LoadedPrompt {
  const result = loadPrompt({ fileName: "1.2.3.prompt", text, inputSchema, ...file });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.prompt;
}

function problemsOf(text: string, file: Partial<PromptFile> = {}): readonly PromptProblem[] {
  const result = loadPrompt({ fileName: "1.2.3.prompt", text, inputSchema, ...file });
  return result.ok ? [] : result.problems;
}

function withFrontMatter(lines: string, template = "{{text}}"): string {
  return `---\nversion: 1.2.3\n${lines}\n---\n${template}`;
}

function withTemplate(template: string): string {
  return `---\nversion: 1.2.3\n---\n${template}`;
}

const complete = `---
version: 1.2.3
description: shorter bullets
model: fast
config:
  temperature: 0.2
  topP: 0.9
  maxOutputTokens: 300
  stopSequences: ["END"]
  seed: 7
input:
  schema: { text: string, tone?: string }
  default: { tone: plain }
output:
  schema: { summary: string }
team.owner: search
---

{{role "system"}}Be {{tone}}.
{{role "user"}}{{text}}
`;

describe("a prompt file without mistakes", () => {
  test("gives its version, model and settings", () => {
    const { version, model, settings } = load(complete);
    expect({ version, model, settings }).toEqual({
      version: "1.2.3",
      model: "fast",
      settings: { temperature: 0.2, topP: 0.9, maxOutputTokens: 300, stop: ["END"], seed: 7 },
    });
  });

  test("renders messages with the input, and with its own defaults where the input is silent", () => {
    const prompt = load(complete);
    expect(prompt.render({ text: "A", tone: "brief" })).toEqual([
      { role: "system", content: "Be brief.\n" },
      { role: "user", content: "A" },
    ]);
    expect(prompt.render({ text: "A" })[0]).toEqual({ role: "system", content: "Be plain.\n" });
  });

  test("calls dotprompt's model the assistant", () => {
    const prompt = load(withTemplate('{{role "user"}}Hi{{role "model"}}Hello{{role "user"}}{{text}}'));
    expect(prompt.render({ text: "A" }).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  test("may be a pre-release, have CRLF line ends and a byte order mark", () => {
    const text = "\uFEFF---\r\nversion: 1.2.4-beta.1\r\n---\r\n{{text}}\r\n";
    const prompt = load(text, { fileName: "prompts/1.2.4-beta.1.prompt" });
    expect(prompt.version).toBe("1.2.4-beta.1");
    expect(prompt.render({ text: "A" })).toEqual([{ role: "user", content: "A" }]);
  });

  test("takes `stop` as one text", () => {
    expect(load(withFrontMatter("config: { stop: END }")).settings).toEqual({ stop: ["END"] });
  });
});

describe("media", () => {
  const prompt = load(withTemplate('Look: {{media url=image contentType="image/png"}}{{text}}'));

  test("become image parts between the texts", () => {
    expect(prompt.render({ image: "https://a.example/b.png", text: "now" })).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Look: " },
          { type: "image", url: "https://a.example/b.png", mimeType: "image/png" },
          { type: "text", text: "now" },
        ],
      },
    ]);
  });

  test.each(["file:///etc/passwd", "ftp://a/b", "javascript:x", "data:text/html,x", "//a/b", "", undefined, { a: 1 }])(
    "with the address %j are refused",
    (image) => {
      expect(() => prompt.render({ image })).toThrow(expect.objectContaining({ code: "input_invalid" }));
    },
  );

  test("that are no images are refused", () => {
    const video = load(withTemplate('{{media url=image contentType="video/mp4"}}'));
    expect(() => video.render({ image: "https://a.example/b.mp4" })).toThrow(HeadgateError);
  });
});

describe("the hash of a prompt", () => {
  const partials = (entries: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(entries));
  const calling = withTemplate("{{> outer}}");

  test("is the file's own sha256 when it uses no partial", () => {
    const expected = createHash("sha256").update(complete).digest("hex");
    expect(load(complete).sha256).toBe(expected);
    expect(load(complete, { partials: partials({ unused: "x" }) }).sha256).toBe(expected);
  });

  test("changes with any byte of the file or of a partial that it reaches, and with no other", () => {
    const base = { outer: "a{{> inner}}", inner: "b", unused: "c" };
    const hash = (text: string, changed: Record<string, string> = {}): string =>
      load(text, { partials: partials({ ...base, ...changed }) }).sha256;
    const first = hash(calling);
    expect(hash(calling, { unused: "other" })).toBe(first);
    const others = [hash(`${calling}\n`), hash(calling, { outer: "A{{> inner}}" }), hash(calling, { inner: "B" })];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  test("does not depend on the order in which partials are given", () => {
    const both = { a: "1", b: "2" };
    const reversed = partials({ b: "2", a: "1" });
    const text = withTemplate("{{> a}}{{> b}}");
    expect(load(text, { partials: reversed }).sha256).toBe(load(text, { partials: partials(both) }).sha256);
  });
});

describe("mistakes in the front matter", () => {
  test.each([
    ["an unknown key", "modle: fast", 3, '"modle"'],
    ["an unknown key with a near name", "modle: fast", 3, 'Did you mean "model"?'],
    ["tools", "tools: [a]", 3, "Tools are not supported yet"],
    ["raw", "raw: {}", 3, "Remove the key"],
    ["ext", "ext: { a: 1 }", 3, "team.owner"],
    ["a dot without a namespace", ".owner: x", 3, '".owner"'],
    [
      "an unknown config key",
      "config:\n  temperature: 1\n  max_output_tokens: 5",
      5,
      'Did you mean "maxOutputTokens"?',
    ],
    ["a temperature out of range", "config: { temperature: 3 }", 3, "from 0 to 2"],
    ["a temperature that is text", 'config: { temperature: "1" }', 3, "from 0 to 2"],
    ["a broken token limit", "config: { maxOutputTokens: 1.5 }", 3, "whole number"],
    ["an empty stop list", "config: { stop: [] }", 3, "list of texts"],
    ["two stop lists", "config: { stop: [a], stopSequences: [b] }", 3, "Keep one"],
    ["config that is a list", "config: [1]", 3, "keys and values"],
    ["a model that is no text", "model: 4", 3, '"model" must be a text'],
    ["an unknown key of input", "input: { shema: string }", 3, 'Did you mean "schema"?'],
    ["an output format beside JSON", "output: { format: text }", 3, "format: json"],
    ["an unknown type", "input:\n  schema:\n    text: strng", 5, 'Did you mean "string"?'],
    ["an unknown kind of field", "output:\n  schema:\n    a(arr): string", 5, "(array), (object) or (enum)"],
    ["an enum without a list", "output:\n  schema:\n    a(enum): red", 5, "list of values"],
    [
      "a field the contract does not have",
      "input:\n  schema: { text: string, ton: string }",
      4,
      'Did you mean "tone"?',
    ],
    ["a field of another type", "input:\n  schema: { text: number }", 4, "number"],
    ["a default the contract does not have", "input:\n  default: { ton: x }", 4, 'Did you mean "tone"?'],
    ["defaults that are a list", "input:\n  default: [1]", 4, "keys and values"],
    ["a duplicate key", "model: a\nmodel: b", 4, "not valid YAML"],
    ["bad indentation", "config:\n  a: 1\n b: 2", 5, "not valid YAML"],
    ["an unclosed quote", 'model: "fast', 3, "not valid YAML"],
  ])("%s is reported with its line", (_, lines, line, words) => {
    expect(problemsOf(withFrontMatter(lines))).toContainEqual({
      line,
      message: expect.stringContaining(words) as string,
    });
  });

  test("aliases that would unfold without end are refused", () => {
    const bomb = ["a.a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [from, to] of ["ab", "bc", "cd", "de"]) {
      bomb.push(
        `${to}.${to}: &${to} [*${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}]`,
      );
    }
    expect(problemsOf(withFrontMatter(bomb.join("\n")))).toHaveLength(1);
  });

  test("a list in place of keys is refused", () => {
    expect(problemsOf("---\n- a\n---\n{{text}}")).toEqual([
      { line: 2, message: expect.stringContaining("keys and values") as string },
    ]);
  });

  test("a front matter that is not closed is refused at its first line", () => {
    expect(problemsOf("---\nversion: 1.2.3\n{{text}}")).toEqual([
      { line: 1, message: expect.stringContaining('"---"') as string },
    ]);
  });

  test("a file without a template is refused", () => {
    expect(problemsOf("---\nversion: 1.2.3\n---\n \n")).toEqual([
      { line: 4, message: expect.stringContaining("no template") as string },
    ]);
  });
});

describe("the version", () => {
  test.each([
    ["another version than the file's name", "version: 1.2.4", "named for version 1.2.3 but says 1.2.4"],
    ["two numbers", "version: 1.2", "three numbers"],
    ["no version", "model: fast", 'Add "version: 1.2.3"'],
  ])("with %s is refused", (_, line, words) => {
    expect(problemsOf(`---\n${line}\n---\n{{text}}`)).toEqual([
      { line: 2, message: expect.stringContaining(words) as string },
    ]);
  });

  test("must be in a file's name", () => {
    for (const name of ["latest", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01"]) {
      const problems = problemsOf(`---\nversion: "${name}"\n---\n{{text}}`, { fileName: `${name}.prompt` });
      expect(problems).toEqual([{ message: expect.stringContaining("semantic version") as string }]);
    }
  });
});

describe("mistakes in the template", () => {
  test.each([
    ["an unknown variable", "a\n\n{{txet}}", 6, 'Did you mean "text"?'],
    ["an unknown helper", "{{upper text}}", 4, 'no helper "upper"'],
    ["the log helper", "{{log text}}", 4, 'no helper "log"'],
    ["an unknown helper inside a helper", "{{#if (eq text 1)}}{{/if}}", 4, 'no helper "eq"'],
    ["a helper reached through this", '{{this.role "user"}}', 4, "no helper"],
    ["a variable that bears a helper's name", "{{@role}}", 4, "name of a helper"],
    ["an unknown block", "{{#text}}x{{/text}}", 4, "{{#if text}}"],
    ["a block helper without its block", "{{if text}}", 4, "{{#if field}}...{{/if}}"],
    ["a value helper as a block", "{{#json text}}{{/json}}", 4, '"json" takes no text'],
    ["too few values", "{{#ifEquals text}}{{/ifEquals}}", 4, "2 values"],
    ["a field named like a helper", "{{json}}", 4, "{{this.json}}"],
    ["an unknown option", "{{json text pretty=true}}", 4, 'no option "pretty"'],
    ["a large indent", "{{json text indent=99}}", 4, "from 0 to 4"],
    ["an indent from the input", "{{json text indent=tone}}", 4, "from 0 to 4"],
    ["media without an address", '{{media contentType="image/png"}}', 4, "needs a url"],
    ["a missing partial", "\n\nx\n{{> footr}}", 7, 'Did you mean "footer"?'],
    ["a partial chosen by the input", "{{> (lookup this tone)}}", 4, "must be written out"],
    ["a partial with a body", "{{#> footer}}x{{/footer}}", 4, "not supported"],
    ["a decorator", '{{#*inline "x"}}y{{/inline}}', 4, "not supported"],
    ["a role chosen by the input", "{{role tone}}", 4, "in quotes"],
    ["an unknown role", '{{role "assistant"}}', 4, 'Did you mean "model"?'],
    ["a role inside an expression", '{{json (role "user")}}', 4, "cannot stand inside"],
    ["history", "{{history}}", 4, "Remove {{history}}"],
    ["a section", '{{section "a"}}', 4, "Remove {{section}}"],
    ["a path into a prototype", "{{text.constructor.name}}", 4, '"constructor"'],
    ["names on a condition", "{{#if text as |x|}}{{/if}}", 4, "Only each and with"],
    ["a name that hides a helper", "{{#with text as |json|}}{{/with}}", 4, "name in |json|"],
    ["braces that do not close", "a\n{{text", 5, "cannot be read"],
    ["a block that does not close", "{{#if text}}\nx", 5, "not closed"],
    ["a block closed by another name", "x\n{{#if text}}{{/each}}", 5, "if doesn't match each"],
  ])("%s is reported with its line", (_, template, line, words) => {
    const partials = new Map([["footer", "bye"]]);
    expect(problemsOf(withTemplate(template), { partials })).toContainEqual({
      line,
      message: expect.stringContaining(words) as string,
    });
  });

  test("in a partial are reported at its call, with the partial's own line", () => {
    const partials = new Map([
      ["outer", "x\n{{> inner}}"],
      ["inner", "\n\n{{upper text}} {{tnoe}}"],
    ]);
    expect(problemsOf(withTemplate("a\n{{> outer}}"), { partials })).toEqual([
      {
        line: 5,
        message: expect.stringMatching(/^In the partial "inner", line 3: There is no helper "upper"/) as string,
      },
      { line: 5, message: expect.stringMatching(/^In the partial "inner", line 3: {{tnoe}}.*"tone"/) as string },
    ]);
  });

  test("include partials that go in a circle", () => {
    const partials = new Map([
      ["a", "{{> b}}"],
      ["b", "{{> a}}"],
    ]);
    expect(problemsOf(withTemplate("{{> a}}"), { partials })).toEqual([
      { line: 4, message: expect.stringContaining("a > b > a") as string },
    ]);
  });

  test("are all reported at once, together with those of the front matter, by line", () => {
    const text =
      "---\nversion: 9.9.9\nmodle: x\nconfig: { heat: 1 }\n---\n\n{{> gone}}\n{{upper text}}\n{{txet}}{{role tone}}";
    expect(problemsOf(text).map(({ line }) => line)).toEqual([2, 3, 4, 7, 8, 9, 9]);
  });

  test("never throw, whatever the template says, and what loads renders", () => {
    const names = fc.constantFrom(
      "if",
      "each",
      "with",
      "json",
      "lookup",
      "role",
      "media",
      "ifEquals",
      "text",
      "@json",
      "this.role",
      "x",
    );
    const values = fc.constantFrom(
      "text",
      "this",
      "../text",
      "@root.text",
      "@key",
      "a.b",
      '"user"',
      "1",
      "null",
      "(lookup this text)",
      "(json text)",
    );
    const options = fc.constantFrom("", "", " indent=2", " url=text", " as |x|", " as |json y|");
    const call = fc
      .tuple(names, fc.array(values, { maxLength: 2 }), options)
      .map(([name, params, rest]) => `${[name, ...params].join(" ")}${rest}`);
    const blockName = (text: string): string => text.split(" ")[0]!;
    const statement = fc.oneof(
      values.map((value) => `{{${value}}}`),
      call.map((text) => `{{${text}}}`),
      fc.tuple(call, values).map(([text, value]) => `{{#${text}}}{{${value}}}{{else}}{{x}}{{/${blockName(text)}}}`),
      fc.constantFrom(
        "{{> footer}}",
        "{{> footer text x=1}}",
        "{{> gone}}",
        '{{#*inline "a"}}{{/inline}}',
        "{{!-- c --}}",
        "text",
        "{{",
        "}}",
        "\\{{",
      ),
    );
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (statements) => {
        const text = withTemplate(`A${statements.join("")}`);
        const result = loadPrompt({ fileName: "1.2.3.prompt", text, partials: new Map([["footer", "{{x}}"]]) });
        const isSound = result.ok
          ? result.prompt.render({ text: "https://a", a: { b: 1 } }).length > 0
          : result.problems.every(({ line }) => line !== undefined && line >= 4);
        expect(isSound).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
