import { describe, expect, test } from "vitest";
import { configWith, endpointFile, findProblems, goodProject, writeProject } from "../../test/sample-project.ts";

describe("a mistake in the config is reported with its line:", () => {
  const provider = 'providers: { main: { type: "openai-chat", baseUrl: "http://localhost:1/v1" } },';
  const models = 'models: { small: { provider: "main" } }, tiers: { standard: "small" },';
  const cases: readonly [string, readonly string[], string][] = [
    [
      "an unknown key",
      ["provider: {},"],
      'headgate.config.ts:2: provider: This key is not known: remove it. Did you mean "providers"?',
    ],
    [
      "an unknown provider option",
      [provider.replace("baseUrl", "baseURL"), models],
      'headgate.config.ts:2: providers.main.baseURL: This key is not known: remove it. Did you mean "baseUrl"?',
    ],
    [
      "an unknown provider type",
      ["providers: {", '  main: { type: "openai" } },', models],
      'headgate.config.ts:3: providers.main.type: A provider has a type: "openai-chat", "openai-responses", "anthropic", "gemini", "bedrock", "ai-sdk", "local".',
    ],
    [
      "a server without address",
      ['providers: { main: { type: "openai-chat" } },', models],
      "headgate.config.ts:2: providers.main.baseUrl: Say which server: a baseUrl, or a vendor whose address is known.",
    ],
    [
      "an unknown vendor",
      ['providers: { main: { type: "openai-chat", vendor: "opeanai" } },', models],
      "headgate.config.ts:2: providers.main.vendor: A vendor is one of: openai, azure, groq, mistral, deepseek, xai, openrouter, together, fireworks, perplexity, cerebras, vllm, ollama, llama-cpp.",
    ],
    [
      "a key among the headers",
      ['providers: { main: { type: "anthropic", headers: { "x-api-key": "sk-1" } } },', models],
      "headgate.config.ts:2: providers.main.headers: Keys do not belong here: name their variable in apiKeyEnv.",
    ],
    [
      "an address that is no URL",
      [provider.replace("http://localhost:1/v1", "localhost"), models],
      "headgate.config.ts:2: providers.main.baseUrl: This must be an http or https URL.",
    ],
    [
      "an address with the path that is added",
      [provider.replace("/v1", "/v1/chat/completions"), models],
      "headgate.config.ts:2: providers.main.baseUrl: Leave out /chat/completions: Headgate adds it.",
    ],
    [
      "a bad provider name",
      [
        'providers: { "Main": { type: "local" } },',
        'models: { small: { provider: "Main" } }, tiers: { standard: "small" },',
      ],
      "headgate.config.ts:2: providers.Main: A name is made of",
    ],
    [
      "a model of no provider",
      [provider, "models: { small: {", '  provider: "mian" } }, tiers: { standard: "small" },'],
      'headgate.config.ts:4: models.small.provider: No provider is called "mian": declare it in providers. Did you mean "main"?',
    ],
    [
      "a tier of no model",
      [provider, 'models: { small: { provider: "main" } },', 'tiers: { standard: "small", smart: "big" },'],
      'headgate.config.ts:4: tiers.smart: No model is called "big": declare it in models. Known: small.',
    ],
    [
      "a tier called like a model",
      [
        provider,
        'models: { small: { provider: "main" }, standard: { provider: "main" } },',
        'tiers: { standard: "small" },',
      ],
      'headgate.config.ts:4: tiers.standard: A model is called "standard" too',
    ],
    [
      "answers kept for a negative time",
      ["responses: { retentionDays: -1 },"],
      "headgate.config.ts:2: responses.retentionDays: ",
    ],
    [
      "a misspelt retention",
      ["responses: { retention: 7 },"],
      'headgate.config.ts:2: responses.retention: This key is not known: remove it. Did you mean "retentionDays"?',
    ],
    ["the project's own folder", ['project: ".",'], "headgate.config.ts:2: project: Only createHeadgate takes this"],
  ];
  test.each(cases)("%s", async (_name, lines, expected) => {
    const problems = await findProblems({ folder: writeProject({ ...goodProject, ...configWith(...lines) }) });
    expect(problems[0]).toContain(expected);
  });

  test.each(["safety", "webhooks", "evals"])("%s, which is not built yet", async (key) => {
    const folder = writeProject({ ...goodProject, ...configWith("models: {},", `${key}: [],`) });
    expect(await findProblems({ folder })).toEqual([
      `headgate.config.ts:3: ${key}: "${key}" is not built yet in this version: remove it.`,
    ]);
  });

  test("a key in the place of its variable's name, without repeating it", async () => {
    const config = configWith(provider.replace('/v1"', '/v1", apiKeyEnv: "sk-live-4242"'), models);
    const problems = await findProblems({ folder: writeProject({ ...goodProject, ...config }) });
    expect(problems).toEqual([
      expect.stringMatching(/^headgate.config.ts:2: providers.main.apiKeyEnv: .* never the key\.$/),
    ]);
    expect(problems.join()).not.toContain("4242");
  });

  test("no tier for endpoints without a route", async () => {
    const folder = writeProject({ ...goodProject, ...configWith('providers: { p: { type: "local" } },') });
    expect(await findProblems({ folder })).toEqual([
      `${endpointFile}:1: route: No tier is called "standard", which endpoints without a route use: declare it, or set route.`,
    ]);
  });

  test("mistakes of endpoints in it", async () => {
    const endpoint =
      '{ description: "x", input: { type: "object" },\n  output: { type: "object", properties: {\n    warnings: {} } },\n  prompts: { "1.0.0": "---\\nversion: 1.0.1\\n---\\nhi" } }';
    const folder = writeProject(configWith("endpoints: { one:", endpoint, "},"));
    const problems = await findProblems({ folder });
    expect(problems).toEqual([
      expect.stringMatching(/^headgate.config.ts:5: endpoints.one.output.warnings: /),
      expect.stringMatching(/^headgate.config.ts:6: endpoints.one.prompts\["1.0.0"\]: Line 2 of the prompt: /),
    ]);
  });
});

test("a config in code has no lines, so its problems name their path", async () => {
  const config = {
    project: writeProject(goodProject),
    endpoints: { Bad: { description: "x", input: { type: "object" }, output: { type: "object" }, prompts: {} } },
  };
  expect(await findProblems({ config })).toEqual([
    'config: endpoints.Bad: "Bad" cannot be the endpoint\'s name: rename it or set name. A name is made of a-z, 0-9 and hyphens, starts with a letter and has at most 63 characters.',
    "config: endpoints.Bad: The endpoint has no prompt: write prompts/1.0.0.prompt beside it.",
  ]);
});
