import { describe, expect, test } from "vitest";
import { parseJson } from "../../json.ts";
import type { ReasoningBlock } from "../../message.ts";
import type { Part } from "../../reply.ts";
import { MessageEventWriter } from "./write-message-events.ts";

const head = { requestId: "r-1", model: "m-1", createdAtMs: 0 };

function write(parts: readonly Part[]): string {
  const writer = new MessageEventWriter(head);
  return parts.map((part) => writer.write(part)).join("") + writer.end();
}

interface StreamedEvent {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: { readonly type: string };
  readonly delta?: Readonly<Record<string, unknown>>;
}

function readEvents(text: string): StreamedEvent[] {
  const events = text.split("\n\n");
  expect(events.pop()).toBe("");
  return events.map((event) => {
    const [, name, data] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(event) ?? [];
    const value = parseJson(data ?? "") as StreamedEvent;
    expect(value.type).toBe(name);
    return value;
  });
}

/** Index and what happens to the block, in short. */
function outline(parts: readonly Part[]): string[] {
  return readEvents(write(parts)).flatMap(({ type, index, content_block: block, delta = {} }) => {
    if (index === undefined) return [];
    const value = Object.entries(delta).find(([key]) => key !== "type")?.[1];
    return [`${index} ${block?.type ?? (type === "content_block_stop" ? "stop" : String(value))}`];
  });
}

function call(index: number, text: string, begin: Partial<Extract<Part, { type: "tool-call" }>> = {}): Part {
  return { type: "tool-call", index, arguments: text, ...begin };
}

const finish: Part = { type: "finish", reason: "stop" };
const look = { id: "a", name: "look" };
const wait = { id: "b", name: "wait" };

describe("the events of a stream", () => {
  test("are the dialect's, from the message's start to its stop", () => {
    const text = write([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo." },
      { type: "usage", usage: { inputTokens: 9, outputTokens: 4, cachedInputTokens: 2, cacheWriteTokens: 3 } },
      { type: "finish", reason: "length" },
    ]);
    expect(readEvents(text)).toEqual([
      {
        type: "message_start",
        message: {
          id: "msg_r-1",
          type: "message",
          role: "assistant",
          model: "m-1",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          stop_details: null,
          container: null,
          usage: {
            input_tokens: 0,
            output_tokens: 0,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            cache_creation: null,
            server_tool_use: null,
            service_tier: null,
            inference_geo: null,
          },
        },
      },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "", citations: null } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo." } },
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "max_tokens", stop_sequence: null, stop_details: null, container: null },
        usage: {
          input_tokens: 4,
          cache_read_input_tokens: 2,
          cache_creation_input_tokens: 3,
          output_tokens: 4,
          server_tool_use: null,
        },
      },
      { type: "message_stop" },
    ]);
  });

  test("of an answer without content are a start and an end", () => {
    expect(readEvents(write([finish])).map(({ type }) => type)).toEqual([
      "message_start",
      "message_delta",
      "message_stop",
    ]);
  });

  test("leave each piece of text as it came, at once", () => {
    const writer = new MessageEventWriter(head);
    writer.write({ type: "text", text: "a" });
    const [event] = readEvents(writer.write({ type: "text", text: "\u2028\ud83c" }));
    expect(event?.delta).toEqual({ type: "text_delta", text: "\u2028\ud83c" });
  });

  test("do not say that the answer is complete before its finish", () => {
    const writer = new MessageEventWriter(head);
    const before =
      writer.write({ type: "text", text: "a" }) +
      writer.write({ type: "usage", usage: { inputTokens: 1, outputTokens: 1 } });
    expect(before).not.toMatch(/content_block_stop|message_delta|message_stop/);
    expect(writer.write(finish)).toMatch(/content_block_stop.*message_delta/s);
  });

  test("are none for parts that the dialect's clients do not know", () => {
    const writer = new MessageEventWriter(head);
    expect(writer.write({ type: "reset", reason: "x" })).toBe("");
    expect(writer.write({ type: "delta", path: "/a", set: 1 })).toBe("");
    expect(writer.write({ type: "text", text: "" })).toBe("");
  });
});

describe("reasoning", () => {
  const block = (fields: Partial<ReasoningBlock>): Part => ({
    type: "reasoning-block",
    block: { vendor: "anthropic", text: "", ...fields },
  });

  test("is a block that its signature ends", () => {
    expect(
      outline([
        { type: "reasoning", text: "H" },
        { type: "reasoning", text: "m" },
        block({ text: "Hm", signature: "s1" }),
        { type: "reasoning", text: "Ah" },
        block({ text: "Ah", signature: "s2" }),
        { type: "text", text: "Yes." },
        finish,
      ]),
    ).toEqual([
      "0 thinking",
      "0 H",
      "0 m",
      "0 s1",
      "0 stop",
      "1 thinking",
      "1 Ah",
      "1 s2",
      "1 stop",
      "2 text",
      "2 Yes.",
      "2 stop",
    ]);
  });

  test("that only the vendor can read is a block of its own", () => {
    const [start] = readEvents(write([block({ encrypted: "sealed" }), finish])).slice(1);
    expect(start?.content_block).toEqual({ type: "redacted_thinking", data: "sealed" });
  });

  test("that comes in one piece is told with its end", () => {
    expect(outline([block({ text: "Hm", signature: "s" }), finish])).toEqual(["0 thinking", "0 Hm", "0 s", "0 stop"]);
  });

  test("whose end comes late is not told twice", () => {
    const thoughts = outline([
      { type: "reasoning", text: "Hm" },
      { type: "text", text: "Yes." },
      block({ text: "Hm", signature: "s" }),
      finish,
    ]);
    expect(thoughts.filter((line) => line.endsWith("Hm"))).toHaveLength(1);
    expect(thoughts).toContain("2 s");
  });
});

describe("tool calls", () => {
  test("that come one after the other are streamed as they come", () => {
    expect(
      outline([
        { type: "text", text: "Wait." },
        call(0, "", look),
        call(0, '{"at":'),
        call(0, "1}"),
        call(1, '{"at":2}', wait),
        { type: "finish", reason: "tool_calls" },
      ]),
    ).toEqual([
      "0 text",
      "0 Wait.",
      "0 stop",
      "1 tool_use",
      '1 {"at":',
      "1 1}",
      "1 stop",
      "2 tool_use",
      '2 {"at":2}',
      "2 stop",
    ]);
  });

  test("that grow at the same time come one after the other, the first without waiting", () => {
    const parts = [
      call(0, "", look),
      call(1, "", wait),
      call(0, '{"a"'),
      call(1, '{"b"'),
      call(1, ":2}"),
      call(0, ":1}"),
      finish,
    ];
    expect(outline(parts)).toEqual([
      "0 tool_use",
      '0 {"a"',
      "0 :1}",
      "0 stop",
      "1 tool_use",
      '1 {"b"',
      "1 :2}",
      "1 stop",
    ]);
    const writer = new MessageEventWriter(head);
    const out = parts.map((part) => readEvents(writer.write(part)).length);
    // The start with the first block, nothing of the second until the first is whole.
    expect(out).toEqual([2, 0, 1, 0, 0, 5, 2]);
  });

  test("without arguments wait for the end, since some may come", () => {
    expect(outline([call(0, "", look), call(1, "{}", wait), { type: "text", text: "Hm" }, finish])).toEqual([
      "0 tool_use",
      "0 stop",
      "1 tool_use",
      "1 {}",
      "1 stop",
      "2 text",
      "2 Hm",
      "2 stop",
    ]);
  });

  test("get an id if the provider gave none, and their name even if it comes late", () => {
    const events = readEvents(write([call(0, '{"a"'), call(0, ":1}", { name: "look" }), call(1, "{}"), finish]));
    const starts = events.flatMap(({ content_block: block }) => (block ? [block] : []));
    expect(starts).toEqual([
      { type: "tool_use", id: "toolu_r-1_0", name: "look", input: {}, caller: { type: "direct" } },
      { type: "tool_use", id: "toolu_r-1_1", name: "", input: {}, caller: { type: "direct" } },
    ]);
  });

  test("whose arguments are no object have them wrapped", () => {
    expect(outline([call(0, " [1", look), call(0, ",2]"), finish])).toEqual([
      "0 tool_use",
      `0 ${JSON.stringify({ INVALID_JSON: " [1,2]" })}`,
      "0 stop",
    ]);
  });

  test("that go on after their end fail rather than lose what was said, but for white space", () => {
    const writer = new MessageEventWriter(head);
    writer.write(call(0, "{}", look));
    writer.write(call(1, "{}", wait));
    expect(writer.write(call(0, "\n"))).toBe("");
    expect(() => writer.write(call(0, "{}"))).toThrow(expect.objectContaining({ code: "provider_protocol" }));
  });

  test("that wait without an end are not held without a bound", () => {
    const megabyte = "x".repeat(1024 * 1024);
    const later = new MessageEventWriter(head);
    later.write(call(0, "", look));
    const wrapped = new MessageEventWriter(head);
    for (const [writer, part] of [
      [later, call(1, `{"${megabyte}":1}`, wait)],
      [wrapped, call(0, megabyte, look)],
    ] as const) {
      const fill = (): void => {
        for (let count = 0; count < 20; count++) writer.write(part);
      };
      expect(fill).toThrow(expect.objectContaining({ code: "provider_response_too_large" }));
    }
  });
});

test("sources are citations of the text before them", () => {
  const source: Part = { type: "source", source: { url: "https://x", title: "X" } };
  const events = readEvents(write([{ type: "text", text: "So." }, source, call(0, "{}", look), source, finish]));
  const citation = {
    type: "web_search_result_location",
    url: "https://x",
    title: "X",
    cited_text: "",
    encrypted_index: "",
  };
  expect(events.filter(({ delta }) => delta?.["type"] === "citations_delta")).toEqual([
    { type: "content_block_delta", index: 0, delta: { type: "citations_delta", citation } },
    { type: "content_block_delta", index: 2, delta: { type: "citations_delta", citation } },
  ]);
});

test("the end of a stream is told in the vendor's word where it is Anthropic's, with the only sequence that can be meant", () => {
  const writer = new MessageEventWriter(head, { settings: { stop: ["END"] } });
  writer.write({ type: "text", text: "Hi" });
  const [, end] = readEvents(writer.write({ type: "finish", reason: "stop", rawReason: "stop_sequence" }));
  expect(end).toMatchObject({ delta: { stop_reason: "stop_sequence", stop_sequence: "END" } });
});
