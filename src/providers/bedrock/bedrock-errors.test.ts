import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toDelta, toEvent, toException, toFrame, toStream } from "./aws-frames-fixture.ts";
import { openScriptedBedrock, toWhole, type ScriptedBedrock } from "./scripted-bedrock-fixture.ts";

let bench: ScriptedBedrock;
beforeAll(async () => {
  bench = await openScriptedBedrock();
});
afterAll(() => bench.close());

describe("a failure", () => {
  const table: readonly (readonly [number, string, string, string])[] = [
    [400, "ValidationException", "The provided model identifier is invalid.", "provider_model_unknown"],
    [400, "ValidationException", "Input is too long for requested model.", "context_too_long"],
    [400, "ValidationException", "prompt is too long: 200001 tokens > 200000 maximum", "context_too_long"],
    [400, "ValidationException", "input length and `max_tokens` exceed context limit", "context_too_long"],
    [
      400,
      "ValidationException",
      "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
      "context_too_long",
    ],
    [400, "ServiceQuotaExceededException", "Over quota.", "provider_rejected"],
    [403, "AccessDeniedException", "You don't have access to the model.", "provider_auth"],
    [403, "ExpiredTokenException", "The security token included in the request is expired", "provider_auth"],
    [403, "InvalidSignatureException", "The request signature we calculated does not match", "provider_auth"],
    [404, "ResourceNotFoundException", "Model not found.", "provider_model_unknown"],
    [408, "ModelTimeoutException", "Too slow.", "provider_unavailable"],
    [424, "ModelErrorException", "The model failed.", "provider_unavailable"],
    [429, "ThrottlingException", "Too many tokens, please wait before trying again.", "provider_rate_limited"],
    [429, "ModelNotReadyException", "Warming up.", "provider_rate_limited"],
    [500, "InternalServerException", "Oops.", "provider_unavailable"],
    [503, "ServiceUnavailableException", "Busy.", "provider_overloaded"],
  ];
  test.each(table)("of status %s, %s: %s is %s, whole and streamed", async (status, type, message, code) => {
    const headers = { "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/` };
    const answer = { status, headers, body: { message } };
    bench.script(answer, answer);
    const detail = `The provider scripted answered ${status} (${type}).`;
    await expect(bench.complete()).rejects.toMatchObject({ code, detail });
    await expect(bench.complete({ stream: true })).rejects.toMatchObject({ code, detail });
  });

  test("carries how long to wait", async () => {
    bench.script({ status: 429, headers: { "retry-after": "3" }, body: {} });
    await expect(bench.complete()).rejects.toMatchObject({ retryAfterMs: 3000 });
  });

  test.each([
    ["no JSON", "<html>"],
    ["no object", "[]"],
    ["no output", {}],
    ["no message", { output: {} }],
    ["no content", { output: { message: {} } }],
  ])("of an answer that holds %s breaks the protocol", async (_what, body) => {
    bench.script({ body });
    await expect(bench.complete()).rejects.toMatchObject({ code: "provider_protocol" });
  });

  test("of odd content does not keep the rest from being read", async () => {
    const content = [null, 5, "x", { newKind: {} }, { toolUse: "x" }, { citationsContent: {} }, { text: "fine" }];
    bench.script({ body: toWhole(content) });
    expect(await bench.complete()).toMatchObject({ text: "fine", toolCalls: [] });
  });
});

describe("a stream", () => {
  const begin = [toEvent("messageStart", { role: "assistant" }), toDelta(0, { text: "Well, " })];
  const text = { type: "text", text: "Well, " };

  test.each([
    ["throttlingException", { message: "Too many requests, please wait." }, "provider_rate_limited"],
    ["serviceUnavailableException", { message: "Busy." }, "provider_overloaded"],
    ["internalServerException", { message: "Oops." }, "provider_unavailable"],
    ["modelStreamErrorException", { message: "x", originalStatusCode: 500 }, "provider_unavailable"],
    ["modelTimeoutException", { message: "Too slow." }, "provider_unavailable"],
    ["validationException", { message: "No." }, "provider_rejected"],
    ["validationException", { message: "Input is too long for requested model." }, "context_too_long"],
    ["accessDeniedException", { message: "No." }, "provider_auth"],
    ["newException", "not JSON", "provider_unavailable"],
  ])("that breaks off with %s %o fails with %3$s, after what came before", async (type, payload, code) => {
    bench.script({ body: Buffer.concat([...begin, toException(type, payload)]) });
    const { parts, error } = await bench.read();
    expect(parts).toEqual([text]);
    expect(error).toMatchObject({ code, detail: `The provider scripted reported an error in its answer (${type}).` });
  });

  test("that breaks off with an error that Bedrock does not model fails", async () => {
    const headers = { ":message-type": "error", ":error-code": "InternalFailure", ":error-message": "secret" };
    bench.script({ body: Buffer.concat([...begin, toFrame(headers, "")]) });
    const { error } = await bench.read();
    expect(error).toMatchObject({ code: "provider_unavailable" });
    expect(error?.message).not.toContain("secret");
  });

  test("that ends without its stop is cut", async () => {
    bench.script({ body: Buffer.concat(begin) });
    expect(await bench.read()).toMatchObject({ parts: [text], error: { code: "stream_cut" } });
  });

  test("that ends inside a frame is cut", async () => {
    bench.script({ body: toStream([toDelta(0, { text: "Well, " })]).subarray(0, -200) });
    expect(await bench.read()).toMatchObject({ parts: [text], error: { code: "stream_cut" } });
  });

  test("that ends between its stop and its usage is whole, without usage", async () => {
    bench.script({ body: Buffer.concat([...begin, toEvent("messageStop", { stopReason: "end_turn" })]) });
    expect(await bench.read()).toEqual({ parts: [text, { type: "finish", reason: "stop", rawReason: "end_turn" }] });
  });

  test.each([
    ["is empty", Buffer.alloc(0)],
    ["has bytes that are no frame", Buffer.from("data: {}\n\n")],
    ["has an event that is no JSON", toFrame({ ":message-type": "event", ":event-type": "metadata" }, "x")],
    ["has arguments of a tool call that never began", toDelta(0, { toolUse: { input: "{}" } })],
  ])("that %s breaks the protocol", async (_what, body) => {
    bench.script({ body });
    expect(await bench.read()).toMatchObject({ parts: [], error: { code: "provider_protocol" } });
  });

  test("that is a web page breaks the protocol", async () => {
    bench.script({ headers: { "content-type": "text/html" }, body: "<html></html>" });
    expect(await bench.read()).toMatchObject({ error: { code: "provider_protocol" } });
  });
});
