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

  test("are not cut in two by a signature that comes with their last words", async () => {
    const parts = await streamed(
      toPiece([{ text: "Hm.", thought: true }]),
      toPiece([{ text: "Yes" }]),
      toPiece([{ text: "!", thoughtSignature: "sig" }], "STOP"),
    );
    expect(parts.slice(2)).toEqual([
      { type: "text", text: "Yes" },
      { type: "text", text: "!" },
      { type: "reasoning-block", block: { vendor: "google", text: "", signature: "sig" } },
      finish("stop"),
    ]);
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
      { text: null },
    ];
    expect(await streamed(toPiece([...strange, { text: "Yes" }], "STOP"))).toEqual([
      { type: "text", text: "Yes" },
      finish("stop"),
    ]);
  });

  test.each([{}, { content: {} }, { content: null }, { content: { parts: null } }, { content: { parts: [] } }])(
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

  test("is kept though later pieces name none", async () => {
    const blocked = { promptFeedback: { blockReason: "SAFETY" } };
    expect(await streamed(blocked, { usageMetadata: {} })).toEqual([finish("content_filter", "SAFETY")]);
    expect(await streamed(toPiece([], "MAX_TOKENS"), toPiece([{ text: "x" }]))).toEqual([
      { type: "text", text: "x" },
      finish("length", "MAX_TOKENS"),
    ]);
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
