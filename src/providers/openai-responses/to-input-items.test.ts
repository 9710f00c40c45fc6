import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ContentPart, Message } from "../../message.ts";
import { lastBody, openScriptedResponses, toRequest, type ScriptedResponses } from "./openai-responses-fixture.ts";

let bench: ScriptedResponses;

beforeEach(async () => {
  bench = await openScriptedResponses();
});

afterEach(() => bench.close());

async function inputOf(
  messages: readonly Message[],
  vendor: "openai" | "xai" | "deepseek" = "openai",
): Promise<unknown> {
  await bench.complete(toRequest({ messages }), bench.createProvider({ vendor }));
  return lastBody(bench)["input"];
}

describe("the request", () => {
  test("goes to /responses with the key, keeps nothing at the vendor, and streams when asked to", async () => {
    await bench.complete(toRequest());
    await bench.complete(toRequest({ stream: true }));
    expect(bench.seen[0]).toMatchObject({ path: "/v1/responses", headers: { authorization: "Bearer sk-test" } });
    expect(bench.seen.map(({ body }) => body)).toEqual([
      { model: "m-1", input: [{ role: "user", content: "Hi" }], store: false },
      { model: "m-1", input: [{ role: "user", content: "Hi" }], store: false, stream: true },
    ]);
  });

  test("carries a whole conversation as items, system messages where they stand", async () => {
    const input = await inputOf([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What are these?" },
          { type: "image", url: "data:image/png;base64,AA==" },
          { type: "image", url: "https://x.test/a.png", detail: "low" },
          { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
          { type: "file", url: "data:application/pdf;base64,AA==" },
          { type: "file", url: "data:text/csv;base64,AA==" },
          { type: "file", url: "https://x.test/a.pdf" },
        ],
      },
      {
        role: "assistant",
        content: "Let me look.",
        reasoning: [{ vendor: "openai", text: "Hm.", encrypted: "sealed", id: "rs_1" }],
        toolCalls: [
          { id: "c1", name: "look", arguments: '{"at":1}' },
          { id: "c2", name: "wait", arguments: "" },
        ],
      },
      { role: "tool", content: "a cat", toolCallId: "c1" },
      { role: "system", content: "Now be long." },
      { role: "assistant", content: [{ type: "text", text: "A cat." }] },
      { role: "assistant", content: "" },
    ]);
    expect(input).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "input_text", text: "What are these?" },
          { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "auto" },
          { type: "input_image", image_url: "https://x.test/a.png", detail: "low" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
          { type: "input_file", filename: "file.pdf", file_data: "data:application/pdf;base64,AA==" },
          { type: "input_file", filename: "file", file_data: "data:text/csv;base64,AA==" },
          { type: "input_file", file_url: "https://x.test/a.pdf" },
        ],
      },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: "sealed",
      },
      { role: "assistant", content: [{ type: "output_text", text: "Let me look." }] },
      { type: "function_call", call_id: "c1", name: "look", arguments: '{"at":1}' },
      { type: "function_call", call_id: "c2", name: "wait", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "a cat" },
      { role: "system", content: "Now be long." },
      { role: "assistant", content: [{ type: "output_text", text: "A cat." }] },
    ]);
    expect(bench.warnings).toEqual([]);
  });

  test("carries texts, images and files in the results of tools", async () => {
    const tool = (content: Message["content"]): Message => ({ role: "tool", toolCallId: "c1", content });
    const image: ContentPart = { type: "image", url: "data:image/png;base64,AA==" };
    const file: ContentPart = { type: "file", url: "data:application/pdf;base64,AA==" };
    const input = await inputOf([
      tool([{ type: "text", text: "plain" }]),
      tool([{ type: "text", text: "see" }, image, file]),
      tool([]),
    ]);
    expect((input as { output: unknown }[]).map(({ output }) => output)).toEqual([
      "plain",
      [
        { type: "input_text", text: "see" },
        { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "auto" },
        { type: "input_file", filename: "file.pdf", file_data: "data:application/pdf;base64,AA==" },
      ],
      "",
    ]);
  });

  test("says in the result that a tool failed, as the API has no mark for it", async () => {
    const failed = (content: Message["content"]): Message => ({
      role: "tool",
      toolCallId: "c1",
      content,
      isError: true,
    });
    const image: ContentPart = { type: "image", url: "data:image/png;base64,AA==" };
    const input = await inputOf([
      failed("no such city"),
      failed(""),
      failed([
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ]),
      failed([{ type: "text", text: "see" }, image]),
      { ...failed("fine"), isError: false },
    ]);
    expect((input as { output: unknown }[]).map(({ output }) => output)).toEqual([
      "Error:\nno such city",
      "Error:\n",
      "Error:\na\nb",
      [
        { type: "input_text", text: "Error:" },
        { type: "input_text", text: "see" },
        { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "auto" },
      ],
      "fine",
    ]);
    expect(bench.warnings).toEqual([]);
  });

  test("gives a call and its result the same shorter id where theirs is too long", async () => {
    const id = "x".repeat(65);
    const input = await inputOf([
      { role: "assistant", content: "", toolCalls: [{ id, name: "f", arguments: "{}" }] },
      { role: "tool", content: "1", toolCallId: id },
    ]);
    const [call, result] = input as { call_id: string }[];
    expect(call?.call_id).toMatch(/^call_[0-9a-f]{40}$/);
    expect(result?.call_id).toBe(call?.call_id);
  });

  test.each([
    ["audio", { role: "user", content: [{ type: "audio", url: "data:audio/wav;base64,AA==", mimeType: "audio/wav" }] }],
    ["an image of the assistant's", { role: "assistant", content: [{ type: "image", url: "https://x.test/a.png" }] }],
  ] as [string, Message][])("with %s is refused before it is sent", async (_what, message) => {
    await expect(inputOf([message])).rejects.toMatchObject({ code: "not_translatable" });
    expect(bench.seen).toEqual([]);
  });

  test("with the bytes of a file is refused where the vendor takes addresses only", async () => {
    const file = (url: string): Message[] => [{ role: "user", content: [{ type: "file", url }] }];
    await expect(inputOf(file("data:application/pdf;base64,AA=="), "xai")).rejects.toMatchObject({
      code: "not_translatable",
    });
    expect(await inputOf(file("https://x.test/a.pdf"), "xai")).toEqual([
      { role: "user", content: [{ type: "input_file", file_url: "https://x.test/a.pdf" }] },
    ]);
  });
});

describe("reasoning is handed back", () => {
  const turn = (block: NonNullable<Message["reasoning"]>[number]): Message[] => [
    { role: "assistant", content: "", reasoning: [block] },
  ];

  test("sealed, without its id and its summary too", async () => {
    expect(await inputOf(turn({ vendor: "openai", text: "", encrypted: "s" }))).toEqual([
      { type: "reasoning", summary: [], encrypted_content: "s" },
    ]);
  });

  test.each([
    ["another vendor's", { vendor: "anthropic", text: "Hm.", signature: "s" }, "openai"],
    ["another server's", { vendor: "other", text: "Hm.", encrypted: "s" }, "openai"],
    ["one of which OpenAI kept the rest", { vendor: "openai", text: "Hm.", id: "rs_1" }, "openai"],
    ["one that OpenAI sealed, to xAI", { vendor: "openai", text: "", encrypted: "gAAAABx" }, "xai"],
  ] as const)("but not %s, and the client is told", async (_what, block, vendor) => {
    expect(await inputOf(turn(block), vendor)).toEqual([]);
    expect(bench.warnings).toEqual(["reasoning that this provider did not seal was dropped."]);
  });

  test.each([
    [{ vendor: "other", text: "Hm." }, "xai"],
    [{ vendor: "google", text: "Hm." }, "openai"],
    [{ vendor: "openai", text: "Hm." }, "openai"],
  ] as const)("but not a mere text, of which the client is not told (%o, %s)", async (block, vendor) => {
    expect(await inputOf(turn(block), vendor)).toEqual([]);
    expect(bench.warnings).toEqual([]);
  });

  test("to xAI as xAI sealed it, by whichever way it came", async () => {
    for (const vendor of ["openai", "other"] as const) {
      expect(await inputOf(turn({ vendor, text: "Hm.", encrypted: "x+/", id: "rs_1" }), "xai")).toEqual([
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "x+/" },
      ]);
    }
  });

  test("open, to servers that seal nothing", async () => {
    expect(await inputOf(turn({ vendor: "other", text: "Hm.", id: "r1" }), "deepseek")).toEqual([
      { type: "reasoning", id: "r1", summary: [], content: [{ type: "reasoning_text", text: "Hm." }] },
    ]);
  });
});
