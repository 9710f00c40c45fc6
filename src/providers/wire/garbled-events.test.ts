import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { sumParts, type Part } from "../../reply.ts";
import { createEventReader } from "../anthropic/event-reader.ts";
import { createPieceReader } from "../gemini/piece-reader.ts";
import { createChunkReader } from "../openai-chat/chunk-reader.ts";
import { createResponseReader } from "../openai-responses/response-reader.ts";
import { toVendorTraits } from "../openai-responses/vendor-traits.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { createRelayReader } from "./relay-reader.ts";
import type { PartReader } from "./stream-parts.ts";
import { createTypedReader } from "./typed-reader.ts";

const event = (value: Record<string, unknown>): string =>
  `${typeof value["type"] === "string" ? `event: ${value["type"]}\n` : ""}data: ${JSON.stringify(value)}\n\n`;
const choice = (fields: unknown): string => event({ choices: [{ index: 0, ...(fields as object) }] });

interface Dialect {
  readonly create: () => AnswerReader;
  /** Before the first word. */
  readonly opening: string;
  readonly words: readonly [string, string];
  /** Events before the last one that end the answer, and the last one. */
  readonly ending: readonly [string, string];
  /** JSON, but nothing of the dialect. */
  readonly misshapen: readonly string[];
  readonly hasRelay: boolean;
}

const text = (words: string): string =>
  event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: words } });
const piece = (candidate: unknown): string => event({ candidates: [candidate] });

const dialects: Readonly<Record<string, Dialect>> = {
  "openai-chat": {
    create: () => createChunkReader({ peer: "p", showsUsage: true, saysReason: true }),
    opening: choice({ delta: { role: "assistant", content: "" } }),
    words: [choice({ delta: { content: "Hello " } }), choice({ delta: { content: "world" } })],
    ending: [choice({ delta: {}, finish_reason: "stop" }), "data: [DONE]\n\n"],
    misshapen: [
      event({ choices: "x" }),
      event({ choices: [7] }),
      choice({ delta: "x" }),
      choice({ delta: { content: 7 } }),
      choice({ delta: { tool_calls: {} } }),
      choice({ delta: { tool_calls: ["x"] } }),
    ],
    hasRelay: true,
  },
  "openai-responses": {
    create: () => createResponseReader({ peer: "p", traits: toVendorTraits("openai", undefined) }),
    opening: event({ type: "response.created", response: {} }),
    words: [
      event({ type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "Hello " }),
      event({ type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "world" }),
    ],
    ending: ["", event({ type: "response.completed", response: { status: "completed", output: [] } })],
    misshapen: [
      event({ type: "response.output_text.delta", delta: 7 }),
      event({ type: "response.output_item.added", item: "x" }),
      event({ type: "response.output_item.done", item: [] }),
      event({ type: "response.completed", response: "x" }),
    ],
    hasRelay: true,
  },
  anthropic: {
    create: () => createEventReader("p"),
    opening: event({ type: "message_start", message: { usage: { input_tokens: 1, output_tokens: 1 } } }),
    words: [text("Hello "), text("world")],
    ending: [
      event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } }),
      event({ type: "message_stop" }),
    ],
    misshapen: [
      event({ type: "content_block_delta", index: 0, delta: "x" }),
      event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: 7 } }),
      event({ type: "content_block_start", index: 0, content_block: [] }),
      event({ type: "message_start", message: "x" }),
      event({ type: "message_delta", delta: 7 }),
    ],
    hasRelay: true,
  },
  gemini: {
    create: () => createPieceReader("p"),
    opening: event({ usageMetadata: { promptTokenCount: 1 } }),
    words: [piece({ content: { parts: [{ text: "Hello " }] } }), piece({ content: { parts: [{ text: "world" }] } })],
    ending: [piece({ finishReason: "STOP" }), ""],
    misshapen: [
      event({ candidates: "x" }),
      event({ candidates: ["x"] }),
      piece({ content: "x" }),
      piece({ content: { parts: "x" } }),
      piece({ content: { parts: ["x"] } }),
      piece({ content: { parts: [{ text: 7 }] } }),
    ],
    hasRelay: false,
  },
};

const noJson = [
  "data: {oops}\n\n",
  'data: {"choices":[{"delta":{"con\n\n',
  "data: 7\n\n",
  'data: "x"\n\n',
  "data: null\n\n",
];
/** What real servers and proxies send beside the answer. */
const harmless = [
  ": ping\n\n",
  "event: ping\ndata: {}\n\n",
  'event: conjured\ndata: {"x":1}\n\n',
  "id: 1\nretry: 5\n\n",
  "\n",
  "data:\n\n",
  'data: {"x":\ndata: 1}\n\n',
];

interface Read {
  readonly parts: readonly Part[];
  readonly error: unknown;
}

function read(reader: PartReader, chunks: readonly (string | Buffer)[]): Read {
  const parts: Part[] = [];
  try {
    for (const chunk of chunks) if (reader.feed(Buffer.from(chunk), parts)) return { parts, error: undefined };
    reader.end(parts);
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error };
  }
}

const failure = event({ type: "error", error: { type: "overloaded_error" } });

const rawOf = (parts: readonly Part[]): string =>
  Buffer.concat(parts.flatMap((part) => (part.type === "raw" ? [part.bytes] : []))).toString();
const told = (parts: readonly Part[]): Part[] => parts.flatMap((part) => (part.type === "raw" ? part.says : [part]));

describe.each(Object.entries(dialects))("%s", (_name, dialect) => {
  const { create, opening, words, ending, misshapen, hasRelay } = dialect;
  const readers = [
    ["typed", (): PartReader => createTypedReader(create())],
    ...(hasRelay ? [["relayed", (): PartReader => createRelayReader(create())] as const] : []),
  ] as const;

  describe.each(readers)("%s", (name, make) => {
    const isRelay = name === "relayed";

    test.each([...noJson, ...misshapen])(
      "after a word, %j ends the stream, and never reaches the client",
      (garbled) => {
        for (const chunks of [[opening, words[0], garbled, words[1], ...ending], [opening + words[0] + garbled]]) {
          const { parts, error } = read(make(), chunks);
          expect(error).toMatchObject({ code: "provider_protocol" });
          expect(sumParts(told(parts)).text).toBe("Hello ");
          expect(rawOf(parts)).toBe(isRelay ? opening + words[0] : "");
        }
      },
    );

    test("after a word, bytes that are no UTF-8 end the stream, and never reach the client", () => {
      const torn = Buffer.from(words[1].replace("world", "w\u00ffrld"), "latin1");
      const { parts, error } = read(make(), [opening, words[0], torn, ...ending]);
      expect(error).toMatchObject({ code: "provider_protocol" });
      expect(sumParts(told(parts)).text).toBe("Hello ");
      expect(rawOf(parts)).toBe(isRelay ? opening + words[0] : "");
    });

    test.each([...noJson, ...misshapen])("before the first word, %j lets nothing through", (garbled) => {
      const { parts, error } = read(make(), [opening, garbled, ...words, ...ending]);
      expect(error).toMatchObject({ code: "provider_protocol" });
      expect(parts).toEqual([]);
    });

    test("an error before the first word comes alone", () => {
      const { parts, error } = read(make(), [opening + failure]);
      expect(error).toMatchObject({ code: "provider_overloaded" });
      expect(parts).toEqual([]);
    });

    // Of Responses the last event is the only one that tells.
    const late = ending[0] === "" ? [] : [...noJson, ...misshapen, failure];
    test.each(late)("after the reason, %j changes nothing", (garbled) => {
      const clean = [opening, ...words, ...ending];
      const chunks = [opening, ...words, ending[0], garbled, ending[1]];
      const { parts, error } = read(make(), chunks);
      expect(error).toBeUndefined();
      expect(told(parts)).toEqual(told(read(make(), clean).parts));
      expect(rawOf(parts)).toBe(isRelay ? clean.join("") : "");
    });

    test.each(harmless)("%j is let through as it came", (between) => {
      const chunks = [opening, words[0], between, words[1], ...ending];
      const { parts, error } = read(make(), chunks);
      expect(error).toBeUndefined();
      expect(sumParts(told(parts)).text).toBe("Hello world");
      expect(rawOf(parts)).toBe(isRelay ? chunks.join("") : "");
    });

    test("half of an event at the end is dropped, and the answer is cut", () => {
      const { parts, error } = read(make(), [opening, words[0], words[1].slice(0, -8)]);
      expect(HeadgateError.is(error, "stream_cut")).toBe(true);
      expect(sumParts(told(parts)).text).toBe("Hello ");
      expect(rawOf(parts)).toBe(isRelay ? opening + words[0] : "");
    });
  });

  if (!hasRelay) return;
  test("a relay says of each piece what it says, and all before the finish", () => {
    const chunks = [opening, ...words.map((word) => `: ping\n\n${word}`), ": ping\n\n", ...ending];
    const { parts } = read(createRelayReader(create()), chunks);
    const typed = read(createTypedReader(create()), chunks).parts;
    expect(told(parts)).toEqual(typed);
    const raws = parts.flatMap((part) => (part.type === "raw" ? [part] : []));
    expect(raws.map(({ says }) => says.length)).toEqual([1, 1, 0, 0]);
    expect(parts.findIndex(({ type }) => type === "finish")).toBe(parts.length - 2);
    expect(rawOf(parts)).toBe(chunks.join(""));
  });

  // Of Responses the last event is the only one that tells.
  if (ending[0] === "") return;
  test("a relay tells of the end where the vendor leaves that out", () => {
    const { parts, error } = read(createRelayReader(create()), [opening, ...words, ending[0]]);
    expect(error).toBeUndefined();
    expect(rawOf(parts)).toBe([opening, ...words, ...ending].join(""));
  });
});
