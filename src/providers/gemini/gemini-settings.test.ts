import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ModelSettings, ToolSpec } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { openScriptedGemini, send as sendTo, type ScriptedGemini, type Sent } from "./gemini-fixture.ts";

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

const send = (request: Partial<ModelRequest>, auth?: "api-key" | "bearer"): Promise<Sent> =>
  sendTo(upstream, request, auth);

async function sendSettings(
  settings: ModelSettings,
  model = "gemini-3.5-flash",
): Promise<[unknown, readonly string[]]> {
  const { body, warnings } = await send({ settings, model });
  return [body["generationConfig"], warnings];
}

describe("tools", () => {
  const tools: ToolSpec[] = [
    { name: "f", description: "Does.", parameters: { type: "object", properties: { a: { const: 1 } } } },
    { name: "g", parameters: { type: "object" } },
  ];

  test("are declared with their JSON Schema as it is", async () => {
    const { body } = await send({ tools });
    expect(body["tools"]).toEqual([
      {
        functionDeclarations: [
          { name: "f", description: "Does.", parametersJsonSchema: tools[0]?.parameters },
          { name: "g", parametersJsonSchema: { type: "object" } },
        ],
      },
    ]);
    expect(body["toolConfig"]).toBeUndefined();
  });

  test.each([
    ["auto", { mode: "AUTO" }],
    ["none", { mode: "NONE" }],
    ["required", { mode: "ANY" }],
    [{ name: "g" }, { mode: "ANY", allowedFunctionNames: ["g"] }],
  ] as const)("chosen by %o mean %o", async (toolChoice, functionCallingConfig) => {
    const { body } = await send({ tools, settings: { toolChoice } });
    expect(body["toolConfig"]).toEqual({ functionCallingConfig });
    expect((await send({ settings: { toolChoice } })).body["toolConfig"]).toBeUndefined();
  });

  test("that are strict have their calls validated, unless the choice says more", async () => {
    const strict = [{ ...tools[0]!, isStrict: true }];
    expect((await send({ tools: strict })).body["toolConfig"]).toEqual({
      functionCallingConfig: { mode: "VALIDATED" },
    });
    const { body } = await send({ tools: strict, settings: { toolChoice: "required" } });
    expect(body["toolConfig"]).toEqual({ functionCallingConfig: { mode: "ANY" } });
  });
});

describe("a schema", () => {
  const schema = { type: "object", properties: { kind: { const: "a" } } };
  const output = { name: "answer", schema };
  const sent = { type: "object", properties: { kind: { enum: ["a"] } } };
  const tools: ToolSpec[] = [{ name: "f", parameters: {} }];

  test("is sent as JSON Schema, in the forms that Google takes", async () => {
    const { body } = await send({ output, settings: { jsonMode: true } });
    expect(body["generationConfig"]).toEqual({ responseMimeType: "application/json", responseJsonSchema: sent });
  });

  test("goes beside tools from Gemini 3 on", async () => {
    const { body, warnings } = await send({ output, tools });
    expect(body["generationConfig"]).toMatchObject({ responseJsonSchema: sent });
    expect(warnings).toEqual([]);
  });

  test("beside tools of an older model is said in the prompt, with a warning", async () => {
    const messages = [{ role: "system", content: "Be brief." } as const, { role: "user", content: "Hi" } as const];
    const { body, warnings } = await send({ messages, output, tools, model: "gemini-2.5-flash" });
    expect(body["generationConfig"]).toBeUndefined();
    expect(body["systemInstruction"]).toEqual({
      parts: [{ text: "Be brief." }, { text: expect.stringContaining(JSON.stringify(schema)) as string }],
    });
    expect(body["contents"]).toEqual([{ role: "user", parts: [{ text: "Hi" }] }]);
    expect(warnings).toEqual(["This Gemini model takes no schema beside tools: it was put into the prompt."]);
  });

  test.each(["gemini-3.5-flash", "gemini-2.5-flash"])("is not told to %s where it must call a tool", async (model) => {
    const { body, warnings } = await send({ output, tools, model, settings: { toolChoice: "required" } });
    expect(JSON.stringify(body)).not.toContain("kind");
    expect(warnings).toEqual([]);
  });

  test("may be absent: any JSON", async () => {
    expect(await sendSettings({ jsonMode: true })).toEqual([{ responseMimeType: "application/json" }, []]);
    const { body, warnings } = await send({ tools, model: "gemini-2.5-flash", settings: { jsonMode: true } });
    expect(body["generationConfig"]).toBeUndefined();
    expect(warnings).toEqual(["jsonMode is not offered by this Gemini model beside tools and was dropped."]);
  });
});

describe("settings", () => {
  test("have Google's names", async () => {
    const settings = { temperature: 0, topP: 0.5, topK: 4, maxOutputTokens: 9, stop: ["a", "b"], seed: 0 };
    expect(await sendSettings(settings)).toEqual([
      { temperature: 0, topP: 0.5, topK: 4, maxOutputTokens: 9, stopSequences: ["a", "b"], seed: 0 },
      [],
    ]);
    expect((await send({ settings: { stop: [] } })).body["generationConfig"]).toBeUndefined();
  });

  test("that no Gemini has are dropped with a warning each", async () => {
    const settings = { parallelToolCalls: false, verbosity: "low", user: "u1" } as const;
    expect(await sendSettings(settings)).toEqual([
      undefined,
      ["verbosity", "user", "parallelToolCalls"].map((name) => `${name} is not offered by Gemini and was dropped.`),
    ]);
    expect(await sendSettings({ parallelToolCalls: true })).toEqual([undefined, []]);
  });

  test("stop at five sequences", async () => {
    const [config, warnings] = await sendSettings({ stop: ["1", "2", "3", "4", "5", "6"] });
    expect(config).toEqual({ stopSequences: ["1", "2", "3", "4", "5"] });
    expect(warnings).toHaveLength(1);
  });

  test.each([
    ["gemini-2.0-flash", "api-key", true],
    ["gemini-2.5-flash", "api-key", false],
    ["gemini-2.5-flash", "bearer", true],
    ["gemini-3.5-flash", "bearer", false],
    ["endpoints/123", "bearer", true],
  ] as const)("of penalties and log-probabilities reach %s with %s: %s", async (model, auth, isOffered) => {
    const settings = { presencePenalty: 0.5, frequencyPenalty: -0.5, topLogprobs: 3 };
    const { body, warnings } = await send({ model, settings }, auth);
    expect(body["generationConfig"]).toEqual(
      isOffered ? { presencePenalty: 0.5, frequencyPenalty: -0.5, responseLogprobs: true, logprobs: 3 } : undefined,
    );
    expect(warnings).toHaveLength(isOffered ? 0 : 3);
  });

  test("of no penalty need no warning, and log-probabilities need no runners-up", async () => {
    expect(await sendSettings({ presencePenalty: 0 })).toEqual([undefined, []]);
    expect(await sendSettings({ topLogprobs: 0 }, "gemini-2.0-flash")).toEqual([{ responseLogprobs: true }, []]);
  });

  test.each([
    ["default", "standard"],
    ["standard_only", "standard"],
    ["flex", "flex"],
    ["priority", "priority"],
    ["auto", undefined],
  ])("of the tier %s say %s: in the body, on Vertex in a header", async (serviceTier, expected) => {
    const { body, warnings } = await send({ settings: { serviceTier } });
    expect(body["serviceTier"]).toBe(expected);
    expect(warnings).toEqual([]);
    const vertex = await send({ settings: { serviceTier } }, "bearer");
    expect(vertex.body["serviceTier"]).toBeUndefined();
    expect(vertex.headers["x-vertex-ai-llm-shared-request-type"]).toBe(expected);
  });

  test("of a tier that Google lacks are dropped with a warning", async () => {
    const { body, warnings } = await send({ settings: { serviceTier: "scale" } });
    expect(body["serviceTier"]).toBeUndefined();
    expect(warnings).toEqual(["This serviceTier is not offered by Gemini and was dropped."]);
  });
});

describe("thinking", () => {
  const budget = (thinkingBudget: number): unknown => ({ thinkingBudget, includeThoughts: true });
  const level = (thinkingLevel: string): unknown => ({ thinkingLevel, includeThoughts: true });

  test.each([
    ["gemini-2.5-flash", { reasoningEffort: "low" }, budget(1024), 0],
    ["gemini-2.5-flash", { reasoningEffort: "medium" }, budget(8192), 0],
    ["gemini-2.5-flash", { reasoningEffort: "high" }, budget(24_576), 0],
    ["gemini-2.5-flash", { reasoningEffort: "max" }, budget(24_576), 0],
    ["gemini-2.5-flash", { reasoningEffort: "none" }, { thinkingBudget: 0 }, 0],
    ["gemini-2.5-flash", { reasoningTokens: 0 }, { thinkingBudget: 0 }, 0],
    ["gemini-2.5-flash", { reasoningTokens: 5000 }, budget(5000), 0],
    ["gemini-2.5-flash", { reasoningEffort: "low", reasoningTokens: 5000 }, budget(5000), 0],
    ["gemini-2.5-flash", { reasoningTokens: 99_999 }, budget(24_576), 1],
    ["gemini-2.5-flash-lite", { reasoningTokens: 100 }, budget(512), 1],
    ["gemini-2.5-pro", { reasoningEffort: "max" }, budget(32_768), 0],
    ["gemini-2.5-pro", { reasoningEffort: "none" }, { thinkingBudget: 128 }, 1],
    ["publishers/google/models/gemini-2.5-pro", { reasoningTokens: 1 }, budget(128), 1],
    ["gemini-3-pro-preview", { reasoningEffort: "low" }, level("low"), 0],
    ["gemini-3-pro-preview", { reasoningEffort: "medium" }, level("high"), 1],
    ["gemini-3.1-pro-preview", { reasoningEffort: "medium" }, level("medium"), 0],
    ["gemini-3.1-pro-preview", { reasoningEffort: "minimal" }, level("low"), 1],
    ["gemini-3.5-flash", { reasoningEffort: "minimal" }, level("minimal"), 0],
    ["gemini-3.5-flash", { reasoningEffort: "none" }, { thinkingLevel: "minimal" }, 1],
    ["gemini-3.5-flash", { reasoningEffort: "max" }, level("high"), 1],
    ["gemini-3.5-flash", { reasoningTokens: 500 }, level("minimal"), 0],
    ["gemini-3.5-flash", { reasoningTokens: 4000 }, level("low"), 0],
    ["gemini-3.5-flash", { reasoningTokens: 10_000 }, level("medium"), 0],
    ["gemini-3.5-flash", { reasoningTokens: 30_000 }, level("high"), 0],
    ["gemini-3-pro-preview", { reasoningTokens: 10_000 }, level("high"), 0],
    ["gemini-3.5-flash", { reasoningTokens: 0 }, { thinkingLevel: "minimal" }, 1],
    ["gemini-3.5-flash", { reasoningEffort: "low", reasoningTokens: 9 }, level("low"), 0],
    ["gemini-3.7-flash", { reasoningEffort: "minimal" }, level("low"), 1],
    ["gemini-3.5-flash", { reasoningEffort: "low", reasoningTokens: 0 }, level("low"), 0],
    ["gemini-3.7-flash-lite", { reasoningEffort: "minimal" }, level("minimal"), 0],
    ["gemini-flash-latest", { reasoningEffort: "minimal" }, level("low"), 1],
    ["gemini-flash-lite-latest", { reasoningEffort: "minimal" }, level("minimal"), 0],
    ["gemini-4-hydrogen", { reasoningEffort: "xhigh" }, level("xhigh"), 0],
    ["gemini-9-neon", { reasoningEffort: "high" }, level("high"), 0],
    ["endpoints/123", { reasoningEffort: "high" }, level("high"), 0],
    ["gemini-2.0-flash", { reasoningEffort: "high" }, undefined, 1],
    ["gemini-2.0-flash", { reasoningEffort: "none" }, undefined, 0],
    ["gemma-3-27b-it", { reasoningTokens: 5 }, undefined, 1],
  ] as const)("of %s told %o is %o, with %s warnings", async (model, settings, thinkingConfig, count) => {
    const [config, warnings] = await sendSettings(settings, model);
    expect(config).toEqual(thinkingConfig === undefined ? undefined : { thinkingConfig });
    expect(warnings).toHaveLength(count);
  });

  test.each([
    [
      "gemini-3-pro-preview",
      { reasoningEffort: "medium" },
      "reasoningEffort medium is not offered by this Gemini model: high was taken.",
    ],
    [
      "gemini-3.5-flash",
      { reasoningTokens: 0 },
      "reasoningTokens 0 is not offered by this Gemini model: minimal was taken.",
    ],
    ["gemma-3-27b-it", { reasoningTokens: 5 }, "reasoningTokens is not offered by this Gemini model and was dropped."],
    [
      "gemini-2.0-flash",
      { reasoningEffort: "high" },
      "reasoningEffort is not offered by this Gemini model and was dropped.",
    ],
  ] as const)("of %s told %o warns of what was asked for, once", async (model, settings, warning) => {
    const [, warnings] = await sendSettings(settings, model);
    expect(warnings).toEqual([warning]);
  });

  test("is left to the model where nobody asks", async () => {
    expect((await send({})).body).toEqual({ contents: [{ role: "user", parts: [{ text: "Hi" }] }] });
  });
});
