import { describe, expect, test } from "vitest";
import { endpointFile, endpointWith, findProblems, goodProject, writeProject } from "../../test/sample-project.ts";

describe("a mistake in a definition is reported with its line:", () => {
  const fields = '{ type: "object", properties: { text: { type: "string" }, size: { type: "number" } } }';
  const cases: readonly [string, string, string][] = [
    [
      "an unknown key",
      endpointWith('descripton: "x",'),
      `${endpointFile}:7: descripton: This key is not known: remove it. Did you mean "description"?`,
    ],
    [
      "an unknown key further in",
      endpointWith('route: {\n    use: "fast",\n    rule: [] },'),
      `${endpointFile}:9: route.rule: This key is not known: remove it. Did you mean "rules"?`,
    ],
    [
      "a missing key",
      goodProject[endpointFile]!.replace(/ {2}description.*\n/, ""),
      `${endpointFile}:1: description: This is missing: give it a string.`,
    ],
    ["a wrong type", endpointWith('timeoutMs: "10s",'), `${endpointFile}:7: timeoutMs: This must be a number.`],
    [
      "a deadline out of range",
      endpointWith("timeoutMs: 5,"),
      `${endpointFile}:7: timeoutMs: A deadline is at least 100 ms.`,
    ],
    [
      "an endless deadline",
      endpointWith("timeoutMs: 1e9,"),
      `${endpointFile}:7: timeoutMs: A deadline is at most 3600000 ms, which is an hour.`,
    ],
    [
      "a bad name",
      endpointWith('name: "Sum_It",'),
      `${endpointFile}:7: name: A name is made of a-z, 0-9 and hyphens, starts with a letter and has at most 63 characters.`,
    ],
    [
      "a bad contract version",
      endpointWith("contract: 1.5,"),
      `${endpointFile}:7: contract: This must be a whole number.`,
    ],
    [
      "a re-ask too many",
      endpointWith("validate: {", "  reasks: 3 },"),
      `${endpointFile}:8: validate.reasks: This must be at most 2.`,
    ],
    [
      "a schema that is none",
      goodProject[endpointFile]!.replace(/input: .*/, "input: 5,"),
      `${endpointFile}:3: input: This must be a schema: Zod 4 or another Standard Schema that can say its JSON Schema, or a JSON Schema object.`,
    ],
    [
      "an output that is no object",
      goodProject[endpointFile]!.replace(/output: .*/, 'output: { type: "string" },'),
      `${endpointFile}:4: output: The schema cannot be used: The schema is not usable. It must describe a JSON object: the contract's answer has named fields.`,
    ],
    [
      "an input that is no object",
      goodProject[endpointFile]!.replace(
        /input: .*/,
        'input: { anyOf: [{ type: "object", properties: { text: {} } }, { type: "null" }] },',
      ),
      `${endpointFile}:3: input: The input must be an object: its fields are the prompt's variables.`,
    ],
    [
      "a reserved output field",
      goodProject[endpointFile]!.replace(
        "properties: { summary",
        'properties: {\n    status: { type: "string" }, summary',
      ),
      `${endpointFile}:5: output.status: Every answer has its own "status": rename the field.`,
    ],
    [
      "a fallback outside of the output",
      goodProject[endpointFile]!.replace('{ summary: "" }', "{\n    summary: 5 }"),
      `${endpointFile}:6: fallback.summary: `,
    ],
    [
      "a fallback function that returns something else",
      endpointWith("fallback: () => ({ }),"),
      `${endpointFile}:7: fallback.summary: `,
    ],
    [
      "a fallback function that throws",
      endpointWith('fallback: () => { throw new Error("no idea"); },'),
      `${endpointFile}:7: fallback: The function threw for the example: no idea.`,
    ],
    [
      "an example outside of the input",
      goodProject[endpointFile]!.replace('"Some text."', "7"),
      `${endpointFile}:6: example.text: `,
    ],
    [
      "a length limit without its number",
      endpointWith('normalize: { overflow: "map-reduce" },'),
      `${endpointFile}:7: normalize.overflow: This needs maxTokens: say above how many tokens it starts.`,
    ],
    [
      "an unknown overflow",
      endpointWith('normalize: { maxTokens: 5, overflow: "cut" },'),
      `${endpointFile}:7: normalize.overflow: This must be one of: "reject", `,
    ],
    [
      "a text field that does not exist",
      endpointWith('normalize: { field: "/txt" },'),
      `${endpointFile}:7: normalize.field: The input has no field /txt. Did you mean "/text"?`,
    ],
    [
      "a text field that is a number",
      endpointWith(`input: ${fields},`, 'normalize: { field: "/size" },'),
      `${endpointFile}:8: normalize.field: The field /size is not text: name one that is.`,
    ],
    [
      "a field that is no pointer",
      endpointWith('normalize: { field: "text" },'),
      `${endpointFile}:7: normalize.field: A field is named by a JSON Pointer, such as "/text".`,
    ],
    [
      "a rule about no field",
      endpointWith('route: { use: "fast", rules: [', '  { when: { input: { "/tone": "x" } }, use: "smart" } ] },'),
      `${endpointFile}:8: route.rules[0].when.input["/tone"]: The input has no field /tone, so the rule never holds.`,
    ],
    [
      "a rule without a condition",
      endpointWith('route: { use: "fast", rules: [', '  { when: {}, use: "smart" } ] },'),
      `${endpointFile}:8: route.rules[0].when: A rule without a condition always holds: put its model into route.use instead.`,
    ],
    [
      "a rule that cannot hold",
      endpointWith(
        'route: { use: "fast", rules: [',
        '  { when: { inputTokens: { atLeast: 9, atMost: 3 } }, use: "smart" } ] },',
      ),
      `${endpointFile}:8: route.rules[0].when.inputTokens: atLeast is above atMost: this rule never holds.`,
    ],
    [
      "a route to nowhere",
      endpointWith('route: "fastt",'),
      `${endpointFile}:7: route.use: No tier or model is called "fastt": declare it in headgate.config.ts. Did you mean "fast"?`,
    ],
    [
      "a rule to nowhere",
      endpointWith(
        'route: { use: "fast", rules: [',
        '  { when: { input: { "/text": "x" } },',
        '    use: "smrt" } ] },',
      ),
      `${endpointFile}:9: route.rules[0].use: No tier or model is called "smrt": declare it in headgate.config.ts. Did you mean "smart"?`,
    ],
    [
      "an escalation to nowhere",
      endpointWith('validate: { escalateTo: "genius" },'),
      `${endpointFile}:7: validate.escalateTo: No tier or model is called "genius": declare it in headgate.config.ts. Known: fast, standard, smart.`,
    ],
    [
      "no object at all",
      "\nexport default 5;\n",
      `${endpointFile}:2: The definition must be an object: export default defineEndpoint({ ... }).`,
    ],
    [
      "no export",
      "export const x = 1;\n",
      `${endpointFile}: Nothing is exported: write export default defineEndpoint({ ... }).`,
    ],
  ];
  test.each(cases)("%s", async (_name, definition, expected) => {
    const problems = await findProblems({ folder: writeProject({ ...goodProject, [endpointFile]: definition }) });
    expect(problems).toEqual([expect.stringContaining(expected)]);
    expect(problems[0]!.startsWith(expected)).toBe(true);
  });

  test.each(["tools", "retrieval", "guard", "evals", "safety", "cache", "rag"])(
    "%s, which is not built yet",
    async (key) => {
      const folder = writeProject({ ...goodProject, [endpointFile]: endpointWith(`${key}: {},`) });
      expect(await findProblems({ folder })).toEqual([
        `${endpointFile}:7: ${key}: "${key}" is not built yet in this version: remove it.`,
      ]);
    },
  );
});
