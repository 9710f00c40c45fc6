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
import { busy, cutOff, greeting, greetingText, hanging, stalled } from "./answers.ts";
import { toModel, vendors, type Stage } from "./stage.ts";

/** What Anthropic's client makes of failures, and what it is told. */
export function describeAnthropicErrors(open: () => Stage): void {
  describe.each(vendors)("anthropic's errors, answered by $name", (vendor) => {
    const request = {
      model: toModel(vendor),
      max_tokens: 64,
      messages: [{ role: "user" as const, content: "Say hello." }],
    };
    let stage: Stage;
    let anthropic: Anthropic;
    beforeAll(() => {
      stage = open();
      anthropic = connect();
    });
    const connect = (options: object = {}): Anthropic =>
      new Anthropic({ baseURL: stage.url, apiKey: stage.key, maxRetries: 0, ...options });
    const create = (fields: object = {}, client = anthropic, signal?: AbortSignal): Promise<unknown> =>
      client.messages.create({ ...request, ...fields }, { signal });

    test("each error has its own class", async () => {
      await expect(create({}, connect({ apiKey: "hg_wrong" }))).rejects.toBeInstanceOf(AuthenticationError);
      await expect(create({ model: "nonesuch" })).rejects.toBeInstanceOf(NotFoundError);
      const malformed = create({ messages: [{ role: "user", content: 7 }] });
      await expect(malformed).rejects.toBeInstanceOf(BadRequestError);
      await expect(malformed).rejects.toMatchObject({ type: "invalid_request_error" });
    });

    test("a prompt that is too long is the client's own mistake", async () => {
      stage.upstream.script({ type: "failed", failure: "context-too-long" });
      const refused = create();
      await expect(refused).rejects.toBeInstanceOf(BadRequestError);
      await expect(refused).rejects.toThrow("prompt is too long");
      await expect(refused).rejects.toMatchObject({ requestID: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    });

    test("a vendor that refuses Headgate's key is not the client's fault", async () => {
      stage.upstream.script({ type: "odd", status: 401, body: {} });
      await expect(create()).rejects.toBeInstanceOf(InternalServerError);
    });

    test("a stream that the vendor cuts is an error, never a short success", async () => {
      stage.upstream.script(cutOff);
      const streamed = anthropic.messages.stream(request).finalMessage();
      await expect(streamed).rejects.toBeInstanceOf(APIError);
      await expect(streamed).rejects.toMatchObject({ type: "api_error", errorCode: "stream_cut" });
    });

    test("a client that aborts ends the vendor's work", async () => {
      stage.upstream.script(hanging, stalled);
      const controller = new AbortController();
      const whole = create({}, anthropic, controller.signal);
      await expect.poll(() => stage.upstream.seen.length).toBe(1);
      controller.abort();
      await expect(whole).rejects.toBeInstanceOf(APIUserAbortError);
      await stage.upstream.seen[0]!.abandoned;
      const stream = anthropic.messages.stream(request);
      stream.on("text", () => stream.abort());
      await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError);
      await stage.upstream.seen[1]!.abandoned;
    });

    test("a client that waits no longer ends the vendor's work", async () => {
      stage.upstream.script(hanging);
      await expect(create({}, connect({ timeout: 300 }))).rejects.toBeInstanceOf(APIConnectionTimeoutError);
      await stage.upstream.seen[0]!.abandoned;
    });

    // Headgate retries first, which takes a while: one vendor of the client's own dialect, and one of another.
    describe.runIf(vendor.name === "anthropic" || vendor.name === "openai-chat")("patiently", () => {
      test("a rate limit: the client waits for as long as it is told to, and asks again", async () => {
        stage.upstream.script(busy(0), busy(0), busy(1), greeting);
        const answers: Response[] = [];
        const watch: typeof fetch = async (...asked) => {
          const answer = await fetch(...asked);
          answers.push(answer);
          return answer;
        };
        const patient = connect({ maxRetries: 1, fetch: watch });
        expect(await create({}, patient)).toMatchObject({ content: [{ type: "text", text: greetingText }] });
        expect(answers.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual([
          [429, "1"],
          [200, null],
        ]);
      });

      test("a rate limit that lasts, and a vendor that is down", async () => {
        const down = { type: "odd" as const, status: 500, body: {} };
        stage.upstream.script(busy(0), busy(0), busy(0), down, down, down);
        await expect(create()).rejects.toBeInstanceOf(RateLimitError);
        await expect(create()).rejects.toBeInstanceOf(InternalServerError);
        expect(stage.upstream.left).toBe(0);
      });
    });

    test("a key goes in either header", async () => {
      stage.upstream.script(greeting, greeting);
      await expect(create({}, connect({ apiKey: null, authToken: stage.key }))).resolves.toBeDefined();
      await expect(create({}, connect({ authToken: null }))).resolves.toBeDefined();
      expect(stage.upstream.left).toBe(0);
    });

    test.runIf(vendor.relays !== "messages")("what no other vendor can be told is dropped or refused", async () => {
      stage.upstream.script(greeting);
      const betas = ["context-management-2025-06-27"];
      const { response } = await anthropic.beta.messages
        .create({ ...request, betas, context_management: { edits: [] }, speed: "fast" })
        .withResponse();
      const warnings = response.headers.get("headgate-warning");
      for (const path of ["/context_management", "/speed", "/anthropic-beta"])
        expect(warnings).toContain(`${path} was dropped`);
      const search = create({ tools: [{ type: "web_search_20250305", name: "web_search" }] });
      await expect(search).rejects.toBeInstanceOf(BadRequestError);
      await expect(search).rejects.toMatchObject({ errorCode: "not_translatable", type: "invalid_request_error" });
      await expect(search).rejects.toThrow("web_search_20250305");
    });
  });
}
