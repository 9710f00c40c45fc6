import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Usage } from "@ai-sdk/provider";
import { systemClock } from "../../src/clock.ts";
import { parseJson } from "../../src/json.ts";
import { createOutbound } from "../../src/outbound.ts";
import { collect, type Completion } from "../../src/reply.ts";
import type { ReplayAdapter } from "../replay/adapter.ts";
import { bodyOf, isStream, type Recording } from "../replay/recording.ts";
import { createReplayUpstream } from "../replay/replay-upstream.ts";
import type { Comparable, ComparedField, Oracle } from "./oracle.ts";

export interface Difference {
  readonly field: ComparedField;
  readonly ours: unknown;
  readonly theirs: unknown;
  /** Why ours is right; undefined for a difference that nobody has argued for. */
  readonly reason: string | undefined;
}

/** Reads a recording with both sides. */
export async function compare(oracle: Oracle, adapter: ReplayAdapter, recording: Recording): Promise<Difference[]> {
  const [ours, theirs] = await Promise.all([readOurs(adapter, recording), readTheirs(oracle, recording)]);
  const fields = Object.keys(ours) as ComparedField[];
  return fields.flatMap((field): Difference[] => {
    if (JSON.stringify(ours[field]) === JSON.stringify(theirs[field])) return [];
    const reason = oracle.differences?.[recording.id] ?? oracle.explain?.(recording, field);
    return [{ field, ours: ours[field], theirs: theirs[field], reason }];
  });
}

async function readOurs(adapter: ReplayAdapter, recording: Recording): Promise<Comparable> {
  const upstream = await createReplayUpstream();
  const outbound = createOutbound();
  try {
    upstream.serve({ status: 200, contentType: contentTypeOf(recording), body: bodyOf(recording), borders: [] });
    const provider = adapter.create({ url: upstream.url, recording, outbound, clock: systemClock });
    const reply = await provider.generate(
      { model: "m", messages: [{ role: "user", content: "Hi" }], settings: {}, stream: isStream(recording) },
      { signal: new AbortController().signal, deadlineMs: systemClock.now() + 20_000, warn: () => {} },
    );
    return fromCompletion(await collect(reply));
  } finally {
    await outbound.close();
    await upstream.close();
  }
}

function fromCompletion({ text, reasoning = "", toolCalls, finishReason, usage }: Completion): Comparable {
  return {
    text,
    reasoning,
    toolCalls: toolCalls.map(({ name, arguments: input }) => ({ name, input: parseInput(input) })),
    finishReason: finishReason.replace("_", "-"),
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    cachedInputTokens: usage?.cachedInputTokens || undefined,
    cacheWriteTokens: usage?.cacheWriteTokens || undefined,
    reasoningTokens: usage?.reasoningTokens || undefined,
  };
}

function contentTypeOf({ response }: Recording): string {
  if (response.body_base64 !== undefined) return "application/vnd.amazon.eventstream";
  return response.sse_text === undefined ? "application/json" : "text/event-stream";
}

async function readTheirs(oracle: Oracle, recording: Recording): Promise<Comparable> {
  const answer = (): Promise<Response> => {
    const headers = { "content-type": contentTypeOf(recording) };
    return Promise.resolve(new Response(new Uint8Array(bodyOf(recording)), { status: 200, headers }));
  };
  const model = oracle.create(recording, answer);
  const options: LanguageModelV4CallOptions = { prompt: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] };
  return isStream(recording) ? readStream(model, options) : readWhole(model, options);
}

async function readWhole(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<Comparable> {
  const { content, finishReason, usage } = await model.doGenerate(options);
  const join = (type: "text" | "reasoning"): string =>
    content.flatMap((part) => (part.type === type && "text" in part ? [part.text] : [])).join("");
  const toolCalls = content.flatMap((part) =>
    part.type === "tool-call" && part.providerExecuted !== true
      ? [{ name: part.toolName, input: parseInput(part.input) }]
      : [],
  );
  return {
    text: join("text"),
    reasoning: join("reasoning"),
    toolCalls,
    finishReason: finishReason.unified,
    ...toTokens(usage),
  };
}

async function readStream(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<Comparable> {
  const { stream } = await model.doStream(options);
  let [text, reasoning, finishReason] = ["", "", ""];
  let usage: LanguageModelV4Usage | undefined;
  const toolCalls: { name: string; input: unknown }[] = [];
  for await (const part of stream) {
    if (part.type === "text-delta") text += part.delta;
    else if (part.type === "reasoning-delta") reasoning += part.delta;
    else if (part.type === "tool-call" && part.providerExecuted !== true)
      toolCalls.push({ name: part.toolName, input: parseInput(part.input) });
    else if (part.type === "finish") {
      usage = part.usage;
      finishReason = part.finishReason.unified;
    } else if (part.type === "error") throw new Error("The oracle reports an error.", { cause: part.error });
  }
  return { text, reasoning, toolCalls, finishReason, ...toTokens(usage) };
}

function toTokens(
  usage: LanguageModelV4Usage | undefined,
): Omit<Comparable, "text" | "reasoning" | "toolCalls" | "finishReason"> {
  return {
    inputTokens: usage?.inputTokens.total,
    outputTokens: usage?.outputTokens.total,
    cachedInputTokens: usage?.inputTokens.cacheRead || undefined,
    cacheWriteTokens: usage?.inputTokens.cacheWrite || undefined,
    reasoningTokens: usage?.outputTokens.reasoning || undefined,
  };
}

function parseInput(text: string): unknown {
  try {
    return parseJson(text === "" ? "{}" : text);
  } catch {
    return text;
  }
}
