import { describe, expect, test } from "vitest";
import type { Call, ForeignRequest, Loss, Task } from "../../call.ts";
import type { ModelRequest, Provider } from "../../providers/provider.ts";
import { collect, wholeReply, type Reply, type TaskResult } from "../../reply.ts";
import { askProvider } from "./ask-provider.ts";

const target = { model: "vendor-model" };

interface Asked {
  readonly requests: ModelRequest[];
  readonly provider: Provider;
}

function createProvider(own: Partial<Provider> = {}): Asked {
  const requests: ModelRequest[] = [];
  return {
    requests,
    provider: {
      name: "p",
      hasSchemaMode: true,
      dialects: [],
      generate: async (request) => {
        requests.push(request);
        return wholeReply({ text: "Hi", toolCalls: [], finishReason: "stop" });
      },
      close: async () => {},
      ...own,
    },
  };
}

/** Asks, and tells the warnings. */
async function ask(provider: Provider, call: Call): Promise<{ readonly reply: Reply; readonly warnings: string[] }> {
  const warnings: string[] = [];
  const context = {
    signal: call.signal,
    deadlineMs: call.deadlineMs,
    warn: (warning: string) => warnings.push(warning),
  };
  return { reply: await askProvider(provider, call, { model: target.model, context }), warnings };
}

function createCall(fields: { readonly foreign?: ForeignRequest; readonly task?: Task } = {}): Call {
  return {
    signal: new AbortController().signal,
    deadlineMs: 1,
    messages: [{ role: "user", content: "How many words are in this?" }],
    settings: {},
    stream: false,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
    ...fields,
  } as Partial<Call> as Call;
}

const body = { model: "fast", logit_bias: { 1: 2 } };
const toForeign = (...losses: Loss[]): ForeignRequest => ({ dialect: "openai-chat", body, losses });
const dropped: Loss = { path: "/logit_bias", effect: "dropped", why: "only OpenAI has it" };
const refused: Loss = { path: "/n", effect: "refused", why: "one answer is all there is" };

describe("a foreign request", () => {
  test("goes as it is to a provider of its dialect, whatever others could not be told", async () => {
    const { provider, requests } = createProvider({ dialects: ["openai-responses", "openai-chat"] });
    const call = createCall({ foreign: toForeign(dropped, refused) });
    const { warnings } = await ask(provider, call);
    expect(requests).toMatchObject([{ model: "vendor-model", foreign: { body } }]);
    expect(warnings).toEqual([]);
  });

  test("that was changed for providers of its dialect says so to them only", async () => {
    const foreign = { ...toForeign(), warnings: ["A seal was dropped."] };
    const own = await ask(createProvider({ dialects: ["openai-chat"] }).provider, createCall({ foreign }));
    expect(own.warnings).toEqual(["A seal was dropped."]);
    expect((await ask(createProvider().provider, createCall({ foreign }))).warnings).toEqual([]);
  });

  test("goes to another without its body, with a warning for what is dropped", async () => {
    const { provider, requests } = createProvider();
    const { warnings } = await ask(provider, createCall({ foreign: toForeign(dropped) }));
    expect(requests.map(({ foreign }) => foreign)).toEqual([undefined]);
    expect(warnings).toEqual(["/logit_bias was dropped: only OpenAI has it."]);
  });

  test("is refused if its meaning would be lost, and the provider is not asked", async () => {
    const { provider, requests } = createProvider();
    const call = createCall({ foreign: toForeign(dropped, refused) });
    await expect(ask(provider, call)).rejects.toMatchObject({
      code: "not_translatable",
      status: 400,
      issues: [{ path: "/n", message: "one answer is all there is" }],
    });
    expect(requests).toEqual([]);
  });

  test("that begins its answer goes to providers that go on from there, and is refused for others", async () => {
    const foreign = toForeign({ path: "/messages/1", effect: "refused", why: "is begun", isPrefill: true });
    const { provider, requests } = createProvider({ continuesAnswers: (model) => model === target.model });
    expect((await ask(provider, createCall({ foreign }))).warnings).toEqual([]);
    expect(requests).toHaveLength(1);
    await expect(ask(createProvider().provider, createCall({ foreign }))).rejects.toMatchObject({
      code: "not_translatable",
      issues: [{ path: "/messages/1", message: "is begun" }],
    });
    const both = { ...foreign, losses: [...(foreign.losses ?? []), refused] };
    await expect(ask(provider, createCall({ foreign: both }))).rejects.toMatchObject({ issues: [{ path: "/n" }] });
  });
});

describe("a task", () => {
  async function perform(provider: Provider, task: Task): Promise<{ result?: TaskResult; warnings: string[] }> {
    const { reply, warnings } = await ask(provider, createCall({ task }));
    const { result } = await collect(reply);
    return { result, warnings };
  }

  test("is done by the provider that has it", async () => {
    const { provider } = createProvider({
      embed: async ({ inputs, dimensions = 0 }) => ({ vectors: inputs.map(({ length }) => [length, dimensions]) }),
      moderate: async ({ inputs }) => ({
        results: inputs.map(() => ({ isFlagged: true, categories: {}, scores: {} })),
      }),
      countTokens: async () => 7,
    });
    const embedded = await perform(provider, { type: "embed", inputs: ["ab", "c"], dimensions: 2 });
    expect(embedded.result).toEqual({
      type: "embed",
      vectors: [
        [2, 2],
        [1, 2],
      ],
    });
    const moderated = await perform(provider, { type: "moderate", inputs: ["x"] });
    expect(moderated.result).toMatchObject({ results: [{ isFlagged: true }] });
    const counted = await perform(provider, { type: "count-tokens" });
    expect(counted).toEqual({ result: { type: "count-tokens", inputTokens: 7, isEstimated: false }, warnings: [] });
  });

  test("that the provider does not have is refused, and tokens are estimated, with a warning", async () => {
    const { provider } = createProvider();
    const unable = { code: "not_translatable" };
    await expect(perform(provider, { type: "embed", inputs: ["x"] })).rejects.toMatchObject(unable);
    await expect(perform(provider, { type: "moderate", inputs: ["x"] })).rejects.toMatchObject(unable);
    const counted = await perform(provider, { type: "count-tokens" });
    expect(counted.result).toEqual({ type: "count-tokens", inputTokens: 11, isEstimated: true });
    expect(counted.warnings).toEqual(["The provider p does not count tokens: the count is an estimate."]);
    const unsure = createProvider({ countTokens: async () => undefined });
    expect((await perform(unsure.provider, { type: "count-tokens" })).result).toMatchObject({ isEstimated: true });
  });
});
