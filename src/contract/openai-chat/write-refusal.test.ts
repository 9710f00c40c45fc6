import { ChatCompletionStream } from "openai/lib/ChatCompletionStream";
import { expect, test } from "vitest";
import type { Completion, Part } from "../../reply.ts";
import { createChatChunkWriter } from "./chat-chunk-writer.ts";
import { toChatCompletion } from "./write-chat.ts";

const head = { requestId: "0190aaaa-0000-7000-8000-000000000000", model: "fast", createdAtMs: 1_700_000_000_999 };
const refused: Completion = { text: "I cannot.", isRefusal: true, toolCalls: [], finishReason: "content_filter" };

function write(parts: readonly Part[]): string {
  const writer = createChatChunkWriter({ ...head, includeUsage: false });
  return parts.map((part) => writer.write(part)).join("") + writer.end();
}

/** What the official client makes of the stream. */
async function accumulate(parts: readonly Part[]): Promise<unknown> {
  const lines = write(parts)
    .split("\n\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => `${line.slice("data: ".length)}\n`);
  const stream = ChatCompletionStream.fromReadableStream(new Response(lines.join("")).body!);
  return (await stream.finalChatCompletion()).choices[0];
}

test("a refusal is told apart from content, and ends as OpenAI's do", () => {
  expect(toChatCompletion(refused, head)["choices"]).toMatchObject([
    { message: { role: "assistant", content: null, refusal: "I cannot." }, finish_reason: "stop" },
  ]);
});

test("the official client reads it from a stream", async () => {
  const parts: readonly Part[] = [
    { type: "text", text: "I ", isRefusal: true },
    { type: "text", text: "cannot.", isRefusal: true },
    { type: "finish", reason: "content_filter" },
  ];
  expect(await accumulate(parts)).toMatchObject({
    message: { content: null, refusal: "I cannot." },
    finish_reason: "stop",
  });
});

test("words that a filter cut stay content, and so do those before a refusal", async () => {
  const filtered: Completion = { ...refused, isRefusal: undefined };
  expect(toChatCompletion(filtered, head)["choices"]).toMatchObject([
    { message: { content: "I cannot.", refusal: null }, finish_reason: "content_filter" },
  ]);
  const text = write([
    { type: "text", text: "Well." },
    { type: "text", text: "No.", isRefusal: true },
    { type: "finish", reason: "content_filter" },
  ]);
  expect(text).toContain('"delta":{"content":"Well."}');
  expect(text).toContain('"delta":{"refusal":"No."}');
  expect(text).toContain('"finish_reason":"content_filter"');
});
