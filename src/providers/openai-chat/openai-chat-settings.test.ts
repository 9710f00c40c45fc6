import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenAiVendor } from "../../endpoint/vendors.ts";
import type { ModelSettings } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { openAnsweringServer, sendTo, type AnsweringServer } from "./openai-chat-fixture.ts";

let server: AnsweringServer;
beforeAll(async () => {
  server = await openAnsweringServer();
});
afterAll(() => server.close());

const tools = [{ name: "look", parameters: { type: "object" } }];

async function send(
  vendor: OpenAiVendor | undefined,
  model: string,
  settings: ModelSettings,
  more: Partial<ModelRequest> = {},
): Promise<{ readonly sent: Record<string, unknown>; readonly warnings: readonly string[] }> {
  const { body, warnings } = await sendTo(server, { vendor }, { model, settings, ...more });
  const { model: _model, messages: _messages, tools: _tools, ...sent } = body;
  return { sent, warnings };
}

const everything: ModelSettings = {
  temperature: 0.5,
  topP: 0.9,
  topK: 40,
  maxOutputTokens: 100,
  stop: ["END"],
  seed: 7,
  presencePenalty: 0.1,
  frequencyPenalty: 0.2,
  topLogprobs: 2,
  verbosity: "low",
  serviceTier: "flex",
  user: "u-1",
  parallelToolCalls: false,
  toolChoice: "required",
  reasoningEffort: "low",
};

test("a server that is not known gets every setting in OpenAI's words", async () => {
  const { sent, warnings } = await send(undefined, "m-1", everything, { tools });
  expect(warnings).toEqual([]);
  expect(sent).toEqual({
    temperature: 0.5,
    top_p: 0.9,
    top_k: 40,
    max_tokens: 100,
    stop: ["END"],
    seed: 7,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    logprobs: true,
    top_logprobs: 2,
    verbosity: "low",
    service_tier: "flex",
    user: "u-1",
    parallel_tool_calls: false,
    tool_choice: "required",
    reasoning_effort: "low",
  });
});

// What each vendor gets of `everything`, beside what it lacks.
test.each<[OpenAiVendor, string, Record<string, unknown>, readonly string[]]>([
  ["openai", "gpt-4o", { max_completion_tokens: 100, seed: 7 }, ["topK", "verbosity", "reasoningEffort"]],
  ["azure", "my-deployment", { max_completion_tokens: 100, reasoning_effort: "low" }, ["topK"]],
  [
    "groq",
    "llama-3.3-70b-versatile",
    { service_tier: "flex" },
    ["topK", "topLogprobs", "verbosity", "reasoningEffort"],
  ],
  ["groq", "openai/gpt-oss-20b", { reasoning_effort: "low" }, ["topK", "topLogprobs", "verbosity"]],
  [
    "mistral",
    "mistral-small-latest",
    { random_seed: 7, tool_choice: "any", reasoning_effort: "none" },
    ["topK", "topLogprobs", "verbosity", "user", "serviceTier"],
  ],
  [
    "deepseek",
    "deepseek-chat",
    { user_id: "u-1", thinking: { type: "enabled" }, reasoning_effort: "low", top_logprobs: 2 },
    ["topK", "seed", "presencePenalty", "frequencyPenalty", "parallelToolCalls", "verbosity", "serviceTier"],
  ],
  [
    "xai",
    "grok-4.3",
    { max_completion_tokens: 100, reasoning_effort: "low", user: "u-1" },
    ["topK", "verbosity", "serviceTier", "presencePenalty", "frequencyPenalty", "stop"],
  ],
  ["openrouter", "openai/gpt-5", { top_k: 40, reasoning: { effort: "low" }, verbosity: "low" }, []],
  ["together", "openai/gpt-oss-20b", { top_k: 40, logprobs: 2 }, ["verbosity", "serviceTier", "user"]],
  ["fireworks", "accounts/fireworks/models/x", { top_k: 40, service_tier: "flex" }, ["verbosity"]],
  [
    "cerebras",
    "gpt-oss-120b",
    { max_completion_tokens: 100 },
    ["topK", "presencePenalty", "frequencyPenalty", "verbosity"],
  ],
  ["vllm", "m", { top_k: 40, seed: 7 }, ["verbosity", "serviceTier", "user"]],
  ["ollama", "m", { max_tokens: 100 }, ["topK", "parallelToolCalls", "verbosity", "serviceTier", "user"]],
  ["llama-cpp", "m", { top_k: 40 }, ["reasoningEffort", "verbosity", "serviceTier", "user"]],
])("%s (%s) gets what it has, and a warning for each setting that it lacks", async (vendor, model, gets, lacks) => {
  const { sent, warnings } = await send(vendor, model, everything, { tools });
  expect(sent).toMatchObject(gets);
  const dropped = warnings.filter((warning) => warning.endsWith("was dropped."));
  expect(new Set(dropped.map((warning) => warning.split(" ")[0]))).toEqual(new Set(lacks));
  expect(dropped).toHaveLength(lacks.length);
  const fields = {
    topK: "top_k",
    seed: "seed",
    user: "user",
    topLogprobs: "logprobs",
    reasoningEffort: "reasoning_effort",
  };
  const lacking = Object.entries(fields).filter(([name]) => lacks.includes(name));
  for (const [, field] of lacking) expect(sent).not.toHaveProperty(field);
});

test("the probabilities of the tokens alone are one alternative for a vendor that asks for a number", async () => {
  expect((await send("together", "m", { topLogprobs: 0 })).sent).toEqual({ logprobs: 1 });
  expect((await send("openai", "gpt-4o", { topLogprobs: 0 })).sent).toEqual({ logprobs: true });
});

test("what a setting is dropped for says who lacks it", async () => {
  const { warnings } = await send("perplexity", "sonar", { seed: 1, stop: ["x"] });
  expect(warnings).toEqual([
    "stop is not offered by Perplexity for this model and was dropped.",
    "seed is not offered by Perplexity for this model and was dropped.",
  ]);
});

describe("OpenAI's reasoning models", () => {
  test.each(["o3", "o4-mini-2025-04-16", "gpt-5", "gpt-5-nano", "gpt-6-astra", "ft:gpt-5-mini:org::id"])(
    "%s takes no sampling, and developer messages",
    async (model) => {
      const settings = { temperature: 0, topP: 1, presencePenalty: 1, topLogprobs: 1, stop: ["x"], maxOutputTokens: 9 };
      const messages = [{ role: "system", content: "Be brief." } as const, { role: "user", content: "Hi" } as const];
      const { body, warnings } = await sendTo(server, { vendor: "openai" }, { model, settings, messages });
      expect(body).toEqual({
        model,
        messages: [{ role: "developer", content: "Be brief." }, messages[1]],
        max_completion_tokens: 9,
      });
      expect(warnings.map((warning) => warning.split(" ")[0])).toEqual([
        "temperature",
        "topP",
        "presencePenalty",
        "stop",
        "topLogprobs",
      ]);
    },
  );

  test.each(["gpt-4o", "gpt-4.1-mini", "gpt-5-chat-latest", "my-own-name"])("%s is no such model", async (model) => {
    const messages = [{ role: "system", content: "Be brief." } as const];
    const { body, warnings } = await sendTo(
      server,
      { vendor: "openai" },
      { model, messages, settings: { temperature: 0 } },
    );
    expect(body).toMatchObject({ messages, temperature: 0 });
    expect(warnings).toEqual([]);
  });

  test("of the newer ones sample only when they do not reason", async () => {
    const thinking = await send("openai", "gpt-5.2", { temperature: 0.5, topLogprobs: 1 });
    expect(thinking.sent).toEqual({});
    expect(thinking.warnings).toEqual([
      "temperature is not offered by OpenAI while this model reasons and was dropped.",
      "topLogprobs is not offered by OpenAI while this model reasons and was dropped.",
    ]);
    const plain = await send("openai", "gpt-5.2", { temperature: 0.5, topLogprobs: 1, reasoningEffort: "none" });
    expect(plain).toEqual({
      sent: { temperature: 0.5, logprobs: true, top_logprobs: 1, reasoning_effort: "none" },
      warnings: [],
    });
  });

  test("that cannot reason and call tools here do not reason", async () => {
    const { sent, warnings } = await send("openai", "gpt-5.6-sol", { reasoningEffort: "high" }, { tools });
    expect(sent).toEqual({ reasoning_effort: "none" });
    expect(warnings).toEqual([
      "reasoningEffort high is not offered by OpenAI together with tools for this model: none was taken.",
    ]);
    expect((await send("openai", "gpt-5.6-sol", { reasoningTokens: 9000 }, { tools })).warnings).toEqual([
      "reasoningTokens is not offered by OpenAI together with tools for this model: none was taken.",
    ]);
    expect((await send("openai", "gpt-5.6-sol", { reasoningEffort: "high" })).sent).toEqual({
      reasoning_effort: "high",
    });
  });
});

describe("the effort", () => {
  test.each<[OpenAiVendor, string, ModelSettings, Record<string, unknown>, number]>([
    ["openai", "gpt-5", { reasoningEffort: "none" }, { reasoning_effort: "minimal" }, 1],
    ["openai", "o3", { reasoningEffort: "max" }, { reasoning_effort: "high" }, 1],
    ["openai", "gpt-5.2", { reasoningEffort: "xhigh" }, { reasoning_effort: "xhigh" }, 0],
    ["openai", "gpt-4o", { reasoningEffort: "none" }, {}, 0],
    ["groq", "qwen/qwen3-32b", { reasoningEffort: "none" }, { reasoning_effort: "none" }, 0],
    ["groq", "qwen/qwen3-32b", { reasoningEffort: "high" }, { reasoning_effort: "default" }, 1],
    ["mistral", "magistral-medium-latest", { reasoningEffort: "medium" }, { reasoning_effort: "high" }, 1],
    ["deepseek", "deepseek-v4-pro", { reasoningEffort: "none" }, { thinking: { type: "disabled" } }, 0],
    [
      "deepseek",
      "deepseek-v4-pro",
      { reasoningEffort: "medium" },
      { thinking: { type: "enabled" }, reasoning_effort: "low" },
      1,
    ],
    ["xai", "grok-3-mini", { reasoningEffort: "medium" }, { reasoning_effort: "low" }, 1],
    ["xai", "grok-4-fast-non-reasoning", { reasoningEffort: "high" }, {}, 1],
    ["openrouter", "x", { reasoningTokens: 2000 }, { reasoning: { max_tokens: 2000 } }, 0],
    ["openrouter", "x", { reasoningEffort: "max", reasoningTokens: 2000 }, { reasoning: { effort: "xhigh" } }, 1],
    ["openai", "gpt-5.2", { reasoningTokens: 0 }, { reasoning_effort: "none" }, 0],
    ["openai", "gpt-5.2", { reasoningTokens: 4096 }, { reasoning_effort: "low" }, 0],
    ["openai", "gpt-5.2", { reasoningTokens: 30_000 }, { reasoning_effort: "high" }, 0],
    ["openai", "gpt-4o", { reasoningTokens: 4096 }, {}, 1],
    ["openai", "gpt-4o", { reasoningTokens: 0 }, {}, 0],
    ["openai", "o3", { reasoningTokens: 500 }, { reasoning_effort: "low" }, 0],
    ["openai", "o3", { reasoningTokens: 0 }, { reasoning_effort: "low" }, 1],
    ["perplexity", "sonar-deep-research", { reasoningEffort: "low" }, { reasoning_effort: "low" }, 0],
  ])("of %s's %s for %o is %o", async (vendor, model, settings, sent, warned) => {
    const result = await send(vendor, model, settings);
    expect(result.sent).toEqual(sent);
    expect(result.warnings).toHaveLength(warned);
  });
});

describe("the use of tools", () => {
  test("names the tool that must be called, and only where there are tools", async () => {
    const settings: ModelSettings = { toolChoice: { name: "look" }, parallelToolCalls: true };
    expect((await send("openai", "gpt-4o", settings, { tools })).sent).toEqual({
      tool_choice: { type: "function", function: { name: "look" } },
      parallel_tool_calls: true,
    });
    expect((await send("openai", "gpt-4o", settings)).sent).toEqual({});
  });

  test("of which several may be called is nothing to say, or to warn of, where one cannot say otherwise", async () => {
    const settings: ModelSettings = { parallelToolCalls: true };
    const { sent, warnings } = await send("deepseek", "deepseek-chat", settings, { tools });
    expect(sent).not.toHaveProperty("parallel_tool_calls");
    expect(warnings).toEqual([]);
  });

  test("that a server takes for something else is dropped with a warning", async () => {
    const { sent, warnings } = await send("llama-cpp", "m", { toolChoice: { name: "look" } }, { tools });
    expect(sent).toEqual({});
    expect(warnings).toEqual(["namedToolChoice is not offered by llama.cpp for this model and was dropped."]);
  });

  test("strict tools are passed on, or said to be loose", async () => {
    const strict = [{ name: "look", parameters: {}, isStrict: true }];
    const openAi = await sendTo(server, { vendor: "openai" }, { tools: strict });
    expect(openAi.body["tools"]).toEqual([
      { type: "function", function: { name: "look", parameters: {}, strict: true } },
    ]);
    const ollama = await sendTo(server, { vendor: "ollama" }, { tools: strict });
    expect(ollama.body["tools"]).toEqual([{ type: "function", function: { name: "look", parameters: {} } }]);
    expect(ollama.warnings).toEqual(["Strict tools are not offered by Ollama: arguments may break their schema."]);
  });

  test("is refused by a vendor without tools", async () => {
    await expect(sendTo(server, { vendor: "perplexity" }, { tools })).rejects.toMatchObject({
      code: "not_translatable",
    });
  });
});

describe("JSON", () => {
  const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
  const output = { name: "answer", description: "All of it", schema };

  test("by its schema, strict as wanted or as fits", async () => {
    const format = { name: "answer", description: "All of it", schema };
    const { body } = await sendTo(server, { vendor: "openai" }, { output });
    expect(body["response_format"]).toEqual({ type: "json_schema", json_schema: { ...format, strict: true } });
    const loose = await sendTo(server, { vendor: "openai" }, { output: { ...output, isStrict: false } });
    expect(loose.body["response_format"]).toEqual({ type: "json_schema", json_schema: { ...format, strict: false } });
  });

  test.each<[OpenAiVendor, string]>([
    ["deepseek", "deepseek-chat"],
    ["groq", "llama-3.3-70b-versatile"],
  ])("of %s's %s has no schema, which the prompt then holds", async (vendor, model) => {
    const { body } = await sendTo(server, { vendor }, { model, output });
    expect(body["response_format"]).toEqual({ type: "json_object" });
    expect(body["messages"]).toMatchObject([
      { role: "system", content: expect.stringContaining("JSON Schema") as string },
      {},
    ]);
  });

  test("of Groq's newer models has a schema, but not beside tools", async () => {
    const model = "openai/gpt-oss-20b";
    expect((await sendTo(server, { vendor: "groq" }, { model, output })).body["response_format"]).toMatchObject({
      type: "json_schema",
    });
    const { body } = await sendTo(server, { vendor: "groq" }, { model, output, tools });
    expect(body).not.toHaveProperty("response_format");
    expect(body["messages"]).toMatchObject([{ content: expect.stringContaining("JSON Schema") as string }, {}]);
  });

  test("without a schema is asked for, with the word that vendors insist on", async () => {
    const settings = { jsonMode: true };
    const bare = await sendTo(server, { vendor: "openai" }, { settings });
    expect(bare.body).toMatchObject({ response_format: { type: "json_object" }, messages: [{ role: "system" }, {}] });
    const told = [{ role: "user", content: "Give me json." } as const];
    const { body } = await sendTo(server, { vendor: "openai" }, { settings, messages: told });
    expect(body).toMatchObject({ response_format: { type: "json_object" }, messages: told });
    const none = await sendTo(server, { vendor: "perplexity" }, { settings });
    expect(none.body).not.toHaveProperty("response_format");
    expect(none.warnings).toEqual([
      "jsonMode is not offered by Perplexity for this request: the model is only told to answer with JSON.",
    ]);
  });

  test("follows the config where it says that a server has no schemas", async () => {
    const model = "openai/gpt-oss-20b";
    const { body } = await sendTo(server, { vendor: "groq", hasSchemaMode: false }, { model, output });
    expect(body["response_format"]).toEqual({ type: "json_object" });
    expect(server.connect({ vendor: "groq", hasSchemaMode: false }).hasSchemaMode).toBe(false);
    expect(server.connect({ vendor: "mistral" }).hasSchemaMode).toBe(true);
  });
});

test("usage of a stream is asked for, unless it comes unasked", async () => {
  const asked = await send("groq", "m", {}, { stream: true });
  expect(asked.sent).toEqual({ stream: true, stream_options: { include_usage: true } });
  const foreign = { dialect: "openai-chat", body: { messages: [], stream: true, own: 1 } } as const;
  const relayed = await sendTo(server, { vendor: "mistral" }, { stream: true, foreign });
  expect(relayed.body).toEqual({ model: "m-1", messages: [], stream: true, own: 1 });
  expect((await send("mistral", "m", {}, { stream: true })).sent).toEqual({ stream: true });
});
