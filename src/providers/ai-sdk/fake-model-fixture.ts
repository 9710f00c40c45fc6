import { systemClock, type Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { collect, type Completion, type Part, type Reply } from "../../reply.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { createAiSdkProvider, type AiSdkProviderOptions } from "./ai-sdk.ts";
import type { SpecificationVersion } from "./foreign-model.ts";

/** A model made by hand: what it answers, and what else it has or does. */
export interface FakeModel {
  readonly version?: SpecificationVersion;
  readonly provider?: string;
  readonly supportedUrls?: unknown;
  readonly supportsStructuredOutputs?: boolean;
  readonly generate?: (options: Record<string, unknown>) => unknown;
  readonly stream?: (options: Record<string, unknown>) => unknown;
}

export interface FakeBench {
  readonly provider: Provider;
  /** The options of each call to the model. */
  readonly calls: readonly Record<string, unknown>[];
  readonly warnings: readonly string[];
  generate(request?: Partial<ModelRequest>, context?: Partial<ProviderContext>): Promise<Reply>;
  complete(request?: Partial<ModelRequest>): Promise<Completion>;
  read(request?: Partial<ModelRequest>): Promise<{ readonly parts: Part[]; readonly error?: HeadgateError }>;
}

export function openFakeModel(fake: FakeModel, clock: Clock = systemClock): FakeBench {
  const calls: Record<string, unknown>[] = [];
  const { version = "v4", provider = "fake.chat", supportedUrls = {}, supportsStructuredOutputs } = fake;
  const act = (answer: FakeModel["generate"]) => (options: Record<string, unknown>) => {
    calls.push(options);
    return answer?.(options);
  };
  const model = {
    specificationVersion: version,
    provider,
    modelId: "m",
    supportedUrls,
    supportsStructuredOutputs,
    doGenerate: act(fake.generate ?? (() => toResult(version, [{ type: "text", text: "Hi." }]))),
    doStream: act(fake.stream ?? (() => ({ stream: toStream([]) }))),
  };
  return openBench({ languageModel: () => model }, calls, clock);
}

export function openBench(
  options: Partial<AiSdkProviderOptions>,
  calls: readonly Record<string, unknown>[] = [],
  clock: Clock = systemClock,
): FakeBench {
  const warnings: string[] = [];
  const provider = createAiSdkProvider({ name: "fake", languageModel: () => undefined, clock, ...options });
  const generate = (request: Partial<ModelRequest> = {}, context: Partial<ProviderContext> = {}): Promise<Reply> =>
    provider.generate(
      { model: "m", messages: [{ role: "user", content: "Hi" }], settings: {}, stream: false, ...request },
      {
        signal: new AbortController().signal,
        deadlineMs: clock.now() + 10_000,
        warn: (warning) => warnings.push(warning),
        ...context,
      },
    );
  return {
    provider,
    calls,
    warnings,
    generate,
    complete: async (request) => collect(await generate(request)),
    read: async (request = {}) => {
      const parts: Part[] = [];
      try {
        for await (const part of (await generate({ stream: true, ...request })).parts) parts.push(part);
      } catch (error) {
        return { parts, error: HeadgateError.from(error) };
      }
      return { parts };
    },
  };
}

/** Usage of 10 and 20 tokens, as each version says it. */
export function toFakeUsage(version: SpecificationVersion): unknown {
  if (version === "v2") return { inputTokens: 10, outputTokens: 20, totalTokens: 30 };
  return {
    inputTokens: { total: 10, noCache: 10, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 20, text: 20, reasoning: undefined },
  };
}

export function toFakeReason(version: SpecificationVersion, unified: string, raw?: string): unknown {
  return version === "v2" ? unified : { unified, raw };
}

/** What `doGenerate` resolves with. */
export function toResult(
  version: SpecificationVersion,
  content: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const finishReason = toFakeReason(version, "stop", "end_turn");
  return { content, finishReason, usage: toFakeUsage(version), warnings: [], ...more };
}

export function toFinishPart(version: SpecificationVersion, unified = "stop"): unknown {
  return { type: "finish", usage: toFakeUsage(version), finishReason: toFakeReason(version, unified, "end_turn") };
}

export function toStream(parts: readonly unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}
