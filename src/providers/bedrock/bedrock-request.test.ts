import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createAwsSigner } from "./aws-signer.ts";
import { claude, openScriptedBedrock, toBedrockRequest, type ScriptedBedrock } from "./scripted-bedrock-fixture.ts";

let bench: ScriptedBedrock;
beforeAll(async () => {
  bench = await openScriptedBedrock();
});
beforeEach(() => {
  (bench.warnings as string[]).length = 0;
});
afterAll(() => bench.close());

const nova = "us.amazon.nova-2-lite-v1:0";
const llama = "us.meta.llama4-scout-17b-instruct-v1:0";
const look = { name: "look", description: "Looks", parameters: { type: "object", properties: {} } };

describe("the way to Bedrock", () => {
  test("leads to the model by its escaped id, whole and streamed, with a key as Bearer", async () => {
    await bench.ask({});
    await bench.ask({ stream: true, model: "arn:aws:bedrock:us-east-1:1:inference-profile/a.b" });
    const [whole, streamed] = bench.seen.slice(-2);
    expect(whole?.path).toBe("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse");
    expect(streamed?.path).toBe("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fa.b/converse-stream");
    expect(whole?.headers).toMatchObject({
      authorization: "Bearer bedrock-key",
      "content-type": "application/json",
      accept: "application/json, application/vnd.amazon.eventstream",
    });
  });

  test("keeps the path of an address, and sends headers of one's own", async () => {
    const [{ headers: host }] = [bench.seen.at(-1)!];
    const headers = { "x-amzn-bedrock-trace": "enabled" };
    const provider = bench.createProvider({ baseUrl: `http://${host.host}/proxy/`, headers });
    await bench.complete({}, provider);
    expect(bench.seen.at(-1)?.path).toMatch(/^\/proxy\/model\//);
    expect(bench.seen.at(-1)?.headers["x-amzn-bedrock-trace"]).toBe("enabled");
  });

  test("is signed with AWS credentials, session token and own x-amz headers included", async () => {
    const nowMs = Date.UTC(2026, 1, 3, 4, 5, 6);
    const credentials = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token" };
    const provider = bench.createProvider({
      region: "eu-west-1",
      credentials: { type: "sigv4", ...credentials },
      clock: createManualClock(nowMs),
      headers: { "x-amz-request-tag": "mine" },
    });
    // The clock stands still, in the past: only the deadline is far from it.
    await provider.generate(toBedrockRequest(), {
      signal: new AbortController().signal,
      deadlineMs: Date.now() + 10_000,
      warn: () => {},
    });
    const { headers, path, text } = bench.seen.at(-1)!;
    const signer = createAwsSigner({ region: "eu-west-1", service: "bedrock", credentials });
    const expected = signer.sign(
      { method: "POST", host: headers.host ?? "", path, headers: { "x-amz-request-tag": "mine" }, body: text },
      nowMs,
    );
    expect(headers).toMatchObject({ ...expected, "x-amz-date": "20260203T040506Z", "x-amz-security-token": "token" });
    expect(headers.authorization).toContain("SignedHeaders=host;x-amz-date;x-amz-request-tag;x-amz-security-token");
  });
});

describe("tools", () => {
  const tools = [look, { name: "say", parameters: { type: "object" }, isStrict: true }];

  test.each([
    [claude, "auto", undefined],
    [claude, "required", { any: {} }],
    [claude, { name: "say" }, { tool: { name: "say" } }],
    [nova, { name: "say" }, { tool: { name: "say" } }],
    ["mistral.mistral-large-2402-v1:0", { name: "say" }, { any: {} }],
    [llama, "required", undefined],
  ] as const)("of %s are chosen by %o", async (model, toolChoice, expected) => {
    const { toolConfig } = await bench.ask({ model, tools: [look], settings: { toolChoice } });
    expect(toolConfig).toEqual({ tools: [expect.anything()], ...(expected ? { toolChoice: expected } : {}) });
    const isTold = bench.warnings.some((warning) => warning.startsWith("toolChoice"));
    expect(isTold).toBe(model === llama || model.startsWith("mistral"));
  });

  test("that may not be called are left out", async () => {
    expect(await bench.ask({ tools, settings: { toolChoice: "none" } })).not.toHaveProperty("toolConfig");
    expect(bench.warnings).toEqual([]);
  });

  const used = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "", toolCalls: [{ id: "a", name: "look", arguments: "{}" }] },
    { role: "tool", toolCallId: "a", content: "a cat" },
  ] as const;

  test("that were called before are declared, since their calls are refused otherwise", async () => {
    const { toolConfig } = await bench.ask({ messages: used });
    const inputSchema = { json: { type: "object", properties: {} } };
    expect(toolConfig).toEqual({ tools: [{ toolSpec: { name: "look", inputSchema } }] });
    expect(bench.warnings).toEqual([]);
  });

  test("that were called and may not be called again are kept, with a warning", async () => {
    const body = await bench.ask({ messages: used, tools: [look], settings: { toolChoice: "none" } });
    expect(body["toolConfig"]).toMatchObject({ tools: [{ toolSpec: { name: "look" } }] });
    expect(bench.warnings).toEqual(["toolChoice none is not offered by Bedrock: the model may still call a tool."]);
  });

  test("are strict where the model and the schema allow it", async () => {
    const parameters = { type: "object", properties: { at: { type: "integer", minimum: 1 } }, required: ["at"] };
    const strict = { name: "at", parameters, isStrict: true };
    const [known, old] = [
      await bench.ask({ tools: [strict] }),
      await bench.ask({ tools: [strict], model: "anthropic.claude-3-5-sonnet-20240620-v1:0" }),
    ];
    expect(known["toolConfig"]).toEqual({
      tools: [
        {
          toolSpec: {
            name: "at",
            strict: true,
            inputSchema: {
              json: {
                type: "object",
                properties: { at: { type: "integer", description: "minimum: 1" } },
                required: ["at"],
                additionalProperties: false,
              },
            },
          },
        },
      ],
    });
    expect(old["toolConfig"]).toEqual({ tools: [{ toolSpec: { name: "at", inputSchema: { json: parameters } } }] });
    expect(bench.warnings).toHaveLength(1);
  });

  test.each([
    ["auto", { type: "auto", disable_parallel_tool_use: true }],
    ["required", { type: "any", disable_parallel_tool_use: true }],
    [{ name: "look" }, { type: "tool", name: "look", disable_parallel_tool_use: true }],
  ] as const)("are called one by one by Claude if chosen by %o", async (toolChoice, expected) => {
    const settings = { toolChoice, parallelToolCalls: false };
    const body = await bench.ask({ tools: [look], settings });
    expect(body["toolConfig"]).toEqual({ tools: [expect.anything()] });
    expect(body["additionalModelRequestFields"]).toEqual({ tool_choice: expected });
  });

  test("cannot be called one by one by others, which is told", async () => {
    await bench.ask({ model: nova, settings: { parallelToolCalls: false } });
    expect(bench.warnings).toEqual([]);
    await bench.ask({ model: nova, tools: [look], settings: { parallelToolCalls: false } });
    expect(bench.warnings).toEqual(["parallelToolCalls is not offered by this model on Bedrock and was dropped."]);
  });
});

test("counting tokens asks for the model without its geography, and sends what counts", async () => {
  bench.script({ body: { inputTokens: 42 } });
  const request = toBedrockRequest({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ],
    tools: [look],
    settings: { temperature: 0.5, reasoningTokens: 2000 },
  });
  const signal = new AbortController().signal;
  const context = { signal, deadlineMs: Date.now() + 10_000, warn: () => {} };
  expect(await bench.provider.countTokens?.(request, context)).toBe(42);
  expect(bench.seen.at(-1)?.path).toBe("/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens");
  expect(bench.seen.at(-1)?.body).toEqual({
    input: {
      converse: {
        messages: [{ role: "user", content: [{ text: "Hi" }] }],
        system: [{ text: "Be brief." }],
        toolConfig: { tools: [expect.anything()] },
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } },
      },
    },
  });
  bench.script({ status: 400, body: { message: "The provided model doesn't support counting tokens." } });
  expect(await bench.provider.countTokens?.(request, context)).toBeUndefined();
  bench.script({ status: 403, body: { message: "Denied." } });
  await expect(bench.provider.countTokens?.(request, context)).rejects.toMatchObject({ code: "provider_auth" });
  bench.script({ body: { inputTokens: "42" } });
  await expect(bench.provider.countTokens?.(request, context)).rejects.toMatchObject({ code: "provider_protocol" });
});
