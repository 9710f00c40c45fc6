import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ModelSettings } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { openScriptedAnthropic, type ScriptedAnthropic, type Translated } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

type Asked = Omit<Translated, "turns">;

async function ask(model: string, settings: ModelSettings, more: Partial<ModelRequest> = {}): Promise<Asked> {
  const { body, warnings } = await bench.translate({ model, settings, ...more });
  return { body, warnings };
}

const sonnet45 = "claude-sonnet-4-5";

describe("settings", () => {
  test("that Anthropic has are sent by its names", async () => {
    const settings: ModelSettings = {
      temperature: 0.3,
      topK: 40,
      maxOutputTokens: 500,
      stop: ["END", "\n\nHuman:"],
      user: "u-1",
      serviceTier: "default",
    };
    expect(await ask(sonnet45, settings)).toEqual({
      body: {
        max_tokens: 500,
        temperature: 0.3,
        top_k: 40,
        stop_sequences: ["END", "\n\nHuman:"],
        metadata: { user_id: "u-1" },
        service_tier: "standard_only",
      },
      warnings: [],
    });
    expect((await ask("claude-3-haiku-20240307", { temperature: 0.3, topP: 0.9 })).body).toMatchObject({
      temperature: 0.3,
      top_p: 0.9,
    });
  });

  test("that Anthropic lacks are left out, each with a warning", async () => {
    const settings: ModelSettings = {
      seed: 1,
      presencePenalty: 0.1,
      frequencyPenalty: 0.1,
      topLogprobs: 3,
      verbosity: "low",
      serviceTier: "flex",
      stop: ["\n", "END"],
      temperature: 1.7,
    };
    expect(await ask(sonnet45, settings)).toEqual({
      body: { max_tokens: 32_000, stop_sequences: ["END"], temperature: 1 },
      warnings: [
        "Stop sequences of blanks are not offered by Anthropic and were dropped.",
        "This serviceTier is not offered by Anthropic and was dropped.",
        "seed is not offered by Anthropic and was dropped.",
        "presencePenalty is not offered by Anthropic and was dropped.",
        "frequencyPenalty is not offered by Anthropic and was dropped.",
        "topLogprobs is not offered by Anthropic and was dropped.",
        "verbosity is not offered by Anthropic and was dropped.",
        "temperature was lowered to 1, the most that Anthropic offers.",
      ],
    });
  });

  test.each([
    ["auto", "auto"],
    ["priority", "auto"],
    ["default", "standard_only"],
    ["standard_only", "standard_only"],
  ])("serviceTier %s is %s", async (serviceTier, expected) => {
    expect((await ask(sonnet45, { serviceTier })).body).toMatchObject({ service_tier: expected });
  });

  describe("of sampling", () => {
    const dropped = (name: string, why: string): string => `${name} is not offered ${why} and was dropped.`;
    const all: ModelSettings = { temperature: 0.2, topP: 0.5, topK: 5 };

    test.each([
      ["claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5-20251001", "claude-sonnet-4-6"],
      ["anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic/claude-opus-4.6"],
    ])("is one of temperature and topP for models such as %s", async (...models) => {
      for (const model of models) {
        const { body, warnings } = await ask(model, all);
        expect(body).toEqual({ max_tokens: expect.any(Number) as number, temperature: 0.2, top_k: 5 });
        expect(warnings).toEqual([`topP is not offered by ${model} beside a temperature and was dropped.`]);
        expect(await ask(model, { temperature: 0.2, topP: 1 })).toMatchObject({
          body: { temperature: 0.2 },
          warnings: [],
        });
        expect((await ask(model, { topP: 0.5 })).body).toMatchObject({ top_p: 0.5 });
      }
    });

    test.each([
      "claude-opus-4-7",
      "claude-opus-5",
      "claude-sonnet-5-5",
      "claude-haiku-5-5",
      "claude-fable-5-1",
      "claude-nova-9",
    ])("is not for %s", async (model) => {
      const { body, warnings } = await ask(model, all);
      expect(body).toEqual({ max_tokens: expect.any(Number) as number });
      expect(warnings).toEqual(["temperature", "topP", "topK"].map((name) => dropped(name, `by ${model}`)));
      expect(await ask(model, { temperature: 1, topP: 1 })).toMatchObject({ warnings: [] });
    });

    test("is hardly any while a model thinks", async () => {
      const { body, warnings } = await ask(sonnet45, { ...all, reasoningEffort: "low" });
      expect(Object.keys(body)).toEqual(["max_tokens", "thinking"]);
      const why = "by Anthropic together with reasoning";
      expect(warnings).toEqual(["temperature", "topP", "topK"].map((name) => dropped(name, why)));
      const near = await ask(sonnet45, { temperature: 1, topP: 0.95, reasoningEffort: "low" });
      expect(near.body).toMatchObject({ top_p: 0.95 });
      expect(near.warnings).toEqual([]);
    });
  });
});

describe("the output's schema", () => {
  const schema = { type: "object", properties: { a: { type: "integer", minimum: 1 } }, required: ["a"] };
  const output = { name: "answer", schema };
  const system = [
    {
      type: "text",
      text: `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(schema)}`,
    },
  ];

  test.each(["claude-opus-4-1", "claude-sonnet-4-5", "claude-opus-5-5"])("is enforced by %s", async (model) => {
    const { body, warnings } = await ask(model, {}, { output });
    const written = {
      type: "object",
      properties: { a: { type: "integer", description: "(minimum: 1)" } },
      required: ["a"],
      additionalProperties: false,
    };
    expect(body).toMatchObject({ output_config: { format: { type: "json_schema", schema: written } } });
    expect(body).not.toHaveProperty("system");
    expect(warnings).toEqual([]);
  });

  test.each(["claude-sonnet-4-20250514", "claude-3-5-haiku-20241022", "MiniMax-M2"])(
    "is put into the prompt for %s",
    async (model) => {
      const { body, warnings } = await ask(model, {}, { output });
      expect(body).toMatchObject({ system });
      expect(body).not.toHaveProperty("output_config");
      expect(warnings).toEqual([
        `The schema of the output cannot be enforced by ${model}, and was put into the prompt.`,
      ]);
    },
  );

  test("that Anthropic cannot express is put into the prompt, after the system's own words", async () => {
    const open = { type: "object", additionalProperties: true };
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ] as const;
    const { body } = await bench.translate({ messages, output: { name: "any", schema: open } });
    expect(body["system"]).toEqual([
      { type: "text", text: "Be brief." },
      { type: "text", text: expect.stringContaining(JSON.stringify(open)) as string },
    ]);
  });

  test("goes beside the effort", async () => {
    const { body } = await ask("claude-opus-5", { reasoningEffort: "low" }, { output });
    expect(body["output_config"]).toMatchObject({ effort: "low", format: { type: "json_schema" } });
  });

  test("may be none: then the prompt asks for JSON", async () => {
    const { body, warnings } = await ask(sonnet45, { jsonMode: true });
    expect(body["system"]).toEqual([{ type: "text", text: "Answer with one JSON object, and with nothing else." }]);
    expect(warnings).toEqual(["jsonMode is not offered by Anthropic: the prompt asks for JSON instead."]);
    expect(await ask(sonnet45, { jsonMode: true }, { output })).toMatchObject({ warnings: [] });
  });
});

describe("tools", () => {
  const parameters = { type: "object", properties: { city: { type: "string", minLength: 1 } }, required: ["city"] };
  const weather = { name: "weather", description: "Of a city.", parameters };
  const clock = { name: "clock", parameters: {} };
  const choose = async (settings: ModelSettings, model = sonnet45): Promise<Asked> =>
    ask(model, settings, { tools: [weather, clock] });

  test("are sent with their schemas, and to be cached", async () => {
    const { body } = await ask(sonnet45, {}, { tools: [weather, { ...clock, cacheTtl: "1h" }] });
    expect(body).toEqual({
      max_tokens: 32_000,
      tools: [
        { name: "weather", description: "Of a city.", input_schema: parameters },
        { name: "clock", input_schema: { type: "object" }, cache_control: { type: "ephemeral", ttl: "1h" } },
      ],
    });
  });

  test("are strict where the model and the schema allow it", async () => {
    const strict = await ask(sonnet45, {}, { tools: [{ ...weather, isStrict: true }] });
    expect(strict).toMatchObject({
      body: {
        tools: [
          {
            strict: true,
            input_schema: {
              properties: { city: { type: "string", description: "(minLength: 1)" } },
              additionalProperties: false,
            },
          },
        ],
      },
      warnings: [],
    });
    const warning = (model: string): string =>
      `Strict tools are not offered by ${model}, or not with such a schema: a tool is offered without.`;
    const old = await ask("claude-sonnet-4-0", {}, { tools: [{ ...weather, isStrict: true }] });
    expect(old.body["tools"]).toEqual([{ name: "weather", description: "Of a city.", input_schema: parameters }]);
    expect(old.warnings).toEqual([warning("claude-sonnet-4-0")]);
    expect((await ask(sonnet45, {}, { tools: [{ ...clock, isStrict: true }] })).warnings).toEqual([warning(sonnet45)]);
  });

  test.each([
    [{}, undefined],
    [{ parallelToolCalls: true }, undefined],
    [{ parallelToolCalls: false }, { type: "auto", disable_parallel_tool_use: true }],
    [{ toolChoice: "auto" }, { type: "auto" }],
    [{ toolChoice: "none", parallelToolCalls: false }, { type: "none" }],
    [{ toolChoice: "required" }, { type: "any" }],
    [
      { toolChoice: "required", parallelToolCalls: false },
      { type: "any", disable_parallel_tool_use: true },
    ],
    [{ toolChoice: { name: "clock" } }, { type: "tool", name: "clock" }],
  ] as const)("are chosen with %o as with %o", async (settings, choice) => {
    const { body, warnings } = await choose(settings);
    expect(body["tool_choice"]).toEqual(choice);
    expect(warnings).toEqual([]);
  });

  test("that cannot be forced are offered instead", async () => {
    const warnings = ["claude-opus-5-5 cannot be made to call a tool: it is offered to, and may answer otherwise."];
    const any = await choose({ toolChoice: "required" }, "claude-opus-5-5");
    expect(any.body).toMatchObject({ tool_choice: { type: "auto" }, tools: [{ name: "weather" }, { name: "clock" }] });
    expect(any.warnings).toEqual(warnings);
    const one = await choose({ toolChoice: { name: "clock" } }, "claude-opus-5-5");
    expect(one.body["tools"]).toEqual([{ name: "clock", input_schema: { type: "object" } }]);
    expect(one.warnings).toEqual(warnings);
  });

  test("that are not there are not chosen", async () => {
    const { body, warnings } = await ask("claude-opus-5-5", { toolChoice: "required", parallelToolCalls: false });
    expect(body).toEqual({ max_tokens: 64_000 });
    expect(warnings).toEqual([]);
  });
});
