import { expect, test } from "vitest";
import { configWith, findProblems, goodProject, loadGood, writeProject } from "../../test/sample-project.ts";

const provider = 'providers: { main: { type: "local" } }, tiers: { standard: "m" },';

function write(...models: string[]): string {
  return writeProject({ ...goodProject, ...configWith(provider, "models: {", ...models, "},") });
}

test("a model says what it costs, how much it takes and what it can do", async () => {
  const folder = write(
    'm: { provider: "main", model: "big-1", contextWindow: 128000, capabilities: ["tools", "images"],',
    "price: { inputPerMillionUsd: 1, outputPerMillionUsd: 4.5, cachedInputPerMillionUsd: 0.1, perRequestUsd: 0 } },",
  );
  const { models } = await loadGood({ folder });
  expect(models.get("m")).toEqual({
    name: "m",
    deployments: [{ provider: "main", model: "big-1", weight: 1 }],
    contextWindow: 128_000,
    capabilities: ["tools", "images"],
    price: { inputPerMillionUsd: 1, outputPerMillionUsd: 4.5, cachedInputPerMillionUsd: 0.1, perRequestUsd: 0 },
  });
});

test("a model that says nothing has its own name and no more", async () => {
  const { models } = await loadGood({ folder: write('m: { provider: "main" },') });
  expect(models.get("m")).toEqual({ name: "m", deployments: [{ provider: "main", model: "m", weight: 1 }] });
});

const price = "inputPerMillionUsd: 1, outputPerMillionUsd: 2";

test.each([
  [
    "a negative price",
    "price: { inputPerMillionUsd: -1, outputPerMillionUsd: 2 }",
    "models.m.price.inputPerMillionUsd: ",
  ],
  ["half a price", "price: { inputPerMillionUsd: 1 }", "models.m.price"],
  ["a misspelt price", `price: { ${price}, cachedInputPerMillion: 1 }`, 'Did you mean "cachedInputPerMillionUsd"?'],
  ["no room", "contextWindow: 0", "models.m.contextWindow: "],
  ["an unknown capability", 'capabilities: ["flying"]', "A capability is one of: tools, json-schema, "],
])("%s is reported", async (_what, entry, expected) => {
  const [problem] = await findProblems({ folder: write(`m: { provider: "main", ${entry} },`) });
  expect(problem).toContain(expected);
});

test("one model at two prices is reported, since a call knows only the model", async () => {
  const other = "inputPerMillionUsd: 3, outputPerMillionUsd: 2";
  const twice = write(
    `m: { provider: "main", price: { ${price} } },`,
    `n: { provider: "main", model: "m", price: { ${other} } },`,
  );
  expect(await findProblems({ folder: twice })).toEqual([
    'headgate.config.ts:5: models.n.price: "m" is the same model at another price: set one of them.',
  ]);
  const same = write(
    `m: { provider: "main", price: { ${price} } },`,
    `n: { provider: "main", model: "m", price: { ${price} } },`,
  );
  expect(await findProblems({ folder: same })).toEqual([]);
});
