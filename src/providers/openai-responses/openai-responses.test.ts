import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OpenAiVendor } from "../../endpoint/vendors.ts";
import { describeProvider } from "../../testing/provider-conformance.ts";
import {
  greet,
  openScriptedResponses,
  someUsage,
  toMessage,
  toRequest,
  toResponse,
  toText,
  type ScriptedResponses,
} from "./openai-responses-fixture.ts";
import { toResponsesUrl } from "./responses-url.ts";

describeProvider("openai-responses", async () => {
  const scripted = await openScriptedResponses();
  let isStreamed = false;
  return {
    provider: {
      ...scripted.provider,
      generate: (request, context) => {
        isStreamed = request.stream;
        return scripted.provider.generate(request, context);
      },
    },
    model: "scripted-model",
    answerWith: (text) =>
      scripted.script({
        get body() {
          return greet(text, isStreamed);
        },
      }),
    close: () => scripted.close(),
  };
});

let bench: ScriptedResponses;

beforeEach(async () => {
  bench = await openScriptedResponses();
});

afterEach(() => bench.close());

describe("a whole answer", () => {
  test("has everything that its items say", async () => {
    const annotation = { type: "url_citation", url: "https://x.test", title: "X", start_index: 0, end_index: 2 };
    const logprob = { token: "Hi", logprob: -1, bytes: [72, 105], top_logprobs: [] };
    bench.script({
      body: toResponse(
        [
          {
            type: "reasoning",
            id: "rs_1",
            summary: [
              { type: "summary_text", text: "A" },
              { type: "summary_text", text: "B" },
            ],
            encrypted_content: "s1",
          },
          { type: "web_search_call", id: "ws_1", status: "completed" },
          toMessage(toText("Let me see. ")),
          { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "s2" },
          toMessage(toText("Hi", { annotations: [annotation], logprobs: [logprob] })),
          { type: "function_call", call_id: "a", name: "f", arguments: '{"at":"Zürich 👩‍🚀"}' },
          { type: "function_call", call_id: "b", name: "g", arguments: "{}" },
        ],
        { service_tier: "default", usage: { ...someUsage, output_tokens_details: { reasoning_tokens: 1 } } },
      ),
    });
    expect(await bench.complete(toRequest())).toEqual({
      text: "Let me see. Hi",
      reasoning: "A\n\nB",
      reasoningBlocks: [
        { vendor: "openai", text: "A\n\nB", encrypted: "s1", id: "rs_1" },
        { vendor: "openai", text: "", encrypted: "s2", id: "rs_2" },
      ],
      sources: [{ url: "https://x.test", title: "X", startIndex: 12, endIndex: 14 }],
      logprobs: [{ token: "Hi", logprob: -1 }],
      toolCalls: [
        { id: "a", name: "f", arguments: '{"at":"Zürich 👩‍🚀"}' },
        { id: "b", name: "g", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "completed",
      usage: { inputTokens: 3, outputTokens: 2, reasoningTokens: 1, serviceTier: "default" },
    });
  });

  test("may be empty", async () => {
    bench.script({ body: toResponse([], { usage: null }) });
    expect(await bench.complete(toRequest())).toEqual({
      text: "",
      toolCalls: [],
      finishReason: "stop",
      rawFinishReason: "completed",
    });
  });

  test.each([
    [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length", "max_output_tokens"],
    [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter", "content_filter"],
    [{ status: "incomplete", incomplete_details: null }, "other", "incomplete"],
    [{ status: undefined }, "stop", "completed"],
  ])("of %o ends by %s", async (more, finishReason, rawFinishReason) => {
    bench.script({ body: toResponse([toMessage(toText("x"))], more) });
    expect(await bench.complete(toRequest())).toMatchObject({ text: "x", finishReason, rawFinishReason });
  });

  test("that refuses ends as filtered, with its words; with a call the client has to run the call", async () => {
    const refusal = toMessage({ type: "refusal", refusal: "I cannot." });
    bench.script({ body: toResponse([refusal]) });
    const refused = { text: "I cannot.", isRefusal: true };
    expect(await bench.complete(toRequest())).toMatchObject({ ...refused, finishReason: "content_filter" });
    bench.script({ body: toResponse([refusal, { type: "function_call", call_id: "a", name: "f", arguments: "{}" }]) });
    expect(await bench.complete(toRequest())).toMatchObject({ ...refused, finishReason: "tool_calls" });
    bench.script({ body: toResponse([toMessage(toText("Well. ")), refusal]) });
    const mixed = await bench.complete(toRequest());
    expect(mixed).toMatchObject({ text: "Well. I cannot.", finishReason: "content_filter" });
    expect(mixed).not.toHaveProperty("isRefusal");
  });

  test("comes from a server that cannot stream, too", async () => {
    bench.script({ body: toResponse([toMessage(toText("whole"))]) });
    expect((await bench.generate(toRequest({ stream: true }))).whole).toMatchObject({ text: "whole" });
  });
});

describe("the address", () => {
  const azure = "https://r.openai.azure.com";
  test.each([
    ["openai", "https://api.openai.com/v1", undefined, "https://api.openai.com/v1/responses"],
    ["openai", "https://x.test/v1/?a=b", undefined, "https://x.test/v1/responses?a=b"],
    ["xai", "https://api.x.ai/v1", undefined, "https://api.x.ai/v1/responses"],
    ["azure", azure, undefined, `${azure}/openai/v1/responses`],
    ["azure", `${azure}/`, undefined, `${azure}/openai/v1/responses`],
    ["azure", `${azure}/openai`, undefined, `${azure}/openai/v1/responses`],
    ["azure", `${azure}/openai/v1/`, undefined, `${azure}/openai/v1/responses`],
    ["azure", `${azure}/openai/v1/`, "preview", `${azure}/openai/v1/responses?api-version=preview`],
    ["azure", azure, "2025-04-01-preview", `${azure}/openai/responses?api-version=2025-04-01-preview`],
    [
      "azure",
      `${azure}/openai/responses?api-version=2025-04-01-preview`,
      undefined,
      `${azure}/openai/responses?api-version=2025-04-01-preview`,
    ],
    ["azure", "https://gateway.test/team/openai/v1", undefined, "https://gateway.test/team/openai/v1/responses"],
  ] as [OpenAiVendor, string, string | undefined, string][])(
    "of %s at %s, version %s, is %s",
    (vendor, baseUrl, apiVersion, expected) => {
      expect(toResponsesUrl({ vendor, baseUrl, apiVersion }).href).toBe(expected);
    },
  );

  test("of Azure gets the key in Azure's header, and no other", async () => {
    await bench.complete(toRequest(), bench.createProvider({ vendor: "azure", baseUrl: bench.url }));
    expect(bench.seen[0]).toMatchObject({ path: "/openai/v1/responses", headers: { "api-key": "sk-test" } });
    expect(bench.seen[0]?.headers).not.toHaveProperty("authorization");
  });

  test("gets no key where there is none", async () => {
    await bench.complete(toRequest(), bench.createProvider({ apiKey: undefined }));
    expect(bench.seen[0]?.headers).not.toHaveProperty("authorization");
  });
});
