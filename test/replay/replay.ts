import * as fc from "fast-check";
import { systemClock } from "../../src/clock.ts";
import { HeadgateError } from "../../src/errors.ts";
import { createOutbound, type Outbound } from "../../src/outbound.ts";
import type { ModelRequest, Provider, ProviderContext } from "../../src/providers/provider.ts";
import { collect, type Reply, type Usage } from "../../src/reply.ts";
import type { Expected, ReplayAdapter } from "./adapter.ts";
import { bodyOf, isStream, type Recording } from "./recording.ts";
import { createReplayUpstream, type ReplayUpstream } from "./replay-upstream.ts";

/** Replays recordings through their adapter: each in its own chunks and, if it is a stream, in random ones. */
export interface Replayer {
  /** What differs from the recording, in words; empty if nothing does. */
  replay(adapter: ReplayAdapter, recording: Recording): Promise<readonly string[]>;
  close(): Promise<void>;
}

const randomChunkings = 6;
const largestChunk = 64 * 1024;

export async function createReplayer(): Promise<Replayer> {
  const upstream = await createReplayUpstream();
  const outbound = createOutbound();
  return {
    replay: async (adapter, recording) => {
      const expected = toComparable(adapter.expect(recording));
      const found = new Set<string>();
      for (const { name, body, borders } of listServings(recording)) {
        serve(upstream, recording, body, borders);
        const provider = adapter.create({ url: upstream.url, recording, outbound, clock: systemClock });
        const actual = toComparable(await perform(provider, recording, expected));
        const difference = describeDifference(expected, actual);
        if (difference !== undefined) found.add(`${name}: ${difference}`);
        await provider.close();
      }
      const relayed = await findRelayDifference(adapter, recording, { upstream, outbound });
      return relayed === undefined ? [...found] : [...found, relayed];
    },
    close: async () => {
      await outbound.close();
      await upstream.close();
    },
  };
}

interface Serving {
  readonly name: string;
  readonly body: Buffer;
  readonly borders: readonly number[];
}

function listServings(recording: Recording): Serving[] {
  const body = bodyOf(recording);
  const own = { name: "as recorded", body, borders: toBorders(recording.response.chunk_byte_lengths ?? []) };
  if (!isStream(recording)) return [own];
  const texts = recording.response.sse_text === undefined ? [body] : withLineEnds(recording.response.sse_text);
  const seed = Buffer.from(recording.id).reduce((sum, byte) => (sum * 31 + byte) | 0, 7);
  const lengths = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: largestChunk }));
  const chunkings = fc.sample(fc.array(lengths, { minLength: 1, maxLength: 400 }), { numRuns: randomChunkings, seed });
  const random = chunkings.map((chunking, index) => ({
    name: `cut at random (${index})`,
    body: texts[index % texts.length]!,
    borders: toBorders(chunking),
  }));
  const bytewise = { name: "byte by byte", body, borders: Array.from({ length: body.length }, (_, at) => at) };
  return body.length < 4096 ? [own, ...random, bytewise] : [own, ...random];
}

/** The stream with lines that end in LF, CR LF and CR, which the standard allows alike. */
function withLineEnds(text: string): Buffer[] {
  const lines = text.replaceAll("\r\n", "\n");
  return ["\n", "\r\n", "\r"].map((end) => Buffer.from(lines.replaceAll("\n", end)));
}

function toBorders(lengths: readonly number[]): number[] {
  let at = 0;
  return lengths.map((length) => (at += length));
}

function serve(upstream: ReplayUpstream, recording: Recording, body: Buffer, borders: readonly number[]): void {
  const { status, headers = {}, sse_text: events, body_base64: base64 } = recording.response;
  const fallback = events === undefined ? "application/json" : "text/event-stream";
  const binary = base64 === undefined ? fallback : "application/vnd.amazon.eventstream";
  const kept = Object.entries(headers).filter(([name]) => /^(?:retry-after|x-amzn-|x-should-retry)/i.test(name));
  upstream.serve({ status, contentType: binary, headers: Object.fromEntries(kept), body, borders });
}

function toRequest(stream: boolean): ModelRequest {
  return { model: "m", messages: [{ role: "user", content: "Hi" }], settings: {}, stream };
}

function toContext(): ProviderContext {
  return { signal: new AbortController().signal, deadlineMs: systemClock.now() + 20_000, warn: () => {} };
}

async function perform(provider: Provider, recording: Recording, { type }: Expected): Promise<Expected> {
  try {
    if (type === "embeddings" || recording.meta.endpoint.includes("embed")) return await embed(provider);
    if (type === "token-count" || /count/i.test(recording.meta.endpoint)) {
      const inputTokens = (await provider.countTokens?.(toRequest(false), toContext())) ?? Number.NaN;
      return { type: "token-count", inputTokens };
    }
    const reply = await provider.generate(toRequest(isStream(recording)), toContext());
    const { reasoning = "", toolCalls, ...rest } = await collect(reply);
    const calls = toolCalls.map(({ name, arguments: text }) => ({ name, arguments: text }));
    return { type: "answer", ...rest, reasoning, toolCalls: calls, usage: rest.usage };
  } catch (error) {
    if (HeadgateError.is(error)) return { type: "failure", code: error.code };
    throw error;
  }
}

async function embed(provider: Provider): Promise<Expected> {
  const { vectors, usage } = await provider.embed!({ model: "m", inputs: ["Hi"] }, toContext());
  const inputTokens = usage?.inputTokens;
  return { type: "embeddings", count: vectors.length, dimensions: vectors[0]?.length ?? 0, inputTokens };
}

/** Only what is compared, without fields that say nothing. */
function toComparable(answer: Expected): Expected {
  if (answer.type !== "answer") return dropAbsent(answer);
  const { type, text, reasoning, toolCalls, finishReason, rawFinishReason, usage } = answer;
  return dropAbsent({
    type,
    text,
    reasoning,
    toolCalls,
    finishReason,
    rawFinishReason,
    usage: usage && toTokens(usage),
  });
}

function toTokens({ serviceTier: _tier, ...usage }: Usage): Usage {
  const { inputTokens, outputTokens, ...parts } = usage;
  const kept = Object.entries(parts).filter(([, value]) => value !== undefined && value !== 0);
  return { inputTokens, outputTokens, ...Object.fromEntries(kept) };
}

function dropAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}

function describeDifference(expected: Expected, actual: Expected): string | undefined {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  const found = names.flatMap((name) => {
    const [wanted, got] = [expected, actual].map((side) => stableJson((side as Record<string, unknown>)[name]));
    return wanted === got ? [] : [`${name} is ${got?.slice(0, 200)}, recorded ${wanted?.slice(0, 200)}`];
  });
  return found.length === 0 ? undefined : found.join("; ");
}

function stableJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? "absent"
  );
}

interface Bench {
  readonly upstream: ReplayUpstream;
  readonly outbound: Outbound;
}

async function findRelayDifference(
  adapter: ReplayAdapter,
  recording: Recording,
  { upstream, outbound }: Bench,
): Promise<string | undefined> {
  const { dialect } = adapter;
  if (!dialect || !isStream(recording) || adapter.expect(recording).type !== "answer") return undefined;
  for (const { name, body, borders } of listServings(recording)) {
    serve(upstream, recording, body, borders);
    const provider = adapter.create({ url: upstream.url, recording, outbound, clock: systemClock });
    const foreign = { dialect, body: { stream: true, stream_options: { include_usage: true } } };
    const reply = await provider.generate({ ...toRequest(true), foreign }, toContext());
    const { raw, usage } = await readRelay(reply);
    if (!raw.equals(withEnding(body, raw))) return `relayed, ${name}: the bytes differ`;
    const expected = adapter.expect(recording);
    const wanted = expected.type === "answer" && expected.usage ? toTokens(expected.usage) : undefined;
    const difference = stableJson(wanted) === stableJson(usage && toTokens(usage)) ? undefined : stableJson(usage);
    if (difference !== undefined) return `relayed, ${name}: usage is ${difference}, recorded ${stableJson(wanted)}`;
  }
  return undefined;
}

const done = "data: [DONE]\n\n";

/** Some vendors leave the last event of OpenAI's streams out, and a relay adds it. */
function withEnding(body: Buffer, raw: Buffer): Buffer {
  const isAdded = raw.length === body.length + done.length && raw.subarray(body.length).toString() === done;
  return isAdded ? Buffer.concat([body, Buffer.from(done)]) : body;
}

async function readRelay(reply: Reply): Promise<{ readonly raw: Buffer; readonly usage: Usage | undefined }> {
  const raw: Uint8Array[] = [];
  let usage: Usage | undefined;
  for await (const part of reply.parts) {
    if (part.type === "raw") raw.push(part.bytes);
    else if (part.type === "usage") usage = part.usage;
  }
  return { raw: Buffer.concat(raw), usage };
}
