import { accumulateResponse } from "openai/lib/responses/ResponseAccumulator";
import type { Response, ResponseStreamEvent } from "openai/resources/responses/responses";
import { expect, test } from "vitest";
import { createEventDecoder } from "../../event-stream.ts";
import type { Part } from "../../reply.ts";
import { parseResponsesRequest } from "./parse-responses-request.ts";
import { createResponseWriter } from "./response-writer.ts";
import { toResponse } from "./to-response.ts";

const head = { requestId: "0190aaaa-0000-7000-8000-000000000000", model: "fast", createdAtMs: 1_700_000_000_999 };
const settlement = { completedAtMs: 1_700_000_002_000, isStored: true };
const request = parseResponsesRequest({ model: "fast", input: "Hi", service_tier: "flex" });
const message = { type: "message", status: "completed", content: [{ type: "refusal", refusal: "I cannot." }] };

function stream(parts: readonly Part[]): ResponseStreamEvent[] {
  const writer = createResponseWriter(head, request);
  const written = parts.map((part) => writer.write(part)).join("");
  writer.settle(settlement);
  const events: ResponseStreamEvent[] = [];
  const decoder = createEventDecoder(({ data }) => events.push(JSON.parse(data) as ResponseStreamEvent));
  decoder.feed(Buffer.from(written + writer.end()));
  return events;
}

const refusal: readonly Part[] = [
  { type: "text", text: "I ", isRefusal: true },
  { type: "source", source: { url: "https://x.test" } },
  { type: "text", text: "cannot.", isRefusal: true },
  { type: "finish", reason: "content_filter" },
];

test("a refusal is content of its own, and the answer is whole", () => {
  const completion = { text: "I cannot.", isRefusal: true, toolCalls: [], finishReason: "content_filter" } as const;
  expect(toResponse(completion, head, request, settlement)).toMatchObject({
    status: "completed",
    incomplete_details: null,
    output: [message],
  });
});

test("the official client reads it from a stream", () => {
  const events = stream(refusal);
  let snapshot: Response | undefined;
  for (const event of events.slice(0, -1)) snapshot = accumulateResponse(event, snapshot);
  expect(snapshot?.output).toMatchObject([message]);
  expect(events.at(-1)).toMatchObject({
    type: "response.completed",
    response: { status: "completed", output: [message] },
  });
  expect(events.map(({ type }) => type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.refusal.delta",
    "response.refusal.delta",
    "response.refusal.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
});

test("words before a refusal stay text, in a message of their own, and the answer is one that was filtered", () => {
  const events = stream([{ type: "text", text: "Well." }, ...refusal.filter(({ type }) => type !== "source")]);
  expect(events.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: {
      incomplete_details: { reason: "content_filter" },
      output: [{ content: [{ type: "output_text", text: "Well." }] }, { content: message.content }],
    },
  });
});

test("the tier is the one that was served, in OpenAI's words, never the one that was asked for", () => {
  const told = (serviceTier?: string): unknown => {
    const usage = { inputTokens: 1, outputTokens: 1, serviceTier };
    const completion = { text: "x", toolCalls: [], finishReason: "stop", usage } as const;
    return toResponse(completion, head, request, settlement)["service_tier"];
  };
  expect([told("standard"), told("batch"), told()]).toEqual(["default", null, null]);
  expect(stream(refusal)[0]).toMatchObject({ response: { service_tier: null } });
});
