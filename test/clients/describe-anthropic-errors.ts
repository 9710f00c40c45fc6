import Anthropic, {
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { createAnthropicSpec, hasAnthropicSpec } from "../specs/anthropic-spec.ts";
import { busy, cutOff, down, greeting, greetingText, hanging, lookups, stalled, thought } from "./answers.ts";
import { toModel, vendors, type Stage } from "./stage.ts";
import { watchFetch } from "./watch-fetch.ts";

const request = { max_tokens: 64, messages: [{ role: "user" as const, content: "Say hello." }] };

/** What Anthropic's client makes of failures, and what it is told. */
export function describeAnthropicErrors(open: () => Stage): void {
  const connect = (options: object = {}): Anthropic => {
    const { url, key } = open();
    return new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, ...options });
  };
  const create = (fields: Fields, client = connect(), signal?: AbortSignal): Promise<unknown> =>
    client.messages.create({ ...request, ...fields }, { signal });

  describe.each(vendors)("anthropic's errors, answered by $name", (vendor) => {
    const model = toModel(vendor);
    let stage: Stage;
    beforeAll(() => {
      stage = open();
    });

    test("each error has its own class", async () => {
      await expect(create({ model }, connect({ apiKey: "hg_wrong" }))).rejects.toBeInstanceOf(AuthenticationError);
      await expect(create({ model: "nonesuch" })).rejects.toBeInstanceOf(NotFoundError);
      const malformed = create({ model, messages: [{ role: "user", content: 7 }] });
      await expect(malformed).rejects.toBeInstanceOf(BadRequestError);
      await expect(malformed).rejects.toMatchObject({ type: "invalid_request_error" });
    });

    test("a prompt that is too long is the client's own mistake, in Anthropic's words", async () => {
      stage.upstream.script({ type: "failed", failure: "context-too-long" });
      const refused = create({ model });
      await expect(refused).rejects.toBeInstanceOf(BadRequestError);
      await expect(refused).rejects.toThrow("prompt is too long");
      await expect(refused).rejects.toMatchObject({ requestID: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    });

    test("a vendor that refuses Headgate's key is not the client's fault", async () => {
      stage.upstream.script({ type: "odd", status: 401, body: {} });
      await expect(create({ model })).rejects.toBeInstanceOf(InternalServerError);
    });

    test("a stream that the vendor cuts is an error, never a short success", async () => {
      stage.upstream.script(cutOff);
      const streamed = connect()
        .messages.stream({ ...request, model })
        .finalMessage();
      await expect(streamed).rejects.toBeInstanceOf(APIError);
      await expect(streamed).rejects.toMatchObject({ type: "api_error", errorCode: "stream_cut" });
    });

    test("a client that aborts ends the vendor's work", async () => {
      stage.upstream.script(hanging, stalled);
      const controller = new AbortController();
      const whole = create({ model }, connect(), controller.signal);
      await expect.poll(() => stage.upstream.seen.length).toBe(1);
      controller.abort();
      await expect(whole).rejects.toBeInstanceOf(APIUserAbortError);
      await stage.upstream.seen[0]!.abandoned;
      const stream = connect().messages.stream({ ...request, model });
      stream.on("text", () => stream.abort());
      await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError);
      await stage.upstream.seen[1]!.abandoned;
    });

    test("a client that waits no longer ends the vendor's work", async () => {
      stage.upstream.script(hanging);
      await expect(create({ model }, connect({ timeout: 300 }))).rejects.toBeInstanceOf(APIConnectionTimeoutError);
      await stage.upstream.seen[0]!.abandoned;
    });

    test("a key goes in either header", async () => {
      stage.upstream.script(greeting, greeting);
      await expect(create({ model }, connect({ apiKey: null, authToken: stage.key }))).resolves.toBeDefined();
      const header = { defaultHeaders: { "x-api-key": stage.key } };
      await expect(create({ model }, connect({ apiKey: null, authToken: null, ...header }))).resolves.toBeDefined();
      expect(stage.upstream.left).toBe(0);
    });
  });

  describe.each(vendors.filter(({ relays }) => relays !== "messages"))(
    "anthropic's words, translated for $name",
    (vendor) => {
      const model = toModel(vendor);

      test("what no other vendor can be told is dropped with a warning, or refused", async () => {
        open().upstream.script(greeting);
        const betas = ["context-management-2025-06-27"];
        const { response } = await connect()
          .beta.messages.create({ ...request, model, betas, context_management: { edits: [] }, speed: "fast" })
          .withResponse();
        const warnings = response.headers.get("headgate-warning");
        for (const path of ["/context_management", "/speed", "/anthropic-beta"])
          expect(warnings).toContain(`${path} was dropped`);
        const search = create({ model, tools: [{ type: "web_search_20250305", name: "web_search" }] });
        await expect(search).rejects.toBeInstanceOf(BadRequestError);
        await expect(search).rejects.toMatchObject({ errorCode: "not_translatable", type: "invalid_request_error" });
        await expect(search).rejects.toThrow("web_search_20250305");
      });

      test.runIf(hasAnthropicSpec)("answers, events and errors are valid by the published description", async () => {
        const spec = createAnthropicSpec();
        const { url, key, upstream } = open();
        const answer = { ...lookups, reasoning: thought.reasoning };
        upstream.script(answer, answer);
        const post = async (fields: object): Promise<string> => {
          const headers = { "x-api-key": key, "content-type": "application/json" };
          const body = JSON.stringify({ ...request, model: toModel(vendor, "reasoning"), ...fields });
          return (await fetch(`${url}/v1/messages`, { method: "POST", headers, body })).text();
        };
        expect(spec.findMistakes("Message", JSON.parse(await post({})))).toEqual([]);
        const lines = (await post({ stream: true })).split("\n").filter((line) => line.startsWith("data: "));
        expect(lines.length).toBeGreaterThan(8);
        for (const line of lines)
          expect(spec.findMistakes("MessageStreamEvent", JSON.parse(line.slice("data: ".length)))).toEqual([]);
        expect(spec.findMistakes("ErrorResponse", JSON.parse(await post({ model: "nonesuch" })))).toEqual([]);
      });
    },
  );

  // Headgate retries first, which takes a while.
  describe("anthropic's retries", () => {
    const model = "openai-responses/gpt-4o";

    test("a rate limit: the client waits for as long as it is told to, and asks again", async () => {
      open().upstream.script(busy(0), busy(0), busy(1), greeting);
      const { fetch, answers } = watchFetch();
      const answer = await create({ model }, connect({ maxRetries: 1, fetch }));
      expect(answer).toMatchObject({ content: [{ type: "text", text: greetingText }] });
      expect(answers).toEqual([
        { status: 429, retryAfter: "1" },
        { status: 200, retryAfter: null },
      ]);
    });

    test("a rate limit that lasts, and a vendor that is down", async () => {
      open().upstream.script(busy(0), busy(0), busy(0), down, down, down);
      await expect(create({ model })).rejects.toBeInstanceOf(RateLimitError);
      await expect(create({ model })).rejects.toBeInstanceOf(InternalServerError);
      expect(open().upstream.left).toBe(0);
    });
  });
}

interface Fields {
  readonly model: string;
  readonly [name: string]: unknown;
}
