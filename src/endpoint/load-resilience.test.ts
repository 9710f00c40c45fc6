import { describe, expect, test } from "vitest";
import { configWith, findProblems, goodProject, loadGood, writeProject } from "../../test/sample-project.ts";
import { defaultResilience } from "./default-resilience.ts";

const providers = 'providers: { a: { type: "local" }, b: { type: "local" } },';

function write(...lines: string[]): string {
  return writeProject({ ...goodProject, ...configWith(providers, ...lines) });
}

function withModel(...lines: string[]): string[] {
  return ['tiers: { standard: "m" }, models: {', "m: {", ...lines, "} },"];
}

describe("a model with deployments", () => {
  test("has each with its name and weight", async () => {
    const lines = ["deployments: [", '{ provider: "a", model: "m-eu", weight: 3 }, { provider: "b" }', "],"];
    const { models } = await loadGood({ folder: write(...withModel(...lines, "timeouts: { firstTokenMs: 2000 },")) });
    expect(models.get("m")).toEqual({
      name: "m",
      deployments: [
        { provider: "a", model: "m-eu", weight: 3 },
        { provider: "b", model: "m", weight: 1 },
      ],
      timeouts: { firstTokenMs: 2000 },
    });
  });

  const listOf = (count: number): string =>
    Array.from({ length: count }, (_, index) => `{ provider: "a", model: "m${index}" }`).join(", ");

  test("has 32 of them at most", async () => {
    expect(await findProblems({ folder: write(...withModel(`deployments: [${listOf(32)}]`)) })).toEqual([]);
    expect(await findProblems({ folder: write(...withModel(`deployments: [${listOf(33)}]`)) })).toEqual([
      "headgate.config.ts:5: models.m.deployments: List at most 32 deployments.",
    ]);
  });

  const wrong: readonly [string, readonly string[], string][] = [
    ["no place", ["contextWindow: 10"], "4: models.m: Say where it runs: in provider or deployments."],
    ["an empty list", ["deployments: []"], "5: models.m.deployments: List one deployment at least."],
    [
      "two ways to say where",
      ['deployments: [{ provider: "a" }],', 'provider: "b"'],
      "6: models.m.provider: Either this or deployments says where it runs: remove one.",
    ],
    [
      "a name beside the deployments",
      ['deployments: [{ provider: "a" }],', 'model: "x"'],
      "6: models.m.model: Each of the deployments says it for itself: move it there.",
    ],
    [
      "a deployment at no provider",
      ["deployments: [", '{ provider: "a" },', '{ provider: "bb" }]'],
      '7: models.m.deployments[1].provider: No provider is called "bb": declare it in providers. Did you mean "b"?',
    ],
    [
      "a deployment without provider",
      ["deployments: [", "{ weight: 1 }]"],
      "6: models.m.deployments[0].provider: This is missing: give it a string.",
    ],
    [
      "a deployment that is only a name",
      ["deployments: [", '"a"]'],
      "6: models.m.deployments[0]: This must be an object.",
    ],
    [
      "the same deployment twice",
      ["deployments: [", '{ provider: "a" },', '{ provider: "a", model: "m", weight: 2 }]'],
      "7: models.m.deployments[1]: This is the same deployment as one before: remove one.",
    ],
    [
      "no weight",
      ["deployments: [", '{ provider: "a", weight: 0 }]'],
      "6: models.m.deployments[0].weight: A weight is above 0: take the deployment out if it is to get no calls.",
    ],
    [
      "too much weight",
      ['deployments: [{ provider: "a", weight: 1001 }]'],
      "5: models.m.deployments[0].weight: This must be at most 1000.",
    ],
    [
      "a misspelt key",
      ['deployments: [{ provider: "a", wait: 2 }]'],
      "5: models.m.deployments[0].wait: This key is not known: remove it.",
    ],
    [
      "a timeout of its own that is too short",
      ['provider: "a",', "timeouts: { betweenContentMs: 49 }"],
      "6: models.m.timeouts.betweenContentMs: A timeout is 50 to 3,600,000 milliseconds.",
    ],
  ];
  test.each(wrong)("is reported with %s", async (_what, lines, expected) => {
    const problems = await findProblems({ folder: write(...withModel(...lines)) });
    expect(problems).toEqual([expect.stringContaining(`headgate.config.ts:${expected}`)]);
  });

  test("has one price at each place, by whichever entry", async () => {
    const price = (usd: number): string => `price: { inputPerMillionUsd: ${usd}, outputPerMillionUsd: 2 }`;
    const lines = (usd: number): string[] => [
      'tiers: { standard: "m" }, models: {',
      `m: { deployments: [{ provider: "a" }, { provider: "b" }], ${price(1)} },`,
      `n: { deployments: [{ provider: "b", model: "m" }, { provider: "a", model: "m" }],`,
      `${price(usd)} } },`,
    ];
    expect(await findProblems({ folder: write(...lines(3)) })).toEqual([
      'headgate.config.ts:6: models.n.price: "m" is the same model at another price: set one of them.',
    ]);
    expect(await findProblems({ folder: write(...lines(1)) })).toEqual([]);
  });
});

describe("a tier", () => {
  const models = 'models: { m: { provider: "a" }, n: { provider: "b" } },';

  test("is a model, or several in order of preference", async () => {
    const { tiers } = await loadGood({ folder: write(models, 'tiers: { standard: "n", smart: ["n", "m"] },') });
    expect([...tiers]).toEqual([
      ["standard", ["n"]],
      ["smart", ["n", "m"]],
    ]);
  });

  const wrong: readonly [string, string, string][] = [
    ["nothing", "[]", "smart: Name one model at least."],
    ["a model twice", '["m", "n", "m"]', 'smart[2]: "m" stands in this list before: remove one.'],
    ["an unknown model", '["m", "nn"]', 'smart[1]: No model is called "nn": declare it in models. Did you mean "n"?'],
    ["a tier", '["m", "standard"]', 'smart[1]: "standard" is a tier: list its models instead.'],
    ["what is no name", '["m", 7]', "smart[1]: This must be a string."],
    [
      "neither a name nor a list",
      "7",
      "smart: This must be the name of a model, or a list of names in order of preference.",
    ],
  ];
  test.each(wrong)("of %s is reported", async (_what, value, expected) => {
    const problems = await findProblems({ folder: write(models, 'tiers: { standard: "m",', `smart: ${value} },`) });
    expect(problems).toEqual([`headgate.config.ts:5: tiers.${expected}`]);
  });

  test("lists 32 models at most", async () => {
    const names = Array.from({ length: 33 }, (_, index) => `m${index}`);
    const declared = `models: { ${names.map((name) => `${name}: { provider: "a" }`).join(", ")} },`;
    expect(await findProblems({ folder: write(declared, `tiers: { standard: ${JSON.stringify(names)} },`) })).toEqual([
      "headgate.config.ts:4: tiers.standard: Name at most 32 models.",
    ]);
  });
});

describe("resilience", () => {
  const model = 'models: { m: { provider: "a" } }, tiers: { standard: "m" },';

  test("that is not declared is the default", async () => {
    const { resilience } = await loadGood({ folder: write(model) });
    expect(resilience).toEqual({ maxAttempts: 3, timeouts: {}, rescue: { holdBackChars: 0, continuation: true } });
    expect((await loadGood({ folder: write(model, "resilience: {},") })).resilience).toEqual(defaultResilience);
    expect((await loadGood({ folder: writeProject(goodProject) })).resilience).toEqual(defaultResilience);
  });

  test("is filled in where it is declared in part", async () => {
    const declared =
      "resilience: { maxAttempts: 2, timeouts: { wholeAnswerMs: 9000 }, rescue: { holdBackChars: 80 }, hedge: { afterMs: 700, maxUsdPerHour: 0.5 } },";
    expect((await loadGood({ folder: write(model, declared) })).resilience).toEqual({
      maxAttempts: 2,
      timeouts: { wholeAnswerMs: 9000 },
      rescue: { holdBackChars: 80, continuation: true },
      hedge: { afterMs: 700, maxUsdPerHour: 0.5 },
    });
  });

  test("without rescue has none", async () => {
    const { resilience } = await loadGood({ folder: write(model, "resilience: { rescue: false },") });
    expect(resilience).not.toHaveProperty("rescue");
  });

  const milliseconds = "50 to 3,600,000 milliseconds";
  const wrong: readonly [string, string][] = [
    ["maxAttempts: 0", "maxAttempts: This is 1 to 3."],
    ["maxAttempts: 4", "maxAttempts: This is 1 to 3."],
    ["maxAttempts: 1.5", "maxAttempts: This must be a whole number."],
    ["timeouts: { firstTokenMs: 49 }", `timeouts.firstTokenMs: A timeout is ${milliseconds}.`],
    ["timeouts: { wholeAnswerMs: 3600001 }", `timeouts.wholeAnswerMs: A timeout is ${milliseconds}.`],
    ["timeouts: { betweenContentMs: 50.5 }", "timeouts.betweenContentMs: This must be a whole number."],
    [
      "timeouts: { firstTokens: 60 }",
      'timeouts.firstTokens: This key is not known: remove it. Did you mean "firstTokenMs"?',
    ],
    ["rescue: true", "rescue: This must be false, or an object of holdBackChars and continuation."],
    ["rescue: { holdBackChars: -1 }", "rescue.holdBackChars: This is 0 to 100,000 characters."],
    ["rescue: { holdBackChars: 100001 }", "rescue.holdBackChars: This is 0 to 100,000 characters."],
    ["rescue: { continuation: 1 }", "rescue.continuation: This must be a boolean."],
    [
      "rescue: { holdBack: 80 }",
      "rescue.holdBack: This key is not known: remove it. Known: holdBackChars, continuation.",
    ],
    ["hedge: { afterMs: 9, maxUsdPerHour: 1 }", "hedge.afterMs: This is 10 to 3,600,000 milliseconds."],
    ["hedge: { afterMs: 500 }", "hedge.maxUsdPerHour: This is missing: give it a number."],
    [
      "hedge: { afterMs: 500, maxUsdPerHour: 0 }",
      "hedge.maxUsdPerHour: A hedge costs money: give a limit above 0, or leave hedge out.",
    ],
    ["attempts: 2", 'attempts: This key is not known: remove it. Did you mean "maxAttempts"?'],
  ];
  test.each(wrong)("is reported with %s", async (set, expected) => {
    const problems = await findProblems({ folder: write(model, "resilience: {", `${set} },`) });
    expect(problems).toEqual([`headgate.config.ts:5: resilience.${expected}`]);
  });
});
