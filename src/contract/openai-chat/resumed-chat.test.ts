import { expect, test } from "vitest";
import type { Target } from "../../call.ts";
import { parseJson } from "../../json.ts";
import type { Part } from "../../reply.ts";
import type { PartWriter } from "../dialect.ts";
import { createChatChunkWriter } from "./chat-chunk-writer.ts";

const target: Target = { provider: "other", model: "steady-1", rule: "fallback" };
const head = { requestId: "r-1", model: "first-1", createdAtMs: 5_000_999 };
const usage: Part = { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } };
const finish: Part = { type: "finish", reason: "stop" };

interface Chunk {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly { readonly delta: Record<string, unknown>; readonly finish_reason: string | null }[];
  readonly headgate?: unknown;
}

function create(includeUsage = false): PartWriter {
  return createChatChunkWriter({ ...head, includeUsage });
}

function read(text: string): Chunk[] {
  const events = text.split("\n\n").filter((event) => event !== "");
  expect(events.pop()).toBe("data: [DONE]");
  return events.map((event) => parseJson(event.slice("data: ".length)) as Chunk);
}

function writeAll(writer: PartWriter, ...parts: Part[]): string {
  return parts.map((part) => writer.write(part)).join("") + writer.end();
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.map(({ choices: [choice] }) => (choice?.delta["content"] as string | undefined) ?? "").join("");
}

function resume(...sent: Part[]): Part {
  return { type: "resumed", sent, target };
}

test("an answer that was written goes on as it was, under the name of the model that goes on", () => {
  const text: Part = { type: "text", text: "Hel" };
  const chunks = read(writeAll(create(), text, resume(text), { type: "text", text: "lo." }, usage, finish));
  expect(chunks.map(({ model }) => model)).toEqual(["first-1", "first-1", "steady-1", "steady-1"]);
  expect(textOf(chunks)).toBe("Hello.");
  expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`))).toEqual(new Set(["chatcmpl-r-1 5000"]));
  expect(chunks.filter(({ choices }) => choices[0]?.delta["role"])).toHaveLength(1);
});

const azure = `data: {"id":"","model":"","choices":[],"prompt_filter_results":[]}\n\n`;

function relay(fields: object): string {
  return `: note\r\n\r\ndata: ${JSON.stringify({ id: "chatcmpl-up", created: 7, model: "first-1", ...fields })}\n\n`;
}

test("an answer that was relayed goes on with the vendor's id, and with no second beginning", () => {
  const writer = create();
  writer.watch(new Uint8Array(0));
  const choices = [{ index: 0, delta: { role: "assistant", content: "Hel" }, finish_reason: null }];
  const passed = azure + relay({ choices });
  writer.watch(Buffer.from(passed));
  writer.watch(Buffer.from(relay({ id: "chatcmpl-odd" })));
  const written = writeAll(writer, resume({ type: "text", text: "Hel" }), { type: "text", text: "lo." }, finish);
  const chunks = read(written);
  expect(chunks).toMatchObject([
    { id: "chatcmpl-up", created: 7, model: "steady-1", choices: [{ delta: { content: "lo." } }] },
    { id: "chatcmpl-up", created: 7, model: "steady-1", choices: [{ delta: {}, finish_reason: "stop" }] },
  ]);
  expect(chunks[0]?.choices[0]?.delta).toEqual({ content: "lo." });
});

test("a call that was relayed goes on without a second name", () => {
  const writer = create();
  writer.watch(Buffer.from(relay({ choices: [] })));
  const begun: Part = { type: "tool-call", index: 0, id: "a", name: "look", arguments: '{"a"' };
  const written = writer.write(resume(begun)) + writer.write({ type: "tool-call", index: 0, arguments: ":1}" });
  expect(read(written + writer.end())[0]?.choices[0]?.delta).toEqual({
    tool_calls: [{ index: 0, function: { arguments: ":1}" } }],
  });
});

test("only the chunk that ends the answer says that it was rescued; usage still comes last", () => {
  const chunks = read(writeAll(create(true), { type: "text", text: "Hi" }, resume(), usage, finish));
  expect(chunks.map((chunk) => [chunk.choices[0]?.finish_reason, chunk.headgate])).toEqual([
    [null, undefined],
    [null, undefined],
    ["stop", { rescued: true, model: "steady-1" }],
    [undefined, undefined],
  ]);
  expect(chunks.at(-1)).toMatchObject({ model: "steady-1", usage: { total_tokens: 5 } });
  const plain = writeAll(create(), { type: "text", text: "Hi" }, finish);
  expect(plain).not.toContain("headgate");
});

test("whose head cannot be read goes on under an id of its own", () => {
  const writer = create();
  writer.watch(Buffer.from(`data: {"id":"${"x".repeat(9000)}"}\n\n`));
  expect(read(writeAll(writer, resume(), finish))[0]?.id).toBe("chatcmpl-r-1");
});
