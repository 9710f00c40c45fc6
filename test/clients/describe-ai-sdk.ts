import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import type { LanguageModel } from "ai";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  busy,
  city,
  cityJson,
  cutOff,
  greeting,
  greetingText,
  lookups,
  pixel,
  say,
  stalled,
  thought,
  tooLong,
} from "./answers.ts";
import { embeddingModels, tellVectors, vectors } from "./describe-openai-others.ts";
import { readAll } from "./read-all.ts";
import { toModel, vendors, type Stage } from "./stage.ts";
import { findSchema, listTools, tellRequest } from "./tell-request.ts";

/** One of the SDK's own providers, pointed at Headgate. */
interface SdkProvider {
  readonly name: string;
  readonly connect: (access: Pick<Stage, "url" | "key">, model: string) => LanguageModel;
  /** What the model is to think, so that it shows. */
  readonly thinking: ProviderOptions;
  /** What it takes to have an object by the answer's schema. */
  readonly structured?: ProviderOptions;
  /** The client shows what a model thinks, where the vendor tells it. */
  readonly showsThoughts: boolean;
  /** The client hands back what seals the thoughts. */
  readonly returnsSeals: boolean;
}

type ProviderOptions = Record<string, Record<string, string | number | boolean | Record<string, string | number>>>;

const responses: SdkProvider["connect"] = ({ url, key }, model) =>
  createOpenAI({ baseURL: `${url}/v1`, apiKey: key })(model);

// The SDK goes by the names of models, and does not know those with a vendor's name before them.
const thinks = { forceReasoning: true, reasoningEffort: "high" };

const providers: readonly SdkProvider[] = [
  {
    name: "openai",
    connect: responses,
    thinking: { openai: { ...thinks, reasoningSummary: "auto" } },
    showsThoughts: true,
    returnsSeals: true,
  },
  {
    name: "openai, which is to keep nothing",
    connect: responses,
    thinking: { openai: { ...thinks, reasoningSummary: "auto", store: false } },
    showsThoughts: true,
    returnsSeals: true,
  },
  {
    name: "openai's chat",
    connect: ({ url, key }, model) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(model),
    thinking: { openai: thinks },
    showsThoughts: false,
    returnsSeals: false,
  },
  {
    name: "anthropic",
    connect: ({ url, key }, model) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model),
    thinking: { anthropic: { thinking: { type: "enabled", budgetTokens: 2048 } } },
    structured: { anthropic: { structuredOutputMode: "outputFormat" } },
    showsThoughts: true,
    returnsSeals: true,
  },
  {
    name: "openai-compatible",
    connect: ({ url, key }, model) => {
      const options = { includeUsage: true, supportsStructuredOutputs: true };
      return createOpenAICompatible({ name: "headgate", baseURL: `${url}/v1`, apiKey: key, ...options })(model);
    },
    thinking: { headgate: { reasoningEffort: "high" } },
    showsThoughts: true,
    returnsSeals: false,
  },
];

const usage = { inputTokens: 15, outputTokens: 5, inputTokenDetails: { cacheReadTokens: 4 } };
const asked = ["system: Be brief.", "user: Say hello."];
const City = z.object({ city: z.string(), people: z.number() });

/** The AI SDK. */
export function describeAiSdk(open: () => Stage): void {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const combinations = providers.flatMap((provider) => vendors.map((vendor) => ({ provider, vendor })));
  describe.each(combinations)("ai with $provider.name, answered by $vendor.name", ({ provider, vendor }) => {
    let stage: Stage;
    let model: LanguageModel;
    const prompt = { instructions: "Be brief.", prompt: "Say hello.", maxOutputTokens: 64 };
    beforeAll(() => {
      stage = open();
      model = provider.connect(stage, toModel(vendor));
    });

    test("generateText", async () => {
      stage.upstream.script(greeting);
      const { text, finishReason, usage: told, warnings } = await generateText({ model, ...prompt });
      expect({ text, finishReason, told }).toMatchObject({ text: greetingText, finishReason: "stop", told: usage });
      expect(warnings ?? []).toEqual([]);
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(asked);
    });

    test("streamText, in single bytes", async () => {
      stage.upstream.script({ type: "odd", said: greeting, pieceBytes: 1 });
      const result = streamText({ model, ...prompt });
      expect(await readAll(result.textStream)).toEqual(greeting.text);
      expect(await result.finishReason).toBe("stop");
      expect(await result.usage).toMatchObject(usage);
    });

    test("an object, whole and as it grows", async () => {
      stage.upstream.script(cityJson, cityJson);
      const request = {
        model,
        ...prompt,
        output: Output.object({ schema: City }),
        ...(provider.structured ? { providerOptions: provider.structured } : {}),
      };
      expect((await generateText(request)).output).toEqual(city);
      const streamed = streamText(request);
      const partial = await readAll(streamed.partialOutputStream);
      expect(partial.length).toBeGreaterThan(1);
      expect(partial.at(-1)).toEqual(city);
      expect(await streamed.output).toEqual(city);
      expect(stage.upstream.seen).toHaveLength(2);
      for (const call of stage.upstream.seen)
        expect(findSchema(call)).toMatchObject({ type: "object", required: ["city", "people"] });
    });

    test.each([false, true])("tools, step by step (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(lookups, say("Both", " are there."));
      const lookup = tool({
        description: "Looks an order up.",
        inputSchema: z.object({ id: z.number() }),
        execute: async ({ id }) => `found ${id}`,
      });
      const request = { model, ...prompt, tools: { lookup }, stopWhen: stepCountIs(5) };
      const streamed = isStreamed ? streamText(request) : undefined;
      await streamed?.consumeStream();
      const { text, steps } = streamed
        ? { text: await streamed.text, steps: await streamed.steps }
        : await generateText(request);
      expect(text).toBe("Both are there.");
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
      expect(steps[0]?.text).toBe("One moment.");
      expect(steps[0]?.toolResults.map(({ input, output }) => [input, output])).toEqual([
        [{ id: 7 }, "found 7"],
        [{ id: 8 }, "found 8"],
      ]);
      const [first, second] = stage.upstream.seen;
      expect(listTools(first!)).toEqual(["lookup"]);
      expect(tellRequest(second!)).toEqual([
        ...asked,
        "assistant: One moment.",
        'assistant calls lookup {"id":7}',
        'assistant calls lookup {"id":8}',
        'lookup {"id":7} gives: found 7',
        'lookup {"id":8} gives: found 8',
      ]);
    });

    test.each([false, true])("reasoning, which goes back sealed (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(thought, say("Still good."));
      const thinker = provider.connect(stage, toModel(vendor, "reasoning"));
      const request = { model: thinker, instructions: "Be brief.", providerOptions: provider.thinking };
      const first = { ...request, prompt: "Say hello.", maxOutputTokens: 4096 };
      const streamed = isStreamed ? streamText(first) : undefined;
      const {
        text,
        reasoningText,
        responseMessages,
        usage: told,
      } = streamed
        ? {
            text: await streamed.text,
            reasoningText: (await streamed.finalStep).reasoningText,
            responseMessages: await streamed.responseMessages,
            usage: await streamed.usage,
          }
        : await generateText(first);
      // OpenAI's chat never shows what its models think.
      const isTold = vendor.name !== "openai-chat";
      expect(text).toBe("Good day.");
      expect(reasoningText).toBe(isTold && provider.showsThoughts ? "Greet them." : undefined);
      expect(told.outputTokens).toBe(8);
      await generateText({
        ...request,
        maxOutputTokens: 4096,
        messages: [{ role: "user", content: "Say hello." }, ...responseMessages, { role: "user", content: "Sure?" }],
      });
      // What OpenAI itself keeps needs no seal.
      const isKept = vendor.name === "openai-responses" && provider.name === "openai";
      const seal = isKept ? "reasoning: rs_vendor" : "reasoning: c2VhbGVk";
      expect(tellRequest(stage.upstream.seen[1]!).map((line) => line.replace(/(rs_vendor)_\d+/, "$1"))).toEqual([
        ...asked,
        ...(isTold && provider.returnsSeals ? [seal] : []),
        "assistant: Good day.",
        "user: Sure?",
      ]);
    });

    test("an image", async () => {
      stage.upstream.script(say("A dot."));
      const content = [
        { type: "text" as const, text: "What is it?" },
        { type: "file" as const, data: Buffer.from(pixel, "base64"), mediaType: "image/png" },
      ];
      expect((await generateText({ model, maxOutputTokens: 64, messages: [{ role: "user", content }] })).text).toBe(
        "A dot.",
      );
      const image = `[image data:image/png;base64,${pixel}]`;
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(["user: What is it?", `user: ${image}`]);
    });

    test("an answer that is cut short says why", async () => {
      stage.upstream.script(tooLong);
      expect((await generateText({ model, ...prompt })).finishReason).toBe("length");
    });

    test("errors", async () => {
      const generate = (asking: LanguageModel, maxRetries = 0): Promise<unknown> =>
        generateText({ model: asking, ...prompt, maxRetries });
      const stranger = generate(provider.connect({ ...stage, key: "hg_wrong" }, toModel(vendor)));
      await expect(stranger).rejects.toBeInstanceOf(APICallError);
      await expect(stranger).rejects.toMatchObject({ statusCode: 401, isRetryable: false });
      const unknown = generate(provider.connect(stage, "nonesuch"));
      await expect(unknown).rejects.toMatchObject({ statusCode: 404, isRetryable: false });
      await expect(unknown).rejects.toThrow("model");
      stage.upstream.script({ type: "failed", failure: "context-too-long" });
      await expect(generate(model)).rejects.toMatchObject({ statusCode: 400, isRetryable: false });
    });

    test("a stream that the vendor cuts is an error, never a short success", async () => {
      stage.upstream.script(cutOff);
      const errors: unknown[] = [];
      const result = streamText({ model, ...prompt, onError: ({ error }) => void errors.push(error) });
      expect((await readAll(result.stream)).map(({ type }) => type)).toContain("error");
      expect(await result.finishReason).toBe("error");
      expect(errors).toHaveLength(1);
    });

    test("a client that aborts ends the vendor's work", async () => {
      stage.upstream.script(stalled);
      const controller = new AbortController();
      const result = streamText({ model, ...prompt, abortSignal: controller.signal });
      for await (const part of result.stream) if (part.type === "text-delta") controller.abort();
      await stage.upstream.seen[0]!.abandoned;
      expect(stage.upstream.seen).toHaveLength(1);
    });
  });

  // Headgate retries first, which takes a while.
  const slow = combinations.filter(
    ({ provider, vendor }) => vendor.name === "gemini" && ["anthropic", "openai-compatible"].includes(provider.name),
  );
  describe.each(slow)("ai with $provider.name: retries, answered by $vendor.name", ({ provider, vendor }) => {
    test("a rate limit: the client waits for as long as it is told to, and asks again", async () => {
      const stage = open();
      const request = { model: provider.connect(stage, toModel(vendor)), prompt: "Say hello.", maxOutputTokens: 64 };
      stage.upstream.script(busy(0), busy(0), busy(1));
      const limited = generateText({ ...request, maxRetries: 0 });
      await expect(limited).rejects.toMatchObject({
        statusCode: 429,
        isRetryable: true,
        responseHeaders: { "retry-after": "1" },
      });
      stage.upstream.script(busy(0), busy(0), busy(1), greeting);
      expect((await generateText({ ...request, maxRetries: 1 })).text).toBe(greetingText);
      expect(stage.upstream.left).toBe(0);
    });
  });

  describe.each(vendors)("ai with anthropic, answered by $name", (vendor) => {
    test("an object by way of a tool, which the SDK takes for models that it does not know", async () => {
      const stage = open();
      const call = { id: "call_1", name: "json", arguments: [JSON.stringify(city)] };
      const answer = { ...cityJson, text: undefined, toolCalls: [call], end: "tool-calls" as const };
      stage.upstream.script(answer, answer);
      const model = createAnthropic({ baseURL: `${stage.url}/v1`, apiKey: stage.key })(toModel(vendor));
      const providerOptions = { anthropic: { structuredOutputMode: "jsonTool" } };
      const output = Output.object({ schema: City });
      const request = { model, prompt: "Which city?", maxOutputTokens: 64, output, providerOptions };
      expect((await generateText(request)).output).toEqual(city);
      expect(await streamText(request).output).toEqual(city);
      expect(stage.upstream.seen.map(listTools)).toEqual([["json"], ["json"]]);
    });
  });

  describe.each(embeddingModels)("ai's embeddings, answered by $vendor", ({ vendor, model }) => {
    test.each([
      ["openai", (url: string, apiKey: string) => createOpenAI({ baseURL: url, apiKey }).embeddingModel(model)],
      [
        "openai-compatible",
        (baseURL: string, apiKey: string) =>
          createOpenAICompatible({ name: "headgate", baseURL, apiKey }).embeddingModel(model),
      ],
    ])("by %s", async (_name, connect) => {
      const { url, key, upstream } = open();
      upstream.script(tellVectors(vendor));
      const answer = await embedMany({ model: connect(`${url}/v1`, key), values: ["A cat.", "A dog."] });
      expect(answer.embeddings).toEqual(vectors);
      expect(answer.usage).toEqual({ tokens: 4 });
    });
  });
}
