import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import {
  configWith,
  endpointFile,
  endpointWith,
  goodProject,
  loadGood,
  promptFile,
  writeProject,
} from "../../test/sample-project.ts";

test("a snapshot cannot be changed", async () => {
  const endpoint = endpointWith('route: { use: "fast", rules: [] },', "normalize: { html: true },");
  const config = configWith(
    'providers: { p: { type: "local" } }, models: { m: { provider: "p" } }, tiers: { standard: "m", fast: ["m"] },',
  );
  const snapshot = await loadGood({ folder: writeProject({ ...goodProject, ...config, [endpointFile]: endpoint }) });
  const loaded = snapshot.endpoints.get("summarize/v1")!;
  const changes: (() => unknown)[] = [
    () => Object.assign(snapshot, { id: "x" }),
    () => (snapshot.endpoints as Map<string, unknown>).delete("summarize/v1"),
    () => (snapshot.tiers as Map<string, readonly string[]>).set("fast", ["x"]),
    () => (snapshot.tiers.get("fast") as string[]).push("x"),
    () => (snapshot.models.get("m")!.deployments as unknown[]).push({}),
    () => Object.assign(snapshot.models.get("m")!.deployments[0]!, { weight: 7 }),
    () => Object.assign(snapshot.resilience.timeouts, { firstTokenMs: 1 }),
    () => Object.assign(snapshot.resilience.rescue!, { continuation: false }),
    () => Object.assign(loaded, { release: "9.9.9" }),
    () => Object.assign(loaded.route, { use: "x" }),
    () => (loaded.route.rules as unknown[]).push({}),
    () => Object.assign(loaded.normalize, { html: false }),
    () => Object.assign(loaded.example as object, { text: "x" }),
    () => Object.assign(loaded.fallback!({}), { summary: "x" }),
    () => (loaded.prompts as Map<string, unknown>).clear(),
  ];
  for (const change of changes) expect(change).toThrow(TypeError);
});

test("a snapshot says how long answers are kept, if the config does", async () => {
  const load = async (...lines: string[]): Promise<number | undefined> =>
    (await loadGood({ folder: writeProject({ ...goodProject, ...configWith(...lines) }) })).responseRetentionDays;
  expect(await load("responses: { retentionDays: 7 },")).toBe(7);
  expect(await load("responses: {},")).toBeUndefined();
  expect(await load()).toBeUndefined();
});

describe("the snapshot's id", () => {
  const providers = 'providers: { p: { type: "local" }, q: { type: "local" } },';
  const twoModels = (tier: string): string =>
    `${providers} models: { m: { provider: "p" }, n: { provider: "q" } }, tiers: { standard: ${tier} },`;
  const deployed = (deployments: string, more = ""): string =>
    `${providers} models: { m: { deployments: [${deployments}], ${more} } }, tiers: { standard: "m" },`;
  const variants: readonly [string, Record<string, string>][] = [
    ["nothing", {}],
    ["a description", { [endpointFile]: goodProject[endpointFile]!.replace("Summarises", "Sums up") }],
    ["the input schema", { [endpointFile]: goodProject[endpointFile]!.replace('required: ["text"]', "required: []") }],
    [
      "the output schema",
      { [endpointFile]: goodProject[endpointFile]!.replace('required: ["summary"]', "required: []") },
    ],
    ["a fallback", { [endpointFile]: goodProject[endpointFile]!.replace('summary: "" ', 'summary: "none" ') }],
    ["a fallback function", { [endpointFile]: endpointWith('fallback: () => ({ summary: "a" }),') }],
    ["a fallback function's body", { [endpointFile]: endpointWith('fallback: () => ({ summary: "b" }),') }],
    ["an example", { [endpointFile]: goodProject[endpointFile]!.replace("Some text", "A text") }],
    ["a route", { [endpointFile]: endpointWith('route: "smart",') }],
    ["normalisation", { [endpointFile]: endpointWith("normalize: { html: true },") }],
    ["validation", { [endpointFile]: endpointWith("validate: { reasks: 0 },") }],
    ["a deadline", { [endpointFile]: endpointWith("timeoutMs: 1000,") }],
    ["a contract version", { [endpointFile]: endpointWith("contract: 2,") }],
    ["a prompt", { [promptFile]: `${goodProject[promptFile]}Please.` }],
    ["another prompt version", { "endpoints/summarize/prompts/0.9.0.prompt": "---\nversion: 0.9.0\n---\n{{text}}" }],
    [
      "the release",
      {
        "endpoints/summarize/prompts/0.9.0.prompt": "---\nversion: 0.9.0\n---\n{{text}}",
        "releases.yaml": "summarize: 0.9.0",
      },
    ],
    [
      "a provider",
      configWith('providers: { p: { type: "local" } }, models: { m: { provider: "p" } }, tiers: { standard: "m" },'),
    ],
    ["how long answers are kept", configWith("responses: { retentionDays: 7 },")],
    ["that no answers are kept", configWith("responses: { retentionDays: 0 },")],
    [
      "a tier",
      configWith(
        'providers: { p: { type: "local" } }, models: { m: { provider: "p" } }, tiers: { standard: "m", smart: "m" },',
      ),
    ],
    ...Object.entries({
      "two models in a tier": twoModels('["m", "n"]'),
      "their order": twoModels('["n", "m"]'),
      "a deployment": deployed('{ provider: "p" }, { provider: "q" }'),
      "a weight": deployed('{ provider: "p" }, { provider: "q", weight: 2 }'),
      "a model's timeouts": deployed('{ provider: "p" }, { provider: "q" }', "timeouts: { firstTokenMs: 50 }"),
    }).map(([name, config]): [string, Record<string, string>] => [name, configWith(config)]),
    ...["maxAttempts: 2", "timeouts: { firstTokenMs: 50 }", "rescue: false", "rescue: { holdBackChars: 40 }"]
      .concat("rescue: { continuation: false }", "hedge: { afterMs: 900, maxUsdPerHour: 1 }")
      .map((set): [string, Record<string, string>] => [set, configWith(`resilience: { ${set} },`)]),
  ];

  test.each(variants)("is the same for the same content in another folder: %s", async (_name, files) => {
    const first = await loadGood({ folder: writeProject({ ...goodProject, ...files }) });
    const second = await loadGood({ folder: writeProject({ ...goodProject, ...files }) });
    expect(first.id).toMatch(/^[0-9a-f]{12}$/);
    expect(second.id).toBe(first.id);
  });

  test("differs when any of them differs", async () => {
    const names = new Map<string, string[]>();
    for (const [name, files] of variants) {
      const { id } = await loadGood({ folder: writeProject({ ...goodProject, ...files }) });
      names.set(id, [...(names.get(id) ?? []), name]);
    }
    expect([...names.values()].filter((same) => same.length > 1)).toEqual([]);
  });

  test("is the same in another process", async () => {
    const folder = writeProject(goodProject);
    const script = `
      import { loadProject } from ${JSON.stringify(import.meta.resolve("./load-project.ts"))};
      import { loadPrompt } from ${JSON.stringify(import.meta.resolve("../pipeline/prompts/load-prompt.ts"))};
      const loaded = await loadProject({ folder: ${JSON.stringify(folder)} }, { loadPrompt });
      process.stdout.write(loaded.snapshot.id);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    expect(stdout).toBe((await loadGood({ folder })).id);
  });
});
