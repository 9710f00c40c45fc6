import * as fc from "fast-check";
import { accumulateResponse } from "openai/lib/responses/ResponseAccumulator";
import type { Response, ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { createEventDecoder, type StreamEvent } from "../../event-stream.ts";
import { collect, wholeReply, type Completion, type Part } from "../../reply.ts";
import { findSpecViolations } from "../../../test/specs/openai-spec.ts";
import { openAiResponses } from "./openai-responses.ts";
import { parseResponsesRequest } from "./parse-responses-request.ts";
import { createResponseWriter } from "./response-writer.ts";
import { toResponse } from "./to-response.ts";

const head = { requestId: "0190aaaa-0000-7000-8000-000000000000", model: "fast", createdAtMs: 1_700_000_000_999 };
const settlement = { completedAtMs: 1_700_000_002_000, isStored: true };

const request = parseResponsesRequest({
  model: "fast",
  input: "Hi",
  instructions: "Be brief.",
  temperature: 1,
  text: { format: { type: "json_schema", name: "a", schema: { type: "object" }, strict: true }, verbosity: "low" },
  reasoning: { effort: "low", summary: "auto" },
  tools: [{ type: "function", name: "look" }],
  tool_choice: { type: "function", name: "look" },
  metadata: { a: "b" },
  user: "u",
});
const plainRequest = parseResponsesRequest({ model: "fast", input: "Hi" });

function readEvents(text: string): ResponseStreamEvent[] {
  const events: StreamEvent[] = [];
  const decoder = createEventDecoder((event) => events.push(event));
  decoder.feed(Buffer.from(text));
  return events.map(({ event, data }) => {
    const parsed = JSON.parse(data) as ResponseStreamEvent;
    expect(parsed.type).toBe(event);
    return parsed;
  });
}

function stream(parts: readonly Part[]): ResponseStreamEvent[] {
  const writer = createResponseWriter(head, request);
  const written = parts.map((part) => writer.write(part)).join("");
  writer.settle(settlement);
  return readEvents(written + writer.end());
}

/** What the official client has put together before the event, whose response it then takes over. */
function accumulate(events: readonly ResponseStreamEvent[]): Response {
  let snapshot: Response | undefined;
  for (const event of events.slice(0, -1)) snapshot = accumulateResponse(event, snapshot);
  if (!snapshot) throw new Error("There was no event.");
  return snapshot;
}

function finalOf(events: readonly ResponseStreamEvent[]): Response {
  const last = events.at(-1);
  if (!last || !("response" in last)) throw new Error("The stream has no end.");
  return last.response;
}

const usage = { inputTokens: 9, outputTokens: 5, cachedInputTokens: 3, cacheWriteTokens: 1, reasoningTokens: 2 };

const completion: Completion = {
  text: "Grüße 👩‍🚀",
  reasoning: "Say hello.",
  reasoningBlocks: [
    { vendor: "anthropic", text: "Say hello.", signature: "s" },
    { vendor: "anthropic", text: "", encrypted: "e" },
  ],
  sources: [{ url: "https://x/y", title: "Y", startIndex: 0, endIndex: 5 }, { url: "https://x/z" }],
  logprobs: [{ token: "Grüße", logprob: -0.5, top: [{ token: "Hallo", logprob: -1 }] }],
  toolCalls: [
    { id: "call_1", name: "look", arguments: '{"at":"x"}' },
    { id: "", name: "wait", arguments: "" },
  ],
  finishReason: "tool_calls",
  usage,
};

async function toParts(answer: Completion): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of wholeReply(answer).parts) parts.push(part);
  return parts;
}

describe("a whole answer", () => {
  test("has reasoning, text and calls as items, with what each needs", () => {
    const response = toResponse(completion, head, request, settlement);
    expect(response).toMatchObject({
      id: "resp_0190aaaa000070008000000000000000",
      object: "response",
      created_at: 1_700_000_000,
      completed_at: 1_700_000_002,
      status: "completed",
      error: null,
      incomplete_details: null,
      model: "fast",
      instructions: "Be brief.",
      store: true,
      metadata: { a: "b" },
      tools: [{ type: "function", name: "look", parameters: null, strict: null }],
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 3, cache_write_tokens: 1 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 14,
      },
    });
    expect(response["output"]).toMatchObject([
      {
        type: "reasoning",
        summary: [{ type: "summary_text", text: "Say hello." }],
        encrypted_content: expect.stringMatching(/^headgate_/),
      },
      { type: "reasoning", summary: [], encrypted_content: expect.stringMatching(/^headgate_/) },
      {
        type: "message",
        role: "assistant",
        status: "completed",
        content: [
          {
            type: "output_text",
            text: "Grüße 👩‍🚀",
            annotations: [
              { type: "url_citation", url: "https://x/y", title: "Y", start_index: 0, end_index: 5 },
              { type: "url_citation", url: "https://x/z", title: "https://x/z", start_index: 0, end_index: 0 },
            ],
            logprobs: [
              {
                token: "Grüße",
                logprob: -0.5,
                bytes: [71, 114, 195, 188, 195, 159, 101],
                top_logprobs: [{ token: "Hallo", logprob: -1 }],
              },
            ],
          },
        ],
      },
      { type: "function_call", status: "completed", call_id: "call_1", name: "look", arguments: '{"at":"x"}' },
      { type: "function_call", call_id: "call_0190aaaa000070008000000000000000_1", name: "wait", arguments: "" },
    ]);
  });

  test.each([
    ["length", "incomplete", { reason: "max_output_tokens" }, "incomplete"],
    ["content_filter", "incomplete", { reason: "content_filter" }, "incomplete"],
    ["stop", "completed", null, "completed"],
    ["other", "completed", null, "completed"],
  ] as const)("that stopped for %s is %s", async (finishReason, status, details, itemStatus) => {
    const answer: Completion = { text: "Hi", toolCalls: [], finishReason };
    const whole = toResponse(answer, head, request, settlement);
    expect(whole).toMatchObject({ status, incomplete_details: details, output: [{ status: itemStatus }] });
    const events = stream(await toParts(answer));
    expect(events.at(-1)?.type).toBe(`response.${status}`);
    expect(finalOf(events)).toEqual(JSON.parse(JSON.stringify(whole)));
  });

  test("without a word has no items", () => {
    expect(toResponse({ text: "", toolCalls: [], finishReason: "stop" }, head, request)).toMatchObject({ output: [] });
  });

  test.each([
    ["full", completion, request],
    ["bare", { text: "", toolCalls: [], finishReason: "stop" } satisfies Completion, plainRequest],
    ["cut", { ...completion, finishReason: "length" } satisfies Completion, plainRequest],
  ] as const)("that is %s is as OpenAI describes it, read strictly", (_what, answer, asked) => {
    expect(findSpecViolations("response", toResponse(answer, head, asked, settlement), "strict")).toEqual([]);
    expect(findSpecViolations("response", openAiResponses.toAnswer(answer, head, asked), "strict")).toEqual([]);
  });
});

describe("a stream", () => {
  test("tells of every item from its beginning to its end, numbered", async () => {
    const events = stream(await toParts(completion));
    const told = events.map(({ type }) => type.replace(/^response\./, ""));
    expect(told.join(" ")).toBe(
      [
        "created in_progress",
        "output_item.added reasoning_summary_part.added reasoning_summary_text.delta",
        "reasoning_summary_text.done reasoning_summary_part.done output_item.done",
        "output_item.added output_item.done",
        "output_item.added content_part.added output_text.delta",
        "output_text.annotation.added output_text.annotation.added",
        "output_text.done content_part.done output_item.done",
        "output_item.added function_call_arguments.delta output_item.added",
        "function_call_arguments.done output_item.done function_call_arguments.done output_item.done",
        "completed",
      ].join(" "),
    );
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  });

  test("is as OpenAI describes it, read strictly, and adds up to the whole answer", async () => {
    const events = stream(await toParts(completion));
    expect(events.flatMap((event) => findSpecViolations("response event", event, "strict"))).toEqual([]);
    expect(accumulate(events).output).toEqual(finalOf(events).output);
    const whole = toResponse(completion, head, request, settlement);
    expect(finalOf(events)).toEqual(JSON.parse(JSON.stringify(whole)));
  });

  test("that is cut adds up to the whole answer too: only its last item is incomplete", async () => {
    const answer: Completion = { ...completion, finishReason: "length" };
    const events = stream(await toParts(answer));
    expect(finalOf(events)).toEqual(JSON.parse(JSON.stringify(toResponse(answer, head, request, settlement))));
    const statuses = finalOf(events).output.map((item) => ("status" in item ? item.status : undefined));
    expect(statuses.slice(2)).toEqual(["completed", "completed", "incomplete"]);
  });

  test("shows reasoning that comes in one piece with its seal", () => {
    const events = stream([
      { type: "reasoning-block", block: { vendor: "google", text: "Hm", signature: "g" } },
      { type: "finish", reason: "stop" },
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "response.reasoning_summary_text.delta", delta: "Hm" }),
    );
    expect(accumulate(events).output).toMatchObject([{ type: "reasoning", summary: [{ text: "Hm" }] }]);
  });

  test("waits with a call until its name is there", () => {
    const events = stream([
      { type: "tool-call", index: 0, id: "c", arguments: '{"a"' },
      { type: "tool-call", index: 0, name: "look", arguments: ":1}" },
      { type: "tool-call", index: 1, id: "d", arguments: "{}" },
      { type: "finish", reason: "tool_calls" },
    ]);
    expect(accumulate(events).output).toMatchObject([
      { call_id: "c", name: "look", arguments: '{"a":1}' },
      { call_id: "d", name: "", arguments: "{}" },
    ]);
  });

  test("holds sources back until there is text that they can stand at", () => {
    const source = { url: "https://x", startIndex: 7, endIndex: 9 };
    const events = stream([
      { type: "source", source },
      { type: "text", text: "Hello" },
      { type: "reasoning", text: "Hm" },
      { type: "source", source },
      { type: "text", text: "there" },
      { type: "reasoning", text: "Hm" },
      { type: "source", source },
      { type: "finish", reason: "stop" },
    ]);
    const { output } = accumulate(events);
    const annotations = output.flatMap((item) => (item.type === "message" ? item.content : []));
    expect(annotations).toMatchObject([
      { text: "Hello", annotations: [{ start_index: 7, end_index: 9 }] },
      { text: "there", annotations: [{ start_index: 2, end_index: 4 }] },
      { text: "", annotations: [{ start_index: 0, end_index: 0 }] },
    ]);
  });

  test("that fails midway ends with the error and what there is of the answer", () => {
    const writer = createResponseWriter(head, request);
    const text = writer.write({ type: "text", text: "Hel" }) + writer.fail(new HeadgateError("stream_cut"));
    const events = readEvents(text);
    expect(events.slice(-2)).toMatchObject([
      { type: "error", code: "stream_cut", error: { code: "stream_cut", type: "server_error" } },
      {
        type: "response.failed",
        response: {
          status: "failed",
          store: false,
          error: { code: "server_error" },
          output: [{ status: "incomplete", content: [{ text: "Hel" }] }],
        },
      },
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.flatMap((event) => findSpecViolations("response event", event, "strict"))).toEqual([]);
  });

  test("that fails for too many requests says so, and is whole even before its first word", () => {
    const events = readEvents(createResponseWriter(head, request).fail(new HeadgateError("provider_rate_limited")));
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "error",
      "response.failed",
    ]);
    expect(events.at(-1)).toMatchObject({ response: { error: { code: "rate_limit_exceeded" }, output: [] } });
  });

  test("of somebody else's events ends with an error of their form", () => {
    const [event] = readEvents(openAiResponses.toErrorEvent(new HeadgateError("stream_cut"), head.requestId));
    expect(event).toMatchObject({ type: "error", code: "stream_cut", sequence_number: 0 });
    expect(findSpecViolations("response event", event, "strict")).toEqual([]);
  });

  test("that is not kept says so in its end", () => {
    const writer = createResponseWriter(head, request);
    writer.write({ type: "finish", reason: "stop" });
    expect(writer.settle({ completedAtMs: 1, isStored: false })).toMatchObject({ store: false });
    expect(finalOf(readEvents(writer.end()))).toMatchObject({ store: false });
  });

  test("ends once an answer is larger than what can be held", () => {
    const writer = createResponseWriter(head, request);
    const text = "x".repeat(1024 * 1024);
    expect(() => {
      for (let at = 0; at < 17; at++) writer.write({ type: "text", text });
    }).toThrow("The answer has more than 16777216 characters.");
  });
});

/** Parts in the orders that providers may send them in. */
const randomParts = fc.gen().map((gen): Part[] => {
  const parts: Part[] = [];
  const hasBlocks = gen(fc.boolean);
  const isRefusal = gen(fc.boolean);
  let calls = 0;
  for (let at = gen(fc.nat, { max: 12 }); at > 0; at--) {
    const kind = gen(fc.constantFrom, "text", "reasoning", "call", "arguments", "source", "noise");
    if (kind === "text") {
      const text = gen(fc.string, { unit: "grapheme", minLength: 1, maxLength: 8 });
      const logprobs =
        gen(fc.boolean) && !isRefusal ? [{ token: text, logprob: -1, top: [{ token: "a", logprob: -2 }] }] : undefined;
      parts.push({ type: "text", text, ...(logprobs ? { logprobs } : {}), ...(isRefusal ? { isRefusal } : {}) });
    } else if (kind === "reasoning") {
      const texts = Array.from({ length: gen(fc.nat, { max: 3 }) }, () => gen(fc.string, { minLength: 1 }));
      parts.push(...texts.map((text) => ({ type: "reasoning", text }) as const));
      const signature = gen(fc.string, { minLength: 1 });
      if (hasBlocks)
        parts.push({ type: "reasoning-block", block: { vendor: "google", text: texts.join(""), signature } });
    } else if (kind === "call") {
      const id = gen(fc.boolean) ? `c${calls}` : undefined;
      parts.push({ type: "tool-call", index: calls++, id, name: "look", arguments: gen(fc.string) });
    } else if (kind === "arguments" && calls > 0) {
      const index = gen(fc.nat, { max: calls - 1 });
      parts.push({ type: "tool-call", index, arguments: gen(fc.string) });
    } else if (kind === "source") {
      parts.push({ type: "source", source: { url: gen(fc.webUrl) } });
    } else if (kind === "noise") parts.push({ type: "reset", reason: "x" }, { type: "text", text: "" });
  }
  if (gen(fc.boolean)) parts.push({ type: "usage", usage });
  const reason = gen(fc.constantFrom, "stop", "length", "tool_calls", "content_filter", "other");
  parts.push({ type: "finish", reason });
  return parts;
});

async function* replay(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts;
}

/** What an answer says, whichever items it says it in. */
function summarize(response: Response): unknown {
  const messages = response.output.flatMap((item) => (item.type === "message" ? item.content : []));
  const texts = messages.flatMap((part) => (part.type === "output_text" ? [part] : []));
  const reasoning = response.output.flatMap((item) => (item.type === "reasoning" ? [item] : []));
  const calls = response.output.flatMap((item) => (item.type === "function_call" ? [item] : []));
  return {
    ...response,
    output: undefined,
    text: texts.map(({ text }) => text).join(""),
    refusal: messages.map((part) => (part.type === "refusal" ? part.refusal : "")).join(""),
    logprobs: texts.flatMap(({ logprobs = [] }) => logprobs),
    urls: texts.flatMap(({ annotations }) => annotations),
    reasoning: reasoning.map(({ summary }) => summary.map(({ text }) => text).join("")).join(""),
    seals: reasoning.flatMap(({ encrypted_content: seal }) => seal ?? []),
    calls: calls.map(({ call_id: id, name, arguments: text }) => ({ id, name, text })),
  };
}

test("whatever parts come, the official client puts the same together as it gets from the whole answer", async () => {
  await fc.assert(
    fc.asyncProperty(randomParts, async (parts) => {
      const events = stream(parts);
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
      const final = finalOf(events);
      expect(accumulate(events).output).toEqual(final.output);
      const answer = await collect({ parts: replay(parts) });
      const whole = JSON.parse(JSON.stringify(toResponse(answer, head, request, settlement))) as Response;
      expect(summarize(final)).toEqual(summarize(whole));
    }),
    { numRuns: 500 },
  );
});

test("whatever parts come, the events are as OpenAI describes them", () => {
  fc.assert(
    fc.property(randomParts, (parts) => {
      expect(stream(parts).flatMap((event) => findSpecViolations("response event", event, "strict"))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
