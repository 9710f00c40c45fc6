import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ModelSettings } from "../../message.ts";
import { lastBody, openScriptedResponses, toRequest, type ScriptedResponses } from "./openai-responses-fixture.ts";

let bench: ScriptedResponses;

beforeEach(async () => {
  bench = await openScriptedResponses();
});

afterEach(() => bench.close());

async function bodyOf(settings: ModelSettings, model = "m-1"): Promise<Readonly<Record<string, unknown>>> {
  await bench.complete(toRequest({ settings, model }));
  return lastBody(bench);
}

describe("a setting", () => {
  test("that the API has is carried in its words", async () => {
    await bench.complete(
      toRequest({
        settings: {
          temperature: 0,
          topP: 0.5,
          maxOutputTokens: 99,
          toolChoice: { name: "look" },
          parallelToolCalls: false,
          topLogprobs: 2,
          jsonMode: true,
          verbosity: "low",
          serviceTier: "flex",
          user: "u-1",
        },
        tools: [
          { name: "look", description: "Looks", parameters: { type: "object" } },
          { name: "wait", parameters: { type: "object" }, isStrict: true },
        ],
      }),
    );
    expect(lastBody(bench)).toEqual({
      model: "m-1",
      input: [{ role: "user", content: "Hi" }],
      store: false,
      temperature: 0,
      top_p: 0.5,
      max_output_tokens: 99,
      tools: [
        { type: "function", name: "look", description: "Looks", parameters: { type: "object" }, strict: false },
        { type: "function", name: "wait", parameters: { type: "object" }, strict: true },
      ],
      tool_choice: { type: "function", name: "look" },
      parallel_tool_calls: false,
      top_logprobs: 2,
      include: ["message.output_text.logprobs"],
      text: { format: { type: "json_object" }, verbosity: "low" },
      service_tier: "flex",
      safety_identifier: "u-1",
    });
    expect(bench.warnings).toEqual([]);
  });

  test("that the API lacks is dropped, and the client is told", async () => {
    const body = await bodyOf({ stop: ["END"], seed: 7, presencePenalty: 1, frequencyPenalty: 1, topK: 5 });
    expect(Object.keys(body)).toEqual(["model", "input", "store"]);
    await bodyOf({ stop: [] });
    expect(bench.warnings).toEqual(
      ["stop", "seed", "presencePenalty", "frequencyPenalty", "topK"].map(
        (name) => `${name} is not offered by the Responses API and was dropped.`,
      ),
    );
  });

  test("about tools is left out where there are none", async () => {
    expect(await bodyOf({ toolChoice: "none", parallelToolCalls: true })).not.toHaveProperty("tool_choice");
    expect(lastBody(bench)).not.toHaveProperty("parallel_tool_calls");
  });

  test("for fewer tokens than OpenAI takes asks for as few as it takes", async () => {
    expect(await bodyOf({ maxOutputTokens: 5 })).toMatchObject({ max_output_tokens: 16 });
    expect(bench.warnings).toEqual(["maxOutputTokens below 16 is not offered by this provider: 16 was taken."]);
    await bench.complete(toRequest({ settings: { maxOutputTokens: 5 } }), bench.createProvider({ vendor: "xai" }));
    expect(lastBody(bench)).toMatchObject({ max_output_tokens: 5 });
  });

  test("for the end user fits OpenAI's field, and goes to others as it is", async () => {
    const user = "a".repeat(65);
    const body = await bodyOf({ user });
    expect(body["safety_identifier"]).toMatch(/^[0-9a-f]{64}$/);
    await bench.complete(toRequest({ settings: { user } }), bench.createProvider({ vendor: "xai" }));
    expect(lastBody(bench)).toMatchObject({ user });
    const dated = { vendor: "azure", baseUrl: bench.url, apiVersion: "2025-03-01-preview" } as const;
    await bench.complete(toRequest({ settings: { user } }), bench.createProvider(dated));
    expect(lastBody(bench)).toMatchObject({ user });
  });

  test("for log-probabilities is doubled for xAI", async () => {
    await bench.complete(toRequest({ settings: { topLogprobs: 0 } }), bench.createProvider({ vendor: "xai" }));
    expect(lastBody(bench)).toMatchObject({ logprobs: true, top_logprobs: 0 });
  });

  test("of the answer's schema is strict where the schema allows it, or as it is wished", async () => {
    const open = { type: "object", properties: { a: { type: "string" } } };
    const closed = { ...open, required: ["a"], additionalProperties: false };
    const outputs = [
      { name: "an answer", description: "What it is", schema: closed },
      { name: "answer", schema: open },
      { name: "a".repeat(65), schema: closed, isStrict: false },
    ];
    for (const output of outputs) await bench.complete(toRequest({ output, settings: { jsonMode: true } }));
    expect(bench.seen.map(({ body }) => body["text"])).toEqual([
      {
        format: {
          type: "json_schema",
          name: "an_answer",
          description: "What it is",
          schema: closed,
          strict: true,
        },
      },
      { format: { type: "json_schema", name: "answer", schema: open, strict: false } },
      { format: { type: "json_schema", name: "a".repeat(64), schema: closed, strict: false } },
    ]);
  });
});

describe("a model", () => {
  test.each([
    ["gpt-5-mini", { reasoningEffort: "minimal" }, { effort: "minimal", summary: "auto" }],
    ["o3", { reasoningEffort: "high" }, { effort: "high", summary: "auto" }],
    ["openai/gpt-5.1", { reasoningEffort: "none" }, { effort: "none" }],
    ["gpt-5", { reasoningTokens: 10_000 }, { effort: "medium", summary: "auto" }],
    ["gpt-5.1", { reasoningTokens: 0 }, { effort: "none" }],
    ["o3", { reasoningTokens: 500 }, { effort: "low", summary: "auto" }],
    ["my-deployment", { reasoningEffort: "max" }, { effort: "max" }],
    ["my-deployment", { reasoningTokens: 100_000 }, { effort: "high" }],
    ["my-deployment", { reasoningTokens: 0 }, undefined],
    ["gpt-5", {}, undefined],
  ] as const)("named %s that is set to %o reasons as %o", async (model, settings, expected) => {
    expect((await bodyOf(settings, model))["reasoning"]).toEqual(expected);
    expect(bench.warnings).toEqual([]);
  });

  test.each([
    ["o3", 0, "reasoningTokens 0 is not offered by this model: low was taken."],
    ["gpt-4o", 5000, "reasoningTokens is not offered by this model and was dropped."],
  ])("named %s cannot be set to %s tokens of reasoning, and the client is told", async (model, tokens, warning) => {
    await bodyOf({ reasoningTokens: tokens }, model);
    expect(bench.warnings).toEqual([warning]);
  });

  test.each([
    ["o4-mini", "none", "low"],
    ["gpt-5", "xhigh", "high"],
    ["gpt-5-pro", "low", "high"],
    ["gpt-5.1-codex", "minimal", "low"],
    ["gpt-5.1-chat-latest", "high", "medium"],
    ["grok-3-mini", "max", "high"],
    ["grok-3-mini", "medium", "low"],
  ] as const)("named %s that does not know the effort %s takes the nearest, %s", async (model, wanted, taken) => {
    expect(await bodyOf({ reasoningEffort: wanted }, model)).toMatchObject({ reasoning: { effort: taken } });
    expect(bench.warnings).toEqual([`reasoningEffort ${wanted} is not offered by this model: ${taken} was taken.`]);
  });

  test.each([
    ["gpt-4o", "high", true],
    ["ft:gpt-4.1-mini:me::1", "none", false],
    ["gpt-5-chat-latest", "low", true],
    ["grok-4-0709", "high", true],
    ["grok-4-0709", "none", true],
  ] as const)("named %s whose effort cannot be set is not told %s (warns: %s)", async (model, effort, warns) => {
    expect(await bodyOf({ reasoningEffort: effort }, model)).not.toHaveProperty("reasoning");
    expect(bench.warnings).toEqual(warns ? ["reasoningEffort is not offered by this model and was dropped."] : []);
  });

  test.each([
    ["gpt-4o", undefined, true],
    ["my-deployment", "high", true],
    ["gpt-5", undefined, false],
    ["o3-mini", undefined, false],
    ["gpt-5.2", undefined, true],
    ["gpt-5.2", "low", false],
    ["gpt-5.5", undefined, false],
    ["gpt-5.5", "none", true],
    ["gpt-6-astra", "low", false],
    ["grok-4.3", "high", true],
  ] as const)("named %s at effort %s takes sampling settings: %s", async (model, reasoningEffort, takes) => {
    const body = await bodyOf({ temperature: 0.5, topP: 0.5, topLogprobs: 1, reasoningEffort }, model);
    expect(["temperature", "top_p", "top_logprobs"].filter((field) => field in body)).toHaveLength(takes ? 3 : 0);
    const told = ["temperature", "topP", "topLogprobs"];
    expect(bench.warnings).toEqual(
      takes ? [] : told.map((name) => `${name} is not offered by a model that reasons and was dropped.`),
    );
  });

  test("that reasons is spared settings that say what it does anyway", async () => {
    await bodyOf({ temperature: 1, topP: 1 }, "gpt-5");
    expect(lastBody(bench)).not.toHaveProperty("temperature");
    expect(bench.warnings).toEqual([]);
  });

  test.each([
    ["o3", ["reasoning.encrypted_content"]],
    ["openai.gpt-5.5", ["reasoning.encrypted_content"]],
    ["gpt-4o", undefined],
    ["gpt-5-chat-latest", undefined],
    ["my-deployment", undefined],
  ])("named %s is asked to include %o", async (model, include) => {
    expect((await bodyOf({}, model))["include"]).toEqual(include);
  });

  test("of xAI is always asked for sealed reasoning", async () => {
    await bench.complete(toRequest(), bench.createProvider({ vendor: "xai" }));
    expect(lastBody(bench)).toMatchObject({ include: ["reasoning.encrypted_content"] });
  });

  test.each([
    ["gpt-5.1", "high", { verbosity: "high" }, []],
    ["gpt-4o", "medium", undefined, []],
    ["gpt-4o", "high", undefined, ["verbosity is not offered by this model and was dropped."]],
  ] as const)("named %s at verbosity %s is told %o", async (model, verbosity, text, warnings) => {
    expect((await bodyOf({ verbosity }, model))["text"]).toEqual(text);
    expect(bench.warnings).toEqual(warnings);
  });
});

describe("an account that may not see summaries", () => {
  const refusal = {
    status: 400,
    body: { error: { message: "Verify.", type: "invalid_request_error", param: "reasoning.summary", code: "x_y" } },
  };
  const thinking = toRequest({ model: "o3", settings: { reasoningEffort: "low" } });

  test("is answered without them, and from then on not asked for them", async () => {
    bench.script(refusal);
    expect(await bench.complete(thinking)).toMatchObject({ text: "Hello." });
    await bench.complete(thinking);
    expect(bench.seen.map(({ body }) => body["reasoning"])).toEqual([
      { effort: "low", summary: "auto" },
      { effort: "low" },
      { effort: "low" },
    ]);
    expect(bench.warnings).toEqual(["summaries of the reasoning are not offered to this account and were dropped."]);
  });

  test("is not asked twice for anything else", async () => {
    bench.script({ status: 400, body: { error: { param: "reasoning.effort" } } });
    await expect(bench.complete(thinking)).rejects.toMatchObject({ code: "provider_rejected" });
    expect(bench.seen).toHaveLength(1);
  });
});
