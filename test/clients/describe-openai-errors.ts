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
import { busy, cutOff, greeting, greetingText, hanging, stalled } from "./answers.ts";
import { readAll } from "./read-all.ts";
import { toModel, vendors, type Stage } from "./stage.ts";

const user = [{ role: "user" as const, content: "Say hello." }];

/** What OpenAI's client makes of failures, by both of its APIs. */
export function describeOpenAiErrors(open: () => Stage): void {
  describe.each(vendors)("openai's errors, answered by $name", (vendor) => {
    const model = toModel(vendor);
    let stage: Stage;
    let openai: OpenAI;
    beforeAll(() => {
      stage = open();
      openai = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: stage.key, maxRetries: 0 });
    });

    /** Both APIs, with a request in short. */
    const apis = [
      {
        name: "chat",
        patient: ["openai-chat", "anthropic"],
        create: (fields: object = {}, client = openai, signal?: AbortSignal): Promise<unknown> =>
          client.chat.completions.create({ model, messages: user, ...fields }, { signal }),
        stream: async (signal?: AbortSignal): Promise<AsyncIterable<unknown>> =>
          openai.chat.completions.create({ model, messages: user, stream: true }, { signal }),
      },
      {
        name: "responses",
        patient: ["openai-responses", "gemini"],
        create: (fields: object = {}, client = openai, signal?: AbortSignal): Promise<unknown> =>
          client.responses.create({ model, input: user, ...fields }, { signal }),
        stream: async (signal?: AbortSignal): Promise<AsyncIterable<unknown>> =>
          openai.responses.create({ model, input: user, stream: true }, { signal }),
      },
    ];

    describe.each(apis)("$name", ({ create, stream }) => {
      test("each error has its own class", async () => {
        const stranger = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: "hg_wrong", maxRetries: 0 });
        await expect(create({}, stranger)).rejects.toBeInstanceOf(AuthenticationError);
        await expect(create({ model: "nonesuch" }, openai)).rejects.toBeInstanceOf(NotFoundError);
        const malformed = create({ temperature: "warm" }, openai);
        await expect(malformed).rejects.toBeInstanceOf(BadRequestError);
        await expect(malformed).rejects.toMatchObject({ param: "temperature", type: "invalid_request_error" });
      });

      test("a prompt that is too long is the client's own mistake", async () => {
        stage.upstream.script({ type: "failed", failure: "context-too-long" });
        const refused = create({}, openai);
        await expect(refused).rejects.toBeInstanceOf(BadRequestError);
        await expect(refused).rejects.toMatchObject({
          code: "context_length_exceeded",
          requestID: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        });
      });

      test("a vendor that refuses Headgate's key is not the client's fault", async () => {
        stage.upstream.script({ type: "odd", status: 401, body: {} });
        await expect(create({}, openai)).rejects.toBeInstanceOf(InternalServerError);
      });

      test("a stream that the vendor cuts is an error, never a short success", async () => {
        stage.upstream.script(cutOff, cutOff, cutOff);
        const read = async (): Promise<unknown> => readAll(await stream());
        await expect(read()).rejects.toBeInstanceOf(APIError);
      });

      test("a client that aborts ends the vendor's work", async () => {
        stage.upstream.script(hanging, stalled);
        const controller = new AbortController();
        const whole = create({}, openai, controller.signal);
        await expect.poll(() => stage.upstream.seen.length).toBe(1);
        controller.abort();
        await expect(whole).rejects.toBeInstanceOf(APIUserAbortError);
        await stage.upstream.seen[0]!.abandoned;
        const other = new AbortController();
        for await (const _event of await stream(other.signal)) other.abort();
        await stage.upstream.seen[1]!.abandoned;
      });

      test("a client that waits no longer ends the vendor's work", async () => {
        stage.upstream.script(hanging);
        const hasty = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: stage.key, maxRetries: 0, timeout: 300 });
        await expect(create({}, hasty)).rejects.toBeInstanceOf(APIConnectionTimeoutError);
        await stage.upstream.seen[0]!.abandoned;
      });
    });

    // Headgate retries first, which takes a while: one vendor of the client's own dialect, and one of another.
    const slow = apis.filter(({ patient }) => patient.includes(vendor.name));
    describe.each(slow)("$name, patiently", ({ create }) => {
      test("a rate limit: the client waits for as long as it is told to, and asks again", async () => {
        stage.upstream.script(busy(0), busy(0), busy(1), greeting);
        const answers: Response[] = [];
        const watch: typeof fetch = async (...request) => {
          const answer = await fetch(...request);
          answers.push(answer);
          return answer;
        };
        const patient = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: stage.key, maxRetries: 1, fetch: watch });
        expect(JSON.stringify(await create({}, patient))).toContain(greetingText);
        expect(answers.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual([
          [429, "1"],
          [200, null],
        ]);
      });

      test("a rate limit that lasts, and a vendor that is down", async () => {
        const down = { type: "odd" as const, status: 500, body: {} };
        stage.upstream.script(busy(0), busy(0), busy(0), down, down, down);
        await expect(create({}, openai)).rejects.toBeInstanceOf(RateLimitError);
        await expect(create({}, openai)).rejects.toBeInstanceOf(InternalServerError);
        expect(stage.upstream.left).toBe(0);
      });
    });
  });
}
