import { expect, test } from "vitest";
import {
  configWith,
  endpointFile,
  endpointWith,
  findProblems,
  goodProject,
  loadGood,
  writeProject,
} from "../../test/sample-project.ts";

const models = [
  'providers: { main: { type: "openai-chat", baseUrl: "http://localhost:1/v1" } },',
  'models: { small: { provider: "main" } }, tiers: { standard: "small" },',
];

function problemsOf(routes: string): Promise<string[]> {
  return findProblems({ folder: writeProject({ ...goodProject, ...configWith(...models, `routes: ${routes},`) }) });
}

function problemsOfRule(rule: string): Promise<string[]> {
  return problemsOf(`{ use: "v1", sets: { v1: { otherwise: "small", rules: [${rule}] } } }`);
}

test("rule sets become a part of the snapshot, and of its id", async () => {
  const load = (use: string): ReturnType<typeof loadGood> => {
    const sets =
      '{ v1: { otherwise: "small" }, v2: { rules: [{ when: { task: "coding" }, use: "standard" }], otherwise: "main/x" } }';
    const config = configWith(...models, `routes: { use: "${use}", sets: ${sets} },`);
    return loadGood({ folder: writeProject({ ...goodProject, ...config }) });
  };
  const [first, second] = [await load("v1"), await load("v2")];
  expect(first.routing?.use).toBe("v1");
  expect([...(first.routing?.sets.values() ?? [])]).toEqual([
    { version: "v1", rules: [], otherwise: "small" },
    { version: "v2", rules: [{ when: { task: "coding" }, use: "standard" }], otherwise: "main/x" },
  ]);
  expect(first.id).not.toBe(second.id);
});

test.each<[string, string, string]>([
  [
    "a version that is not declared",
    '{ use: "v2", sets: { v1: { otherwise: "small" } } }',
    'routes.use: No rule set is called "v2"',
  ],
  ["no set", '{ use: "v1", sets: {} }', "Declare one rule set at least."],
  [
    "a set that ends nowhere",
    '{ use: "v1", sets: { v1: { otherwise: "smal" } } }',
    'No tier or model is called "smal": declare it. Did you mean "small"?',
  ],
  ["a version with spaces", '{ use: "v 1", sets: { "v 1": { otherwise: "small" } } }', "A version is made of letters"],
])("%s is a mistake", async (_name, routes, expected) => {
  expect((await problemsOf(routes)).join("\n")).toContain(expected);
});

test.each<[string, string, string]>([
  [
    "a rule to nowhere",
    '{ when: { task: "coding" }, use: "big" }',
    'routes.sets.v1.rules[0].use: No tier or model is called "big"',
  ],
  ["a rule that always holds", '{ when: {}, use: "small" }', "A rule without a condition always holds"],
  ["an unknown task", '{ when: { task: "poetry" }, use: "small" }', "one or more of: classification"],
  ["an unknown time zone", '{ when: { time: { timeZone: "Berlin" } }, use: "small" }', 'such as "Europe/Berlin"'],
  ["a time that never comes", '{ when: { time: { from: "09:00", to: "09:00" } }, use: "small" }', "this never holds"],
  ["a day without hours", '{ when: { time: { from: "24:00" } }, use: "small" }', "this never holds"],
  ["no time of the day", '{ when: { time: { from: "9:00" } }, use: "small" }', "HH:MM"],
  ["tokens that never are", '{ when: { tokens: { atLeast: 5, atMost: 4 } }, use: "small" }', "this never holds"],
  ["a language by its name", '{ when: { language: "german" }, use: "small" }', "ISO 639-1"],
  ["more than all of a budget", '{ when: { budgetLeft: { atMost: 50 } }, use: "small" }', "A share is 0 to 1."],
])("%s is a mistake", async (_name, rule, expected) => {
  expect((await problemsOfRule(rule)).join("\n")).toContain(expected);
});

test("the word for what the rule set chooses is no name of a tier, and nothing to escalate to", async () => {
  const named = configWith(
    models[0]!,
    'models: { small: { provider: "main" } }, tiers: { auto: "small", standard: "small" },',
  );
  expect(await findProblems({ folder: writeProject({ ...goodProject, ...named }) })).toEqual([
    'headgate.config.ts:3: tiers.auto: "auto" stands for what the rule set chooses: rename it.',
  ]);
  const escalating = { ...goodProject, [endpointFile]: endpointWith('validate: { escalateTo: "auto" },') };
  expect(await findProblems({ folder: writeProject(escalating) })).toEqual([
    `${endpointFile}:7: validate.escalateTo: Name the tier or model: no rule set chooses the last one.`,
  ]);
  const routed = { ...goodProject, [endpointFile]: endpointWith('route: "auto",') };
  expect(await findProblems({ folder: writeProject(routed) })).toEqual([]);
});

test("an endpoint without a route needs rule sets, or the tier that those of Headgate end with", async () => {
  const provider = models[0]!;
  const tierless = [provider, 'models: { small: { provider: "main" } },'];
  expect(await findProblems({ folder: writeProject({ ...goodProject, ...configWith(...tierless) }) })).toEqual([
    `${endpointFile}:1: route: No tier is called "standard", which endpoints without a route use: declare it, or set route.`,
  ]);
  const ruled = configWith(...tierless, 'routes: { use: "v1", sets: { v1: { otherwise: "small" } } },');
  expect(await findProblems({ folder: writeProject({ ...goodProject, ...ruled }) })).toEqual([]);
});
