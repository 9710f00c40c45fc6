import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { Part } from "../../reply.ts";
import {
  ask,
  openScriptedGemini,
  toContext,
  toEvents,
  toPiece,
  toRequest,
  type ScriptedGemini,
} from "./gemini-fixture.ts";

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

async function failure(stream = false): Promise<HeadgateError> {
  const error: unknown = await ask(upstream.connect(), toRequest({ stream })).catch((thrown: unknown) => thrown);
  if (!HeadgateError.is(error)) throw new Error("It did not fail as expected.", { cause: error });
  return error;
}

const detail = (type: string, more: object): unknown => ({
  "@type": `type.googleapis.com/google.rpc.${type}`,
  ...more,
});
const badKey = detail("ErrorInfo", { reason: "API_KEY_INVALID", domain: "googleapis.com" });
const wait = (retryDelay: unknown): unknown => detail("RetryInfo", { retryDelay });

describe("a failure", () => {
  const table: readonly (readonly [status: number, word: string, message: string, details: unknown, code: string])[] = [
    [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [badKey], "provider_auth"],
    [400, "INVALID_ARGUMENT", "Penalty is not enabled for this model", [], "provider_rejected"],
    [
      400,
      "INVALID_ARGUMENT",
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      undefined,
      "context_too_long",
    ],
    [400, "FAILED_PRECONDITION", "User location is not supported for the API use.", "odd", "provider_rejected"],
    [401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", [null, 1, {}], "provider_auth"],
    [403, "PERMISSION_DENIED", "Permission denied.", [], "provider_auth"],
    [404, "NOT_FOUND", "models/x is not found for API version v1beta.", [], "provider_model_unknown"],
    [429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [wait("48s")], "provider_rate_limited"],
    [500, "INTERNAL", "An internal error has occurred.", [], "provider_unavailable"],
    [503, "UNAVAILABLE", "The model is overloaded.", [], "provider_overloaded"],
    [504, "DEADLINE_EXCEEDED", "The request timed out.", [], "provider_unavailable"],
  ];

  test.each(table)("of %s %s (%s) is %5$s, whole or streamed, alone or in a list", async (...row) => {
    const [status, word, message, details, code] = row;
    const error = { code: status, status: word, message, details };
    for (const body of [{ error }, [{ error }]]) {
      upstream.script({ status, body, type: "application/json" }, { status, body, type: "text/event-stream" });
      expect(await failure()).toMatchObject({ code });
      expect(await failure(true)).toMatchObject({ code });
    }
  });

  test("with status 200 is one as well", async () => {
    for (const [status, word, message, details, code] of table) {
      const error = { code: status, status: word, message, details };
      upstream.script({ body: { error } }, { body: toEvents({ error }) }, { body: [{ error }] });
      expect(await failure()).toMatchObject({ code });
      expect(await failure(true)).toMatchObject({ code });
      expect(await failure()).toMatchObject({ code });
    }
  });

  test.each([
    ["48s", 48_000],
    ["0.25s", 250],
    ["86400s", 3_600_000],
    ["soon", undefined],
    [48, undefined],
  ])("that says to wait %o is tried again after %s ms", async (retryDelay, retryAfterMs) => {
    const error = { code: 429, status: "RESOURCE_EXHAUSTED", details: [badKey, wait(retryDelay)].slice(1) };
    upstream.script({ status: 429, body: { error } }, { body: toEvents(toPiece([{ text: "x" }]), { error }) });
    expect((await failure()).retryAfterMs).toBe(retryAfterMs);
    expect((await failure(true)).retryAfterMs).toBe(retryAfterMs);
  });

  test("names status and reasons, and never Google's words", async () => {
    const error = { code: 400, status: "INVALID_ARGUMENT", message: "secret-key is bad", details: [badKey] };
    upstream.script({ status: 400, body: { error } });
    expect((await failure()).message).toBe("The provider scripted answered 400 (INVALID_ARGUMENT, API_KEY_INVALID).");
  });
});

describe("a failure midway", () => {
  // As Google really writes it: between events, without `data:`.
  const bare = JSON.stringify({ error: { code: 503, message: "Overloaded.", status: "UNAVAILABLE" } }, null, 2);

  async function failLate(body: string): Promise<[Part[], unknown]> {
    upstream.script({ body });
    const reply = await upstream.connect().generate(toRequest({ stream: true }), toContext());
    const parts: Part[] = [];
    try {
      for await (const part of reply.parts) parts.push(part);
    } catch (error) {
      return [parts, error];
    }
    return [parts, undefined];
  }

  test.each([bare, `${bare}\n\n`, bare.replaceAll("\n", "\r\n"), `${bare}\n\n: ping\n\n`])(
    "is seen though it is no event",
    async (end) => {
      const [parts, error] = await failLate(toEvents(toPiece([{ text: "Half" }])) + end);
      expect(parts).toEqual([{ type: "text", text: "Half" }]);
      expect(error).toMatchObject({ code: "provider_overloaded" });
    },
  );

  test("does not undo an answer that is complete", async () => {
    const [parts, error] = await failLate(toEvents(toPiece([{ text: "Okay" }], "STOP")) + bare);
    expect(parts).toEqual([{ type: "text", text: "Okay" }, expect.objectContaining({ type: "finish" })]);
    expect(error).toBeUndefined();
  });

  test("that is cut off itself is a cut stream", async () => {
    const [, error] = await failLate(toEvents(toPiece([{ text: "Half" }])) + bare.slice(0, 30));
    expect(error).toMatchObject({ code: "stream_cut" });
  });

  test("as an event fails too", async () => {
    const error = { code: 500, status: "INTERNAL" };
    expect(await failLate(toEvents(toPiece([{ text: "Half" }]), { error }))).toMatchObject([
      [{ type: "text" }],
      { code: "provider_unavailable" },
    ]);
  });
});

describe("an answer that is no answer", () => {
  test.each(["<html>", "5", '"x"', "null", '{"candidates":', "[{", ""])(
    "such as %o is a broken protocol",
    async (body) => {
      upstream.script({ body });
      expect(await failure()).toMatchObject({ code: "provider_protocol" });
    },
  );

  test.each(["not json", "5", "[", '{"candidates":'])("such as the event %o is a broken protocol", async (data) => {
    upstream.script({ body: `data: ${data}\n\n${toEvents(toPiece([{ text: "x" }], "STOP"))}` });
    expect(await failure(true)).toMatchObject({ code: "provider_protocol" });
  });

  test("such as a web page for a stream is a broken protocol", async () => {
    upstream.script({ type: "text/html", body: "<html>" });
    expect(await failure(true)).toMatchObject({ code: "provider_protocol" });
  });
});
