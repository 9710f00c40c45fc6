import { symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  configWith,
  endpointFile,
  endpointWith,
  findProblems,
  goodProject,
  loadGood,
  promptFile,
  writeProject,
} from "../../test/sample-project.ts";
import { loadPrompt } from "../pipeline/prompts/load-prompt.ts";
import { defaultResilience } from "./default-resilience.ts";
import { loadProject } from "./load-project.ts";

describe("a good project", () => {
  test("becomes a snapshot with every default filled in", async () => {
    const snapshot = await loadGood({ folder: writeProject(goodProject) });
    expect([...snapshot.endpoints.keys()]).toEqual(["summarize/v1"]);
    const endpoint = snapshot.endpoints.get("summarize/v1")!;
    expect(endpoint).toMatchObject({
      name: "summarize",
      contract: 1,
      release: "1.0.0",
      route: { use: "auto" },
      normalize: { html: false, whitespace: "collapse", overflow: "reject" },
      validate: { reasks: 2 },
      timeoutMs: 60_000,
      example: { text: "Some text." },
    });
    expect(endpoint.fallback?.({})).toEqual({ summary: "" });
    expect(endpoint.prompts.get("1.0.0")!.render({ text: "rain" })).toEqual([
      { role: "user", content: "Summarise: rain" },
    ]);
  });

  test("tells which files it was read from", async () => {
    const folder = writeProject({ ...goodProject, "releases.yaml": "summarize: 1.0.0\n", "notes.txt": "not read" });
    const loaded = await loadProject({ folder }, { loadPrompt });
    expect(loaded).toMatchObject({ ok: true, files: [endpointFile, promptFile, "releases.yaml"] });
  });

  test("may declare providers, models and tiers", async () => {
    const config = configWith(
      'providers: { main: { type: "openai-chat", baseUrl: "http://localhost:1/v1", apiKeyEnv: "MAIN_KEY" } },',
      'models: { small: { provider: "main", model: "org/small" }, "gpt-5": { provider: "main" } },',
      'tiers: { standard: "small" },',
    );
    const snapshot = await loadGood({ folder: writeProject({ ...goodProject, ...config }) });
    expect([...snapshot.models]).toEqual([
      ["small", { name: "small", deployments: [{ provider: "main", model: "org/small", weight: 1 }] }],
      ["gpt-5", { name: "gpt-5", deployments: [{ provider: "main", model: "gpt-5", weight: 1 }] }],
    ]);
    expect(snapshot.tiers.get("standard")).toEqual(["small"]);
    expect(snapshot.providers.get("main")).toMatchObject({ type: "openai-chat" });
  });

  test("shares partials among its prompts", async () => {
    const folder = writeProject({
      ...goodProject,
      "partials/_tone.prompt": "Be brief.",
      [promptFile]: "---\nversion: 1.0.0\n---\n{{>tone}} {{text}}\n",
    });
    const prompt = (await loadGood({ folder })).endpoints.get("summarize/v1")!.prompts.get("1.0.0")!;
    expect(prompt.render({ text: "rain" })).toEqual([{ role: "user", content: "Be brief. rain" }]);
  });

  test("may stand in code alone, prompts included", async () => {
    const snapshot = await loadGood({
      config: {
        endpoints: {
          shout: {
            description: "Shouts.",
            input: { type: "object", properties: { word: { type: "string" } } },
            output: { type: "object", properties: { loud: { type: "string" } } },
            prompts: { "1.0.0": "---\nversion: 1.0.0\n---\nShout: {{word}}" },
            fallback: (input: unknown) => ({ loud: (input as { word: string }).word }),
          },
        },
      },
    });
    const endpoint = snapshot.endpoints.get("shout/v1")!;
    expect(endpoint.prompts.get("1.0.0")!.render({ word: "hey" })).toEqual([{ role: "user", content: "Shout: hey" }]);
    expect(endpoint.fallback?.({ word: "hey" })).toEqual({ loud: "hey" });
  });

  test("may mix a folder with endpoints in code", async () => {
    const inline = { ...goodDefinition(), prompts: { "1.0.0": "---\nversion: 1.0.0\n---\n{{text}}" } };
    const config = { project: writeProject(goodProject), endpoints: { inline } };
    expect([...(await loadGood({ config })).endpoints.keys()]).toEqual(["inline/v1", "summarize/v1"]);
  });

  test("may name a folder's endpoint in code for its types, and keeps the folder's config and prompts", async () => {
    const providers = 'providers: { box: { type: "openai-chat", baseUrl: "http://127.0.0.1:1/v1" } },';
    const models = 'models: { small: { provider: "box" } }, tiers: { standard: "small" },';
    const project = writeProject({ ...goodProject, ...configWith(providers, models) });
    const snapshot = await loadGood({ config: { project, endpoints: { summarize: goodDefinition() } } });
    expect([...snapshot.endpoints.keys()]).toEqual(["summarize/v1"]);
    expect(snapshot.tiers.get("standard")).toEqual(["small"]);
    const local = {
      providers: { here: { type: "local" } },
      models: { m: { provider: "here" } },
      tiers: { standard: "m" },
    } as const;
    const replaced = await loadGood({ config: { project, ...local } });
    expect([...replaced.providers.keys()]).toEqual(["here"]);
  });

  test("may say in code alone what happens when a call fails, and for how long answers are kept", async () => {
    const lines = ["resilience: { maxAttempts: 1, rescue: false },", "responses: { retentionDays: 9 },"];
    const project = writeProject({ ...goodProject, ...configWith(...lines) });
    const snapshot = await loadGood({
      config: { project, resilience: { maxAttempts: 2 }, responses: { retentionDays: 1 } },
    });
    expect(snapshot.resilience).toEqual({ ...defaultResilience, maxAttempts: 2 });
    expect(snapshot.responseRetentionDays).toBe(1);
    expect(await loadGood({ config: { project } })).toMatchObject({
      resilience: { maxAttempts: 1 },
      responseRetentionDays: 9,
    });
  });

  test("may be written in JavaScript, without a package.json, and through a link to its folder", async () => {
    const { [endpointFile]: definition, ...rest } = goodProject;
    const folder = writeProject({ ...rest, "endpoints/summarize/endpoint.js": definition! });
    const link = `${writeProject({})}/link`;
    symlinkSync(folder, link);
    expect((await loadGood({ folder: link })).endpoints.size).toBe(1);
  });

  test("loads as a module even if its package.json says CommonJS, as npm init writes it", async () => {
    const folder = writeProject({ ...goodProject, "package.json": '{ "type": "commonjs" }' });
    expect((await loadGood({ folder })).endpoints.size).toBe(1);
  });
});

test("mistakes all over a project come back together, by file and line", async () => {
  const folder = writeProject({
    ...configWith("tires: {},", "safety: {},"),
    "endpoints/broken/endpoint.ts": "export default {\n",
    "endpoints/broken/prompts/1.0.0.prompt": "---\nversion: 2.0.0\n---\nhi\n",
    [endpointFile]: endpointWith('route: "fasst",', "timeoutMs: 1,", "tools: [],"),
    [promptFile]: "---\nversion: 1.0.0\nmodle: x\n---\n{{txt}}\n",
    "releases.yaml": "summarize: 3.0.0\nnobody: 1.0.0\n",
    "tools/a.ts": "",
  });
  const places = (await findProblems({ folder })).map((problem) => /^[^ ]+(?=: )/.exec(problem)?.[0]);
  expect(places).toEqual([
    "endpoints/broken/endpoint.ts:1",
    "endpoints/broken/prompts/1.0.0.prompt:2",
    `${endpointFile}:7`,
    `${endpointFile}:8`,
    `${endpointFile}:9`,
    `${promptFile}:3`,
    `${promptFile}:5`,
    "headgate.config.ts:2",
    "headgate.config.ts:3",
    "releases.yaml:1",
    "releases.yaml:2",
    "tools",
  ]);
});

function goodDefinition(): { description: string; input: object; output: object } & Record<string, unknown> {
  return {
    description: "Summarises a text.",
    input: { type: "object", properties: { text: { type: "string" } } },
    output: { type: "object", properties: { summary: { type: "string" } } },
  };
}
