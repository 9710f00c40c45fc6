import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import { ask, listParts, openScriptedGemini, toEvents, toPiece, type ScriptedGemini } from "./gemini-fixture.ts";

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
      toPiece([{ text: "And:" }]),
      call({ name: "g", partialArgs: [{ jsonPath: "$.on", boolValue: true }] }),
      call({ name: "h" }),
      toPiece([], "STOP"),
    );
    expect(parts).toEqual([
      { type: "tool-call", index: 0, id: "x", name: "f", arguments: "", signature: "s" },
      { type: "tool-call", index: 0, arguments: '{"city":"Bern","days":[{"n":2}]}' },
      { type: "text", text: "And:" },
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
