import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import {
  ask,
  listParts,
  openScriptedGemini,
  toEvents,
  toPiece,
  toRequest,
  type ScriptedGemini,
} from "./gemini-fixture.ts";

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

async function streamed(...pieces: readonly unknown[]): Promise<Part[]> {
  upstream.script({ body: toEvents(...pieces) });
  return listParts(upstream.connect());
}

async function whole(body: unknown): Promise<unknown> {
  upstream.script({ body });
  return ask(upstream.connect());
}

const finish = (reason: string, rawReason = "STOP"): unknown => ({ type: "finish", reason, rawReason });

describe("text and thoughts", () => {
  test("come apart; the thoughts' stretch ends where text begins", async () => {
    const parts = await streamed(
      toPiece([{ text: "I ", thought: true }]),
      toPiece([{ text: "think.", thought: true }]),
      toPiece([{ text: "Grüße " }]),
      toPiece([{ text: "漢字 👩‍🚀" }], "STOP"),
    );
    expect(parts).toEqual([
      { type: "reasoning", text: "I " },
      { type: "reasoning", text: "think." },
      { type: "reasoning-block", block: { vendor: "google", text: "I think." } },
      { type: "text", text: "Grüße " },
      { type: "text", text: "漢字 👩‍🚀" },
      finish("stop"),
    ]);
  });

  test("keep the signature that comes with text, or alone after it", async () => {
    const parts = await streamed(
      toPiece([{ text: "Hm.", thought: true }]),
      toPiece([{ text: "Yes" }]),
      toPiece([{ text: "", thoughtSignature: "sig" }], "STOP"),
    );
    expect(parts).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "reasoning-block", block: { vendor: "google", text: "Hm." } },
      { type: "text", text: "Yes" },
      { type: "reasoning-block", block: { vendor: "google", text: "", signature: "sig" } },
      finish("stop"),
    ]);
    expect(
      await whole(
        toPiece(
          [
            { text: "Hm.", thought: true },
            { text: "Yes", thoughtSignature: "s" },
          ],
          "STOP",
        ),
      ),
    ).toEqual({
      text: "Yes",
      reasoning: "Hm.",
      reasoningBlocks: [{ vendor: "google", text: "Hm.", signature: "s" }],
      toolCalls: [],
      finishReason: "stop",
      rawFinishReason: "STOP",
    });
  });

  test("may seal a thought itself", async () => {
    const parts = await streamed(toPiece([{ text: "Hm.", thought: true, thoughtSignature: "s" }], "STOP"));
    expect(parts[1]).toEqual({ type: "reasoning-block", block: { vendor: "google", text: "Hm.", signature: "s" } });
  });

  test("that end in thoughts close them", async () => {
    const parts = await streamed(toPiece([{ text: "Hm.", thought: true }], "MAX_TOKENS"));
    expect(parts.slice(1)).toEqual([
      { type: "reasoning-block", block: { vendor: "google", text: "Hm." } },
      finish("length", "MAX_TOKENS"),
    ]);
  });

  test("of the first candidate count, of others not", async () => {
    const other = { content: { parts: [{ text: "No" }] }, finishReason: "SAFETY", index: 1 };
    const first = { content: { parts: [{ text: "Yes" }] }, finishReason: "STOP" };
    expect(await streamed({ candidates: [other] }, { candidates: [other, first] })).toEqual([
      { type: "text", text: "Yes" },
      finish("stop"),
    ]);
  });

  test("stand among parts without words here: images, code, calls of Google's own tools, and what nobody knows", async () => {
    const strange = [
      { inlineData: { mimeType: "image/png", data: "AA==" } },
      { executableCode: { language: "PYTHON", code: "1" } },
      { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
      { toolCall: { toolType: "FILE_SEARCH", id: "1" }, thoughtSignature: "s" },
      { toolResponse: { toolType: "FILE_SEARCH", id: "1" } },
      { hologram: {} },
      { text: 5 },
      null,
      "x",
    ];
    expect(await streamed(toPiece([...strange, { text: "Yes" }], "STOP"))).toEqual([
      { type: "text", text: "Yes" },
      finish("stop"),
    ]);
  });

  test.each([{}, { content: {} }, { content: { parts: "x" } }, { content: null }, { content: { parts: [] } }])(
    "may be missing: %o",
    async (candidate) => {
      expect(await whole({ candidates: [{ ...candidate, finishReason: "STOP" }] })).toEqual({
        text: "",
        toolCalls: [],
        finishReason: "stop",
        rawFinishReason: "STOP",
      });
    },
  );
});

describe("log-probabilities", () => {
  test("go with the text of their piece, with their runners-up", async () => {
    const logprobsResult = {
      chosenCandidates: [{ token: "Y", logProbability: -0.5 }, { token: "es" }, { tokenId: 1 }],
      topCandidates: [
        {
          candidates: [
            { token: "Y", logProbability: -0.5 },
            { token: "N", logProbability: -1 },
          ],
        },
        {},
      ],
    };
    const [first] = toPiece([{ text: "Yes" }, { text: "." }], "STOP")["candidates"] as object[];
    const logprobs = [
      {
        token: "Y",
        logprob: -0.5,
        top: [
          { token: "Y", logprob: -0.5 },
          { token: "N", logprob: -1 },
        ],
      },
      { token: "es", logprob: 0 },
    ];
    const parts = await streamed({ candidates: [{ ...first, logprobsResult }] });
    expect(parts.slice(0, 2)).toEqual([
      { type: "text", text: "Yes", logprobs },
      { type: "text", text: "." },
    ]);
    expect(await whole({ candidates: [{ ...first, logprobsResult }] })).toMatchObject({ text: "Yes.", logprobs });
  });
});

describe("calls", () => {
  test("come whole, several at once, with ids and signatures where Google gives them", async () => {
    const parts = await streamed(
      toPiece([
        { text: "Hm.", thought: true },
        { functionCall: { name: "f", args: { b: 1, a: "ü" }, id: "x" }, thoughtSignature: "s" },
      ]),
      toPiece([{ functionCall: { name: "f", args: {} } }, { functionCall: { name: "g" } }]),
      toPiece([{ text: "" }], "STOP"),
    );
    expect(parts.slice(1)).toEqual([
      { type: "reasoning-block", block: { vendor: "google", text: "Hm." } },
      { type: "tool-call", index: 0, id: "x", name: "f", arguments: '{"b":1,"a":"ü"}', signature: "s" },
      { type: "tool-call", index: 1, name: "f", arguments: "{}" },
      { type: "tool-call", index: 2, name: "g", arguments: "" },
      finish("tool_calls"),
    ]);
  });

  test("read whole are the same", async () => {
    const calls = [
      { functionCall: { name: "f", args: { a: 1 }, id: "x" }, thoughtSignature: "s" },
      { functionCall: { name: "g", args: "{}" } },
    ];
    expect(await whole(toPiece(calls, "STOP"))).toMatchObject({
      toolCalls: [
        { id: "x", name: "f", arguments: '{"a":1}', signature: "s" },
        { id: "", name: "g", arguments: "{}" },
      ],
      finishReason: "tool_calls",
    });
  });

  test("that Vertex streams value by value come as JSON once they are complete", async () => {
    const call = (functionCall: unknown, thoughtSignature?: string): unknown =>
      toPiece([{ functionCall, ...(thoughtSignature ? { thoughtSignature } : {}) }]);
    const parts = await streamed(
      call({ name: "f", id: "x", willContinue: true }, "s"),
      call({ partialArgs: [{ jsonPath: "$.city", stringValue: "Be", willContinue: true }], willContinue: true }),
      call({ partialArgs: [{ jsonPath: "$.city", stringValue: "rn" }], willContinue: true }),
      call({ partialArgs: [{ jsonPath: "$.days[0].n", numberValue: 2 }], willContinue: true }),
      call({}),
      call({ name: "g", partialArgs: [{ jsonPath: "$.on", boolValue: true }] }),
      call({ name: "h" }),
      toPiece([], "STOP"),
    );
    expect(parts).toEqual([
      { type: "tool-call", index: 0, id: "x", name: "f", arguments: "", signature: "s" },
      { type: "tool-call", index: 0, arguments: '{"city":"Bern","days":[{"n":2}]}' },
      { type: "tool-call", index: 1, name: "g", arguments: "" },
      { type: "tool-call", index: 1, arguments: '{"on":true}' },
      { type: "tool-call", index: 2, name: "h", arguments: "" },
      finish("tool_calls"),
    ]);
  });

  test("that never say that they are complete end with the next one, or with the answer", async () => {
    const parts = await streamed(
      toPiece([{ functionCall: { name: "f" } }]),
      toPiece([{ functionCall: { partialArgs: [{ jsonPath: "$.a", numberValue: 1, willContinue: true }] } }]),
      toPiece([{ functionCall: { name: "g", willContinue: true } }]),
      toPiece([{ functionCall: { partialArgs: [{ jsonPath: "$.b", nullValue: null, willContinue: true }] } }]),
      toPiece([{ functionCall: { willContinue: true }, thoughtSignature: "late" }]),
      toPiece([], "STOP"),
    );
    expect(parts).toEqual([
      { type: "tool-call", index: 0, name: "f", arguments: "" },
      { type: "tool-call", index: 0, arguments: '{"a":1}' },
      { type: "tool-call", index: 1, name: "g", arguments: "" },
      { type: "tool-call", index: 1, arguments: "", signature: "late" },
      { type: "tool-call", index: 1, arguments: '{"b":null}' },
      finish("tool_calls"),
    ]);
  });

  test("without a name, or before any other, are no calls", async () => {
    const strange = [
      { functionCall: {} },
      { functionCall: { partialArgs: [{ jsonPath: "$.a" }] } },
      { functionCall: 1 },
    ];
    expect(await streamed(toPiece(strange, "STOP"))).toEqual([finish("stop")]);
  });
});

describe("sources", () => {
  const chunk = (uri: string, title?: string): unknown => ({ web: { uri, ...(title ? { title } : {}) } });
  const claim = (text: string, startIndex: number, endIndex: number, ...groundingChunkIndices: number[]): unknown => ({
    segment: { text, startIndex, endIndex },
    groundingChunkIndices,
  });

  test("come once each, with the claim that rests on them; Google counts bytes", async () => {
    const groundingMetadata = {
      groundingChunks: [
        chunk("https://a.example", "A"),
        chunk("https://b.example"),
        { retrievedContext: { uri: "gs://c/d.pdf", title: "D" } },
        { retrievedContext: { fileSearchStore: "x" } },
        chunk("https://a.example", "Again"),
        { maps: { uri: "https://maps.example" } },
        null,
      ],
      groundingSupports: [claim("Zürich", 0, 7, 0), claim("liegt", 8, 13, 1, 0), claim("elsewhere", 9, 13, 2)],
    };
    const [first] = toPiece([{ text: "liegt." }], "STOP")["candidates"] as object[];
    const parts = await streamed(toPiece([{ text: "Zürich " }]), { candidates: [{ ...first, groundingMetadata }] });
    expect(parts.filter(({ type }) => type === "source")).toEqual([
      { type: "source", source: { url: "https://a.example", title: "A", startIndex: 0, endIndex: 6 } },
      { type: "source", source: { url: "https://b.example", startIndex: 7, endIndex: 12 } },
      { type: "source", source: { url: "gs://c/d.pdf", title: "D" } },
      { type: "source", source: { url: "https://maps.example" } },
    ]);
  });

  test("that Google repeats in every piece are not repeated", async () => {
    const groundingMetadata = { groundingChunks: [chunk("https://a.example")] };
    const piece = { candidates: [{ content: { parts: [{ text: "x" }] }, groundingMetadata, finishReason: "STOP" }] };
    const parts = await streamed(piece, piece);
    expect(parts.map(({ type }) => type)).toEqual(["text", "source", "text", "finish"]);
    expect(await whole(piece)).toMatchObject({ sources: [{ url: "https://a.example" }] });
  });

  test.each([{}, { groundingChunks: "x" }, { groundingChunks: [{ web: {} }], groundingSupports: [{ segment: 1 }] }])(
    "may be missing: %o",
    async (groundingMetadata) => {
      const candidate = { content: { parts: [{ text: "x" }] }, groundingMetadata, finishReason: "STOP" };
      expect(await whole({ candidates: [candidate] })).not.toHaveProperty("sources");
    },
  );
});

describe("the end", () => {
  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTINUATION", "length"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["BLOCKLIST", "content_filter"],
    ["PROHIBITED_CONTENT", "content_filter"],
    ["SPII", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
    ["MODEL_ARMOR", "content_filter"],
    ["MALFORMED_FUNCTION_CALL", "other"],
    ["UNEXPECTED_TOOL_CALL", "other"],
    ["OTHER", "other"],
    ["LANGUAGE", "other"],
    ["constructor", "other"],
  ])("for %s is %s", async (raw, reason) => {
    expect(await streamed(toPiece([{ text: "x" }], raw))).toEqual([{ type: "text", text: "x" }, finish(reason, raw)]);
    expect(await whole(toPiece([], raw))).toMatchObject({ finishReason: reason, rawFinishReason: raw });
  });

  test("at the limit is no stop for tools", async () => {
    const parts = await streamed(toPiece([{ functionCall: { name: "f", args: {} } }], "MAX_TOKENS"));
    expect(parts.at(-1)).toEqual(finish("length", "MAX_TOKENS"));
  });

  test("of a blocked prompt is the filter's", async () => {
    const blocked = {
      promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
      usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 },
    };
    const usage = { inputTokens: 8, outputTokens: 0 };
    expect(await streamed(blocked)).toEqual([{ type: "usage", usage }, finish("content_filter", "PROHIBITED_CONTENT")]);
    expect(await whole(blocked)).toEqual({
      text: "",
      toolCalls: [],
      finishReason: "content_filter",
      rawFinishReason: "PROHIBITED_CONTENT",
      usage,
    });
  });

  test("is not the filter's where it names no reason", async () => {
    const promptFeedback = { blockReason: "BLOCK_REASON_UNSPECIFIED", safetyRatings: [] };
    expect(await whole({ promptFeedback, ...toPiece([{ text: "x" }], "STOP") })).toMatchObject({
      finishReason: "stop",
    });
  });

  test("without a finish reason is a cut stream, whatever came before", async () => {
    for (const body of [toEvents(toPiece([{ text: "Half" }])), toEvents({ usageMetadata: {} }), ""]) {
      upstream.script({ body });
      await expect(listParts(upstream.connect())).rejects.toMatchObject({ code: "stream_cut" });
    }
  });

  test("of a whole answer without a finish reason is of a kind that nobody knows", async () => {
    expect(await whole(toPiece([{ text: "x" }]))).toMatchObject({ text: "x", finishReason: "other" });
  });

  test.each([{}, { candidates: [] }, { candidates: null }, { candidates: [1] }, []])(
    "of an answer without a candidate, such as %o, is a broken protocol",
    async (body) => {
      await expect(whole(body)).rejects.toMatchObject({ code: "provider_protocol" });
    },
  );

  test("may be told by OpenAI's mark, which tells nothing here", async () => {
    upstream.script({ body: `${toEvents(toPiece([{ text: "x" }], "STOP"))}data: [DONE]\n\n` });
    expect(await listParts(upstream.connect())).toEqual([{ type: "text", text: "x" }, finish("stop")]);
  });

  test("may lack its closing blank line", async () => {
    upstream.script({ body: toEvents(toPiece([{ text: "x" }], "STOP")).trimEnd() });
    expect(await listParts(upstream.connect())).toEqual([{ type: "text", text: "x" }, finish("stop")]);
  });
});

describe("a server that ignores the wish for events", () => {
  const pieces = [toPiece([{ text: "Ye" }]), toPiece([{ text: "s" }], "STOP")];
  test.each(["application/json; charset=UTF-8", "text/event-stream"])("sends a list of pieces as %s", async (type) => {
    upstream.script({ type, body: JSON.stringify(pieces, null, 2).replace("},\n", "}\n,\r\n") });
    expect(await ask(upstream.connect(), toRequest({ stream: true }))).toEqual({
      text: "Yes",
      toolCalls: [],
      finishReason: "stop",
      rawFinishReason: "STOP",
    });
  });
});
