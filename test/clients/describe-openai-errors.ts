import OpenAI, {
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import { busy, cutOff, down, greeting, greetingText, hanging, stalled } from "./answers.ts";
import { toModel, vendors, type Stage } from "./stage.ts";
import { watchFetch } from "./watch-fetch.ts";

const user = [{ role: "user" as const, content: "Say hello." }];

interface Api {
  readonly name: string;
  readonly create: (client: OpenAI, fields: Fields, signal?: AbortSignal) => Promise<unknown>;
  readonly stream: (client: OpenAI, fields: Fields, signal?: AbortSignal) => Promise<AsyncIterable<unknown>>;
}

interface Fields {
  readonly model: string;
  readonly [name: string]: unknown;
}

const apis: readonly Api[] = [
  {
    name: "chat",
    create: (client, fields, signal) => client.chat.completions.create({ messages: user, ...fields }, { signal }),
    stream: (client, fields, signal) =>
      client.chat.completions.create({ messages: user, ...fields, stream: true }, { signal }),
  },
  {
    name: "responses",
    create: (client, fields, signal) => client.responses.create({ input: user, ...fields }, { signal }),
    stream: (client, fields, signal) => client.responses.create({ input: user, ...fields, stream: true }, { signal }),
  },
];

/** What OpenAI's client makes of failures, by both of its APIs. */
export function describeOpenAiErrors(open: () => Stage): void {
  const connect = (options: object = {}): OpenAI => {
    const { url, key } = open();
    return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, ...options });
  };
  const combinations = apis.flatMap((api) => vendors.map((vendor) => ({ api, vendor })));

  describe.each(combinations)("openai's $api.name: errors, answered by $vendor.name", ({ api, vendor }) => {
    const model = toModel(vendor);
    let stage: Stage;
    let openai: OpenAI;
    beforeAll(() => {
      stage = open();
      openai = connect();
    });

    test("each error has its own class", async () => {
      await expect(api.create(connect({ apiKey: "hg_wrong" }), { model })).rejects.toBeInstanceOf(AuthenticationError);
      await expect(api.create(openai, { model: "nonesuch" })).rejects.toBeInstanceOf(NotFoundError);
      const malformed = api.create(openai, { model, temperature: "warm" });
      await expect(malformed).rejects.toBeInstanceOf(BadRequestError);
      await expect(malformed).rejects.toMatchObject({ param: "temperature", type: "invalid_request_error" });
    });

    test("a prompt that is too long is the client's own mistake, in OpenAI's words", async () => {
      stage.upstream.script({ type: "failed", failure: "context-too-long" });
      const refused = api.create(openai, { model });
      await expect(refused).rejects.toBeInstanceOf(BadRequestError);
      await expect(refused).rejects.toMatchObject({
        code: "context_length_exceeded",
        requestID: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      });
    });

    test("a vendor that refuses Headgate's key is not the client's fault", async () => {
      stage.upstream.script({ type: "odd", status: 401, body: {} });
      await expect(api.create(openai, { model })).rejects.toBeInstanceOf(InternalServerError);
    });

    test("a stream that the vendor cuts is an error, never a short success", async () => {
      stage.upstream.script(cutOff);
      const items: unknown[] = [];
      const read = async (): Promise<void> => {
        for await (const item of await api.stream(openai, { model })) items.push(item);
      };
      await expect(read()).rejects.toBeInstanceOf(APIError);
      expect(items.length).toBeGreaterThan(0);
      expect(JSON.stringify(items)).not.toMatch(/"finish_reason":"|response\.completed/);
    });

    test("a client that aborts ends the vendor's work", async () => {
      stage.upstream.script(hanging, stalled);
      const controller = new AbortController();
      const whole = api.create(openai, { model }, controller.signal);
      await expect.poll(() => stage.upstream.seen.length).toBe(1);
      controller.abort();
      await expect(whole).rejects.toBeInstanceOf(APIUserAbortError);
      await stage.upstream.seen[0]!.abandoned;
      const other = new AbortController();
      for await (const _item of await api.stream(openai, { model }, other.signal)) other.abort();
      await stage.upstream.seen[1]!.abandoned;
    });

    test("a client that waits no longer ends the vendor's work", async () => {
      stage.upstream.script(hanging);
      const hasty = api.create(connect({ timeout: 300 }), { model });
      await expect(hasty).rejects.toBeInstanceOf(APIConnectionTimeoutError);
      await stage.upstream.seen[0]!.abandoned;
    });
  });

  // Headgate retries first, which takes a while: a vendor of the client's own dialect, and one of another.
  const slow = combinations.filter(({ api, vendor }) =>
    api.name === "chat" ? vendor.relays === "chat" : vendor.name === "anthropic",
  );
  describe.each(slow)("openai's $api.name: retries, answered by $vendor.name", ({ api, vendor }) => {
    const model = toModel(vendor);

    test("a rate limit: the client waits for as long as it is told to, and asks again", async () => {
      open().upstream.script(busy(0), busy(0), busy(1), greeting);
      const { fetch, answers } = watchFetch();
      const answer = await api.create(connect({ maxRetries: 1, fetch }), { model });
      expect(JSON.stringify(answer)).toContain(greetingText);
      expect(answers).toEqual([
        { status: 429, retryAfter: "1" },
        { status: 200, retryAfter: null },
      ]);
    });

    test("a rate limit that lasts, and a vendor that is down", async () => {
      open().upstream.script(busy(0), busy(0), busy(0), down, down, down);
      await expect(api.create(connect(), { model })).rejects.toBeInstanceOf(RateLimitError);
      await expect(api.create(connect(), { model })).rejects.toBeInstanceOf(InternalServerError);
      expect(open().upstream.left).toBe(0);
    });
  });
}
