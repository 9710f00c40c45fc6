import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import type { Message } from "@anthropic-ai/sdk/resources/messages";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAnthropicSpec, hasAnthropicSpec, type SpecValidator } from "../../../test/specs/anthropic-spec.ts";
import { parseJson } from "../../json.ts";
import type { ReasoningBlock } from "../../message.ts";
import { collect, type Part, type Usage } from "../../reply.ts";
import { MessageEventWriter } from "./write-message-events.ts";
import { toMessage } from "./write-message.ts";

const head = { requestId: "0190aaaa-0000-7000-8000-000000000000", model: "m-1", createdAtMs: 0 };

let server: Server;
let client: Anthropic;
let body = "";
let spec: SpecValidator | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "text/event-stream");
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new Anthropic({ baseURL, apiKey: "test", maxRetries: 0 });
  if (hasAnthropicSpec) spec = createAnthropicSpec({ isStrict: true });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the official client makes of the parts, as plain JSON. */
async function accumulate(parts: readonly Part[]): Promise<Message> {
  const writer = new MessageEventWriter(head);
  body = parts.map((part) => writer.write(part)).join("") + writer.end();
  checkOrder(body);
  const request = { model: "m", max_tokens: 1, messages: [{ role: "user" as const, content: "Hi" }] };
  return JSON.parse(JSON.stringify(await client.messages.stream(request).finalMessage())) as Message;
}

/** The client overlooks some breaches of the order; others do not. */
function checkOrder(text: string): void {
  let open: number | undefined;
  let count = 0;
  const types: string[] = [];
  for (const line of text.split("\n").filter((one) => one.startsWith("data: "))) {
    const event = parseJson(line.slice("data: ".length)) as { readonly type: string; readonly index?: number };
    if (spec) expect(spec.findMistakes("MessageStreamEvent", event)).toEqual([]);
    if (event.type === "content_block_start") {
      expect([open, event.index]).toEqual([undefined, count++]);
      open = event.index;
    } else if (event.type.startsWith("content_block")) {
      expect(event.index).toBe(open);
      if (event.type === "content_block_stop") open = undefined;
    } else types.push(event.type);
  }
  expect([open, ...types]).toEqual([undefined, "message_start", "message_delta", "message_stop"]);
}

async function toWhole(parts: readonly Part[]): Promise<Message> {
  const completion = await collect({ parts: fromList(parts) });
  return JSON.parse(JSON.stringify(toMessage(completion, head))) as Message;
}

async function* fromList(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts;
}

/** A stream tells the totals only, and the client adds a field of its own. */
function toComparable(message: Message): unknown {
  const { usage, parsed_output: _own, ...rest } = message as Message & { readonly parsed_output?: unknown };
  const { cache_creation: _split, service_tier: _tier, inference_geo: _place, ...counts } = usage;
  return { ...rest, usage: counts };
}

const anyText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const count = fc.integer({ min: 0, max: 1_000_000 });

const usage = fc
  .record({ rest: count, read: count, write: count, output: count, reasoning: fc.option(count, { nil: undefined }) })
  .map(({ rest, read, write, output, reasoning: reasoningTokens }): Usage => ({
    inputTokens: rest + read + write,
    outputTokens: output,
    cachedInputTokens: read,
    cacheWriteTokens: write,
    reasoningTokens,
  }));

const ending = fc
  .tuple(fc.option(usage), fc.constantFrom("stop", "length", "tool_calls", "content_filter", "other"))
  .map(([told, reason]): Part[] => {
    const finish: Part = { type: "finish", reason };
    return told ? [{ type: "usage", usage: told }, finish] : [finish];
  });

const seals = fc.constantFrom<Omit<ReasoningBlock, "text">>(
  { vendor: "anthropic", signature: "EpIE" },
  { vendor: "openai", encrypted: "gAAA", id: "rs_1" },
  { vendor: "google", signature: "CikB" },
  { vendor: "other" },
);

const stretch = fc.oneof(
  fc.tuple(fc.array(anyText, { minLength: 1, maxLength: 4 }), seals).map(([thoughts, seal]): Part[] => {
    const end: Part = { type: "reasoning-block", block: { ...seal, text: thoughts.join("") } };
    return thoughts.map((text): Part => ({ type: "reasoning", text })).concat(end);
  }),
  fc.constant<Part[]>([{ type: "reasoning-block", block: { vendor: "anthropic", text: "", encrypted: "sealed" } }]),
);

/** Either every stretch of reasoning has its end, or the provider sends text alone. */
const reasoning = fc.oneof(
  fc.array(stretch, { maxLength: 3 }).map((parts) => parts.flat()),
  fc.array(anyText, { maxLength: 3 }).map((texts) => texts.map((text): Part => ({ type: "reasoning", text }))),
);

const texts = fc.array(anyText, { maxLength: 5 }).map((all) => all.map((text): Part => ({ type: "text", text })));

// A whole answer's input has no keys that could reach a prototype; a stream passes text on.
const calledWith = fc
  .oneof(
    fc.constant(""),
    fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 })).map((value) => JSON.stringify(value)),
    fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value, null, 1)),
  )
  .filter((text) => !text.includes("__proto__"));

/** One call's parts: name first, arguments cut anywhere. */
const call = fc
  .record({
    id: fc.option(fc.stringMatching(/^[\w:.-]{1,12}$/), { nil: "" }),
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    text: calledWith,
    cuts: fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
  })
  .map(({ id, name, text, cuts }) => {
    const borders = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
    const pieces = borders.slice(1).map((border, at) => text.slice(borders[at], border));
    return { id, name, pieces };
  });

const calls = fc.array(call, { maxLength: 4 });

/** All parts of the calls: those of one in order, the calls in order of beginning, everything else at random. */
function weave(
  drawn: readonly { id: string; name: string; pieces: readonly string[] }[],
  picks: readonly number[],
): Part[] {
  const waiting = drawn.map(({ id, name, pieces }, index): Part[] => [
    { type: "tool-call", index, id, name, arguments: "" },
    ...pieces.map((text): Part => ({ type: "tool-call", index, arguments: text })),
  ]);
  const woven: Part[] = [];
  let begun = 0;
  for (let turn = 0; waiting.some((parts) => parts.length > 0); turn++) {
    const ready = waiting.filter((parts, index) => parts.length > 0 && index <= begun);
    const chosen = ready[(picks[turn % picks.length] ?? 0) % ready.length]!;
    if (chosen === waiting[begun]) begun++;
    woven.push(chosen.shift()!);
  }
  return woven;
}

const picks = fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 40 });

test("the official client accumulates a stream to the whole answer, however its tool calls are interleaved", async () => {
  await fc.assert(
    fc.asyncProperty(reasoning, texts, calls, picks, ending, async (thoughts, said, drawn, order, end) => {
      const parts = [...thoughts, ...said, ...weave(drawn, order), ...end];
      expect(toComparable(await accumulate(parts))).toEqual(toComparable(await toWhole(parts)));
    }),
    { numRuns: 300 },
  );
});

test("parts in any order give a valid stream in which nothing is lost", async () => {
  const groups = fc.array(fc.tuple(fc.nat(), fc.oneof(stretch, texts)));
  await fc.assert(
    fc.asyncProperty(groups, calls, picks, ending, async (others, drawn, order, end) => {
      const units = weave(drawn, order).map((part) => [part]);
      for (const [at, group] of others) units.splice(at % (units.length + 1), 0, group);
      const parts = [...units.flat(), ...end];
      expect(summarize(await accumulate(parts))).toEqual(summarize(await toWhole(parts)));
    }),
    { numRuns: 300 },
  );
});

/** What is said, in whichever blocks. */
function summarize({ content, stop_reason: reason }: Message): unknown {
  const ofType = (type: string): Message["content"] => content.filter((block) => block.type === type);
  return {
    reason,
    text: ofType("text")
      .map((block) => (block.type === "text" ? block.text : ""))
      .join(""),
    thinking: ofType("thinking")
      .map((block) => (block.type === "thinking" ? block.thinking : ""))
      .join(""),
    redacted: ofType("redacted_thinking"),
    calls: ofType("tool_use"),
  };
}
