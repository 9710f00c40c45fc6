import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Message, ModelSettings } from "../../message.ts";
import { claude, openScriptedBedrock, type ScriptedBedrock } from "./scripted-bedrock-fixture.ts";

let bench: ScriptedBedrock;
beforeAll(async () => {
  bench = await openScriptedBedrock();
});
beforeEach(() => {
  (bench.warnings as string[]).length = 0;
});
afterAll(() => bench.close());

const old = "anthropic.claude-3-5-sonnet-20240620-v1:0";
const adaptive = "us.anthropic.claude-sonnet-4-6";
const newest = "global.anthropic.claude-sonnet-5-5";
const nova = "us.amazon.nova-2-lite-v1:0";
const oss = "openai.gpt-oss-120b-1:0";
const qwen = "qwen.qwen3-32b-v1:0";
const llama = "us.meta.llama4-scout-17b-instruct-v1:0";

describe("settings", () => {
  test("that Converse knows are sent in its words", async () => {
    const settings = { temperature: 0, topP: 0.5, maxOutputTokens: 9, stop: ["END", ""], topK: 5, serviceTier: "flex" };
    expect(await bench.ask({ model: old, settings })).toMatchObject({
      inferenceConfig: { temperature: 0, topP: 0.5, maxTokens: 9, stopSequences: ["END"] },
      additionalModelRequestFields: { top_k: 5 },
      serviceTier: { type: "flex" },
    });
    expect(bench.warnings).toEqual([]);
  });

  test("that are absent are left to Bedrock", async () => {
    expect(Object.keys(await bench.ask({ settings: { stop: [], serviceTier: "auto" } }))).toEqual(["messages"]);
  });

  test("that Bedrock lacks are dropped, each with a warning", async () => {
    const settings: ModelSettings = {
      seed: 1,
      presencePenalty: 1,
      frequencyPenalty: 1,
      topLogprobs: 2,
      verbosity: "low",
      user: "u",
    };
    expect(Object.keys(await bench.ask({ settings }))).toEqual(["messages"]);
    expect(bench.warnings).toEqual(
      Object.keys(settings).map((name) => `${name} is not offered by Bedrock and was dropped.`),
    );
  });

  const table: readonly (readonly [string, ModelSettings, Record<string, unknown>, readonly RegExp[]])[] = [
    [claude, { temperature: 1.5 }, { inferenceConfig: { temperature: 1 } }, [/temperature ends at 1/]],
    [
      claude,
      { temperature: 0.2, topP: 0.9 },
      { inferenceConfig: { temperature: 0.2 } },
      [/topP .* beside a temperature/],
    ],
    [claude, { temperature: 0.2, topP: 1 }, { inferenceConfig: { temperature: 0.2 } }, []],
    [claude, { topP: 0.9 }, { inferenceConfig: { topP: 0.9 } }, []],
    [llama, { temperature: 0.2, topP: 0.9 }, { inferenceConfig: { temperature: 0.2, topP: 0.9 } }, []],
    [nova, { topK: 5 }, { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } }, []],
    [llama, { topK: 5 }, {}, [/topK is not offered by this model/]],
    [oss, { stop: ["x"], temperature: 0.2 }, { inferenceConfig: { temperature: 0.2 } }, [/stop is not offered/]],
    [newest, { temperature: 0.2, topP: 0.9, topK: 2 }, {}, [/topK/, /temperature/, /topP/]],
    [newest, { temperature: 1, topP: 1 }, {}, []],
    [claude, { serviceTier: "standard_only" }, { serviceTier: { type: "default" } }, []],
    [claude, { serviceTier: "scale" }, {}, [/serviceTier/]],
  ];
  test.each(table)("of %s %o are put right", async (model, settings, expected, warnings) => {
    const { messages: _messages, ...body } = await bench.ask({ model, settings });
    expect(body).toEqual(expected);
    expect(bench.warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning) as string));
  });
});

describe("thinking", () => {
  const enabled = (tokens: number) => ({
    additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: tokens } },
  });
  const adapted = (effort: string, more = {}) => ({
    additionalModelRequestFields: { thinking: { type: "adaptive", ...more }, output_config: { effort } },
  });
  const shown = { display: "summarized" };
  const novaAt = (effort: string) => ({
    additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } },
  });
  const table: readonly (readonly [string, ModelSettings, Record<string, unknown>, readonly RegExp[]])[] = [
    [claude, { reasoningEffort: "medium" }, enabled(8192), []],
    [claude, { reasoningTokens: 5000 }, enabled(5000), []],
    [claude, { reasoningTokens: 5000, reasoningEffort: "high" }, enabled(5000), []],
    [claude, { reasoningTokens: 100 }, enabled(1024), [/changed to 1024/]],
    [
      claude,
      { reasoningEffort: "high", maxOutputTokens: 3000 },
      { inferenceConfig: { maxTokens: 3000 }, ...enabled(2400) },
      [],
    ],
    [
      claude,
      { reasoningEffort: "high", maxOutputTokens: 1000 },
      { inferenceConfig: { maxTokens: 1000 } },
      [/leaves no room/],
    ],
    [
      claude,
      { reasoningEffort: "low", temperature: 0.2, topP: 0.9, topK: 3 },
      enabled(2048),
      [/topK .* thinks/, /temperature .* thinks/, /topP .* thinks/],
    ],
    [claude, { reasoningEffort: "low", temperature: 1 }, enabled(2048), []],
    [claude, { reasoningEffort: "none", temperature: 0.2 }, { inferenceConfig: { temperature: 0.2 } }, []],
    [claude, { reasoningTokens: 0 }, {}, []],
    [claude, { reasoningTokens: 0, reasoningEffort: "high" }, {}, []],
    [
      claude,
      { reasoningTokens: 5000, maxOutputTokens: 3000 },
      { inferenceConfig: { maxTokens: 3000 }, ...enabled(2999) },
      [/changed to 2999/],
    ],
    [old, { reasoningEffort: "high" }, {}, [/reasoningEffort is not offered by this model/]],
    [adaptive, { reasoningEffort: "high" }, adapted("high"), []],
    [adaptive, { reasoningEffort: "minimal" }, adapted("low"), [/minimal is told to this model as low/]],
    [adaptive, { reasoningEffort: "xhigh" }, adapted("high"), [/xhigh is told to this model as high/]],
    [adaptive, { reasoningEffort: "max" }, adapted("max"), []],
    [adaptive, { reasoningTokens: 8000 }, enabled(8000), []],
    ["anthropic.claude-opus-4-8", { reasoningTokens: 8000 }, adapted("medium", shown), []],
    ["anthropic.claude-opus-4-8", { reasoningTokens: 99_000 }, adapted("high", shown), []],
    [qwen, { reasoningTokens: 5000 }, { additionalModelRequestFields: { reasoning_config: "low" } }, []],
    [old, { reasoningTokens: 5000 }, {}, [/^reasoningTokens is not offered by this model/]],
    [claude, { reasoningEffort: "max" }, enabled(32_000), []],
    [adaptive, { reasoningEffort: "none" }, { additionalModelRequestFields: { thinking: { type: "disabled" } } }, []],
    [newest, { reasoningEffort: "xhigh" }, adapted("xhigh", shown), []],
    [
      newest,
      { reasoningEffort: "none" },
      { additionalModelRequestFields: { output_config: { effort: "low" } } },
      [/always thinks/],
    ],
    [
      nova,
      { reasoningEffort: "medium", maxOutputTokens: 5 },
      { inferenceConfig: { maxTokens: 5 }, ...novaAt("medium") },
      [],
    ],
    [
      nova,
      { reasoningEffort: "high", maxOutputTokens: 5, temperature: 0.5, topP: 0.5, topK: 5 },
      novaAt("high"),
      [/topK/, /temperature/, /topP/, /maxOutputTokens/],
    ],
    [
      nova,
      { reasoningEffort: "none" },
      { additionalModelRequestFields: { reasoningConfig: { type: "disabled" } } },
      [],
    ],
    [oss, { reasoningEffort: "max" }, { additionalModelRequestFields: { reasoning_effort: "high" } }, [/max is told/]],
    [oss, { reasoningEffort: "none" }, {}, [/always thinks/]],
    [qwen, { reasoningEffort: "medium" }, { additionalModelRequestFields: { reasoning_config: "low" } }, [/medium is/]],
    [qwen, { reasoningEffort: "none" }, {}, [/always thinks/]],
    [llama, { reasoningEffort: "low" }, {}, [/reasoningEffort is not offered/]],
    [llama, { reasoningEffort: "none" }, {}, []],
  ];
  test.each(table)("of %s with %o is told in its words", async (model, settings, expected, warnings) => {
    const { messages: _messages, ...body } = await bench.ask({ model, settings });
    expect(body).toEqual(expected);
    expect(bench.warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning) as string));
  });

  const look = { name: "look", parameters: { type: "object", properties: {} } };
  const toTurn = (sealed: boolean): Message[] => [
    { role: "user", content: "Hi" },
    {
      role: "assistant",
      content: "",
      toolCalls: [{ id: "a", name: "look", arguments: "{}" }],
      ...(sealed ? { reasoning: [{ vendor: "anthropic", text: "Hm.", signature: "s" }] } : {}),
    },
    { role: "tool", toolCallId: "a", content: "a cat" },
  ];

  test("goes on after tool calls only with the reasoning that led to them, where Claude insists on it", async () => {
    const settings = { reasoningEffort: "low" } as const;
    const ask = async (model: string, sealed: boolean) =>
      (await bench.ask({ model, settings, tools: [look], messages: toTurn(sealed) }))["additionalModelRequestFields"];
    expect(await ask(claude, true)).toHaveProperty("thinking");
    expect(await ask(adaptive, false)).toHaveProperty("thinking");
    expect(bench.warnings).toEqual([]);
    const answered: Message[] = [
      ...toTurn(false),
      { role: "assistant", content: "So" },
      { role: "user", content: "?" },
    ];
    const later = await bench.ask({ model: claude, settings, tools: [look], messages: answered });
    expect(later["additionalModelRequestFields"]).toHaveProperty("thinking");
    expect(bench.warnings).toEqual([]);
    expect(await ask(claude, false)).toBeUndefined();
    expect(bench.warnings).toEqual([expect.stringMatching(/not handed back/)]);
  });

  test("gives way to a forced tool on Claude, and not on Nova", async () => {
    const settings = { reasoningEffort: "low", toolChoice: "required" } as const;
    const toolConfig = { tools: [expect.anything() as unknown], toolChoice: { any: {} } };
    for (const model of [claude, adaptive]) {
      const body = await bench.ask({ model, settings, tools: [look] });
      expect(body["toolConfig"]).toEqual(toolConfig);
      expect(body).not.toHaveProperty("additionalModelRequestFields");
    }
    expect(new Set(bench.warnings)).toEqual(
      new Set(["Reasoning was dropped: this model cannot think and be made to call a tool."]),
    );
    const other = await bench.ask({ model: nova, settings, tools: [look] });
    expect(other).toMatchObject({ toolConfig, additionalModelRequestFields: { reasoningConfig: { type: "enabled" } } });
    expect(await bench.ask({ settings })).toHaveProperty("additionalModelRequestFields.thinking");
  });
});

describe("a schema", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const output = { name: "answer", description: "What it is", schema };
  const closed = { ...schema, additionalProperties: false };
  const nullable = { ...schema, type: ["object", "null"] };
  const instruction = {
    text: expect.stringMatching(/^Answer with one JSON object that .*"required":\["a"\]/s) as string,
  };
  const toolSpec = { name: "json_answer", description: "What it is", inputSchema: { json: schema } };
  const look = { name: "look", parameters: { type: "object", properties: {} } };

  test("is obeyed by the model's own mode where it has one", async () => {
    const { messages: _messages, ...body } = await bench.ask({ output, settings: { reasoningEffort: "low" } });
    expect(body["outputConfig"]).toEqual({
      textFormat: {
        type: "json_schema",
        structure: { jsonSchema: { name: "answer", description: "What it is", schema: JSON.stringify(closed) } },
      },
    });
    expect(body).not.toHaveProperty("toolConfig");
    expect(body).not.toHaveProperty("system");
  });

  test("is made a tool that has to be called where there is no such mode, or the schema does not fit it", async () => {
    const open = { type: "object", properties: {}, additionalProperties: { type: "string" } };
    expect((await bench.ask({ output, model: old }))["toolConfig"]).toEqual({
      tools: [{ toolSpec }],
      toolChoice: { tool: { name: "json_answer" } },
    });
    expect((await bench.ask({ output: { name: "x", schema: open } }))["toolConfig"]).toMatchObject({
      tools: [{ toolSpec: { inputSchema: { json: open } } }],
      toolChoice: { tool: { name: "json_answer" } },
    });
  });

  test("leaves the model its other tools, and takes no name of theirs", async () => {
    const tools = [look, { ...look, name: "json_answer" }];
    expect((await bench.ask({ output, tools, model: old }))["toolConfig"]).toMatchObject({
      tools: [
        { toolSpec: { name: "look" } },
        { toolSpec: { name: "json_answer" } },
        { toolSpec: { name: "json_answer_" } },
      ],
      toolChoice: { any: {} },
    });
  });

  test("needs nothing said of calls side by side where it is the only tool", async () => {
    for (const model of [old, "us.amazon.nova-pro-v1:0"]) {
      const body = await bench.ask({ output, model, settings: { parallelToolCalls: false } });
      expect(body["toolConfig"]).toMatchObject({ toolChoice: { tool: { name: "json_answer" } } });
    }
    expect(bench.warnings).toEqual([]);
  });

  test.each([
    ["a model that cannot be forced", { model: llama }],
    ["a model that always thinks", { model: newest }],
    ["a model that thinks", { model: adaptive, settings: { reasoningEffort: "low" } }],
    ["a client that wants another tool called", { model: old, tools: [look], settings: { toolChoice: "required" } }],
    ["a schema that is no object", { model: old, output: { name: "x", schema: nullable } }],
  ] as const)("is told in words to %s", async (_what, request) => {
    const body = await bench.ask({ output, ...request });
    expect(body["system"]).toEqual([instruction]);
    expect(bench.warnings).toContain("output is not enforced here: it was put into the prompt.");
    expect(JSON.stringify(body)).not.toContain("json_answer");
    expect(body).not.toHaveProperty("outputConfig");
  });

  test("that is not there leaves JSON to be asked for in words", async () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ];
    expect((await bench.ask({ messages, settings: { jsonMode: true } }))["system"]).toEqual([
      { text: "Be brief." },
      { text: "Answer with one JSON object, and with nothing else." },
    ]);
    expect(bench.warnings).toEqual(["jsonMode is not enforced here: it was put into the prompt."]);
  });
});
