import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { sumParts, wholeReply, type Completion, type Reply, type Usage } from "../../reply.ts";
import type { EmbedAnswer, EmbedRequest, ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { createCallGuard, type CallGuard } from "./call-guard.ts";
import { ContentReader } from "./content-reader.ts";
import { readEmbeddingModel, readLanguageModel, type ForeignEmbeddingModel } from "./foreign-model.ts";
import { openPartSource, type PartSource } from "./part-source.ts";
import { passWarnings } from "./pass-warnings.ts";
import { streamAnswer } from "./stream-answer.ts";
import { toCallOptions } from "./to-call-options.ts";
import { toFailure, type FailureContext } from "./to-failure.ts";

export interface AiSdkProviderOptions {
  /** The provider's name in the config. */
  readonly name: string;
  /** Makes the language model for a model's name. A promise is awaited. */
  readonly languageModel: (name: string) => unknown;
  /** Makes the embedding model for a model's name. Absent: no embeddings. */
  readonly embeddingModel?: (name: string) => unknown;
  readonly clock: Clock;
}

/** Any model of the AI SDK that the config makes. `close` does nothing: models keep their connections themselves. */
export function createAiSdkProvider(options: AiSdkProviderOptions): Provider {
  const { name, languageModel, embeddingModel, clock } = options;
  const peer = `The provider ${name}`;
  const failure = (): FailureContext => ({ peer, nowMs: clock.now() });

  async function generate(request: ModelRequest, context: ProviderContext): Promise<Reply> {
    const guard = createCallGuard(context, clock, peer);
    const warn = (warning: string): void => context.warn(warning);
    try {
      const model = readLanguageModel(await makeModel(languageModel, request.model, guard, failure()), peer);
      const supportedUrls = await guard.wait(() => model.supportedUrls);
      const callOptions = toCallOptions(request, model, supportedUrls, warn);
      const call = { ...callOptions, abortSignal: guard.signal };
      const { provider, specificationVersion: version } = model;
      const reader = new ContentReader({ version, provider, failure, warn });
      if (request.stream) {
        const open = (answer: unknown): PartSource =>
          openPartSource(isRecord(answer) ? answer["stream"] : answer, peer);
        const source = open(
          await guard.wait(
            () => model.doStream(call),
            (late) => open(late).cancel(),
          ),
        );
        return { parts: await streamAnswer({ source, reader, guard, failure }) };
      }
      const answer = await guard.wait(() => model.doGenerate(call));
      guard.end();
      if (isRecord(answer)) passWarnings(answer["warnings"], provider, warn);
      return wholeReply(toCompletion(answer, reader, request, peer));
    } catch (error) {
      guard.leave();
      throw toFailure(error, failure());
    }
  }

  return {
    name,
    hasSchemaMode: true,
    dialects: [],
    generate,
    ...(embeddingModel ? { embed: createEmbed(options, embeddingModel) } : {}),
    close: () => Promise.resolve(),
  };
}

/** What the config's function throws is a mistake, which trying again does not help. */
async function makeModel(
  make: (name: string) => unknown,
  name: string,
  guard: CallGuard,
  context: FailureContext,
): Promise<unknown> {
  try {
    return await guard.wait(() => make(name));
  } catch (error) {
    const failure = toFailure(error, context);
    if (failure.code !== "provider_unavailable") throw failure;
    throw new HeadgateError("provider_rejected", { detail: failure.detail });
  }
}

function toCompletion(answer: unknown, reader: ContentReader, request: ModelRequest, peer: string): Completion {
  if (!isRecord(answer) || !Array.isArray(answer["content"])) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without content.` });
  }
  const gathered = sumParts(answer["content"].filter(isRecord).flatMap((part) => reader.read(part)));
  // Drafts before the answer that was asked for.
  const chosen = answer["structuredOutputText"];
  const text = request.output && typeof chosen === "string" ? chosen : gathered.text;
  const { usage, reason, rawReason } = reader.finish(answer);
  return {
    ...gathered,
    text,
    finishReason: reason,
    ...(rawReason === undefined ? {} : { rawFinishReason: rawReason }),
    ...(usage ? { usage } : {}),
  };
}

function createEmbed(
  { name, clock }: AiSdkProviderOptions,
  embeddingModel: (name: string) => unknown,
): NonNullable<Provider["embed"]> {
  const peer = `The provider ${name}`;
  return async (request, context) => {
    const guard = createCallGuard(context, clock, peer);
    try {
      const failure = { peer, nowMs: clock.now() };
      const model = readEmbeddingModel(await makeModel(embeddingModel, request.model, guard, failure), peer);
      const answer = await embedAll(request, model, { guard, context, peer });
      guard.end();
      return answer;
    } catch (error) {
      guard.leave();
      throw toFailure(error, { peer, nowMs: clock.now() });
    }
  };
}

interface Embedding {
  readonly guard: CallGuard;
  readonly context: ProviderContext;
  readonly peer: string;
}

/** As many inputs a call as the model takes, one call after the other. */
async function embedAll(
  { inputs, dimensions }: EmbedRequest,
  model: ForeignEmbeddingModel,
  { guard, context, peer }: Embedding,
): Promise<EmbedAnswer> {
  const isSized = dimensions !== undefined && model.specificationVersion === "v4";
  if (dimensions !== undefined && !isSized) {
    context.warn(
      `dimensions is not offered by models of the specification ${model.specificationVersion} and was dropped.`,
    );
  }
  const limit = Number(await guard.wait(() => model.maxEmbeddingsPerCall));
  const step = Number.isSafeInteger(limit) && limit > 0 ? limit : inputs.length;
  const vectors: (readonly number[])[] = [];
  const usages: unknown[] = [];
  for (let at = 0; at < inputs.length; at += step) {
    const values = inputs.slice(at, at + step);
    const call = { values, abortSignal: guard.signal, ...(isSized ? { dimensions } : {}) };
    const answer = await guard.wait(() => model.doEmbed(call));
    const { embeddings, usage, warnings } = isRecord(answer) ? answer : {};
    if (!Array.isArray(embeddings) || embeddings.length !== values.length || !embeddings.every(isVector)) {
      throw new HeadgateError("provider_protocol", {
        detail: `${peer} did not answer with one vector for each input.`,
      });
    }
    vectors.push(...embeddings);
    usages.push(usage);
    passWarnings(warnings, model.provider, (warning) => context.warn(warning));
  }
  const usage = sumTokens(usages);
  return { vectors, ...(usage ? { usage } : {}) };
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((number) => typeof number === "number");
}

/** Undefined if one of the calls did not say. */
function sumTokens(usages: readonly unknown[]): Usage | undefined {
  let inputTokens = 0;
  for (const usage of usages) {
    const tokens = isRecord(usage) ? usage["tokens"] : undefined;
    if (!Number.isSafeInteger(tokens)) return undefined;
    inputTokens += tokens as number;
  }
  return { inputTokens, outputTokens: 0 };
}
