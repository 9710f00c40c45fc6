import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collect, type Completion, type Part, type Reply } from "../reply.ts";
import { parseJson } from "../json.ts";
import type { ModelRequest, Provider, ProviderContext } from "../providers/provider.ts";

export interface ProviderUnderTest {
  readonly provider: Provider;
  readonly model: string;
  /** Makes the next call answer with this text; absent for a provider that makes up its own answers. */
  readonly answerWith?: (text: string) => void;
  close(): Promise<void>;
}

const farDeadlineMs = 10_000;

/** What every provider must do, whatever stands behind it. */
export function describeProvider(name: string, create: () => Promise<ProviderUnderTest>): void {
  describe(`the provider ${name}`, () => {
    let current: ProviderUnderTest;
    beforeEach(async () => {
      current = await create();
    });
    afterEach(() => current.close());

    testAnswers(() => current);
    testEarlyEnds(() => current);
  });
}

function testAnswers(subject: () => ProviderUnderTest): void {
  test("a whole answer has text, a finish reason and counted tokens", async () => {
    subject().answerWith?.("The bridge opened in 1932.");
    const answer = await complete(subject(), toRequest());
    expect(answer).toMatchObject({
      text: expect.stringMatching(/\S/) as string,
      toolCalls: [],
      finishReason: "stop",
    });
    expect(answer.usage?.inputTokens).toBeGreaterThan(0);
    expect(answer.usage?.outputTokens).toBeGreaterThan(0);
  });

  test("a streamed answer adds up to the whole answer", async () => {
    subject().answerWith?.("The bridge opened in 1932.");
    const whole = await complete(subject(), toRequest());
    subject().answerWith?.("The bridge opened in 1932.");
    const streamed = await complete(subject(), toRequest({ stream: true }));
    expect({ ...streamed, usage: undefined }).toEqual({ ...whole, usage: undefined });
    expect(streamed.usage?.outputTokens).toBe(whole.usage?.outputTokens);
  });

  test("a stream ends with one finish, and usage comes before it", async () => {
    subject().answerWith?.("The bridge opened in 1932.");
    const reply = await generate(subject(), toRequest({ stream: true }));
    const types: Part["type"][] = [];
    for await (const part of reply.parts) types.push(part.type);
    expect(types.slice(-2)).toEqual(["usage", "finish"]);
    expect(types.filter((type) => type === "finish")).toHaveLength(1);
  });

  test("an answer with a schema is JSON", async () => {
    const schema = { type: "object", properties: { summary: { type: "string" } }, required: ["summary"] };
    subject().answerWith?.('{"summary":"The bridge opened in 1932."}');
    const answer = await complete(subject(), toRequest({ output: { name: "answer", schema } }));
    expect(parseJson(answer.text)).toMatchObject({ summary: expect.any(String) as string });
  });
}

function testEarlyEnds(subject: () => ProviderUnderTest): void {
  test.each([false, true])("a cancelled call says so (stream: %s)", async (stream) => {
    const call = generate(subject(), toRequest({ stream }), { signal: AbortSignal.abort() });
    await expect(call.then(collect)).rejects.toMatchObject({ code: "request_cancelled" });
  });

  test.each([false, true])("a call past its deadline says so (stream: %s)", async (stream) => {
    const call = generate(subject(), toRequest({ stream }), { deadlineMs: Date.now() - 1, warn: () => {} });
    await expect(call.then(collect)).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  test("a stream may be left early, before its first part too, and the next call works", async () => {
    for (const partsToRead of [0, 1]) {
      const reply = await generate(subject(), toRequest({ stream: true }));
      const iterator = reply.parts[Symbol.asyncIterator]();
      for (let read = 0; read < partsToRead; read++) await iterator.next();
      expect(await iterator.return?.()).toMatchObject({ done: true });
    }
    expect(await complete(subject(), toRequest())).toMatchObject({ finishReason: "stop" });
  });
}

function toRequest(overrides: Partial<ModelRequest> = {}): ModelRequest {
  return {
    // Each test's subject puts its own model in.
    model: "",
    messages: [
      { role: "system", content: "Summarize." },
      { role: "user", content: "The bridge opened in 1932. It carries eight lanes of traffic across the harbour." },
    ],
    settings: {},
    stream: false,
    ...overrides,
  };
}

function generate(
  { provider, model }: ProviderUnderTest,
  request: ModelRequest,
  context: Partial<ProviderContext> = {},
): Promise<Reply> {
  const signal = new AbortController().signal;
  return provider.generate(
    { ...request, model },
    { signal, deadlineMs: Date.now() + farDeadlineMs, warn: () => {}, ...context },
  );
}

async function complete(subject: ProviderUnderTest, request: ModelRequest): Promise<Completion> {
  return collect(await generate(subject, request));
}
