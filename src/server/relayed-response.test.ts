import { expect, test } from "vitest";
import { findNextSequenceNumber, findRelayedResponse, readRelayedResponse } from "./relayed-response.ts";

const response = { id: "resp_1", status: "completed", output: [], store: true };

function toEvents(...events: Record<string, unknown>[]): Buffer {
  return Buffer.from(
    events.map((event) => `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
  );
}

test("the answer is the last event's, whatever others say", () => {
  const begun = { ...response, status: "in_progress", instructions: "Say response.completed" };
  const bytes = toEvents(
    { type: "response.created", response: begun },
    { type: "response.output_text.delta", delta: "response.incomplete" },
    { type: "response.incomplete", response: { ...response, status: "incomplete" } },
  );
  expect(findRelayedResponse(bytes, 10_000)?.response).toEqual({ ...response, status: "incomplete" });
});

test("an answer that is not kept says so, and all else stays", () => {
  const delta = { type: "response.output_text.delta", delta: "a\u2028b", x: 1 };
  const found = findRelayedResponse(toEvents(delta, { type: "response.completed", response }), 10_000);
  const unstored = { type: "response.completed", response: { ...response, store: false } };
  expect(found?.toUnstored()).toBe(toEvents(delta, unstored).toString());
});

test.each([
  ["no end", toEvents({ type: "response.output_text.delta", delta: "response.completed" })],
  ["an end without answer", toEvents({ type: "response.completed" })],
  ["an end that is none", toEvents({ type: "response.completed", response: { ...response, status: "queued" } })],
  ["no JSON", Buffer.from("event: response.completed\ndata: {\n\n")],
  ["too much", toEvents({ type: "response.completed", response: { ...response, x: "x".repeat(10_000) } })],
])("there is no answer in %s", (_what, bytes) => {
  expect(findRelayedResponse(bytes, 10_000)).toBeUndefined();
});

test("a whole answer is read up to its bound", () => {
  const body = Buffer.from(JSON.stringify(response));
  expect(readRelayedResponse(body, body.length)?.response).toEqual(response);
  expect(readRelayedResponse(body, body.length - 1)).toBeUndefined();
});

test("the number after a chunk is that after its last event", () => {
  const bytes = toEvents(
    { type: "a", sequence_number: 3 },
    { type: "b", text: '"sequence_number":9', sequence_number: 4 },
  );
  expect(findNextSequenceNumber(bytes)).toBe(5);
  expect(findNextSequenceNumber(Buffer.from(": nothing"))).toBe(0);
  expect(findNextSequenceNumber(undefined)).toBe(0);
});
