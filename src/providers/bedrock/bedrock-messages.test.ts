import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { claude, openScriptedBedrock, type ScriptedBedrock } from "./scripted-bedrock-fixture.ts";

let bench: ScriptedBedrock;
beforeAll(async () => {
  bench = await openScriptedBedrock();
});
beforeEach(() => {
  (bench.warnings as string[]).length = 0;
});
afterAll(() => bench.close());

const nova = "us.amazon.nova-2-lite-v1:0";
const llama = "us.meta.llama4-scout-17b-instruct-v1:0";
const look = { name: "look", description: "Looks", parameters: { type: "object", properties: {} } };
const png = "data:image/png;base64,AA==";
const keptShort = "A cache of 1h is not offered by this model on Bedrock: it is kept for 5m.";

describe("messages", () => {
  test("are written in Converse's blocks, with the turns of one side joined", async () => {
    const body = await bench.ask({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "system", content: [{ type: "text", text: "Be kind.", cacheTtl: "1h" }] },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?", cacheTtl: "5m" },
            { type: "image", url: "data:image/jpeg;base64,AA==" },
          ],
        },
        { role: "user", content: "Look closely." },
        {
          role: "assistant",
          reasoning: [
            { vendor: "anthropic", text: "Hm.", signature: "seal" },
            { vendor: "anthropic", text: "", encrypted: "b64" },
          ],
          content: "I will.",
          toolCalls: [
            { id: "a", name: "look", arguments: '{"at":"x"}' },
            { id: "b", name: "look", arguments: "" },
          ],
        },
        { role: "tool", toolCallId: "a", content: "a cat" },
        {
          role: "tool",
          toolCallId: "b",
          isError: true,
          content: [
            { type: "text", text: "no", cacheTtl: "5m" },
            { type: "image", url: png },
          ],
        },
        { role: "user", content: "So?" },
      ],
      tools: [look],
    });
    expect(body).toEqual({
      system: [{ text: "Be brief." }, { text: "Be kind." }, { cachePoint: { type: "default", ttl: "1h" } }],
      messages: [
        {
          role: "user",
          content: [
            { text: "What is this?" },
            { cachePoint: { type: "default" } },
            { image: { format: "jpeg", source: { bytes: "AA==" } } },
            { text: "Look closely." },
          ],
        },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "Hm.", signature: "seal" } } },
            { reasoningContent: { redactedContent: "b64" } },
            { text: "I will." },
            { toolUse: { toolUseId: "a", name: "look", input: { at: "x" } } },
            { toolUse: { toolUseId: "b", name: "look", input: {} } },
          ],
        },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "a", content: [{ text: "a cat" }] } },
            {
              toolResult: {
                toolUseId: "b",
                content: [{ text: "no" }, { image: { format: "png", source: { bytes: "AA==" } } }],
                status: "error",
              },
            },
            { text: "So?" },
          ],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: "look", description: "Looks", inputSchema: { json: look.parameters } } }],
      },
    });
    expect(bench.warnings).toEqual([]);
  });

  test("of any number of parts are put together", async () => {
    const content = Array.from({ length: 300_000 }, () => ({ type: "text", text: "a" }) as const);
    const body = await bench.ask({
      messages: [
        { role: "user", content: "One" },
        { role: "user", content },
      ],
    });
    expect((body["messages"] as { content: unknown[] }[])[0]?.content).toHaveLength(300_001);
  });

  test("hold no blank text, and no message without content", async () => {
    const { messages } = await bench.ask({
      messages: [
        { role: "system", content: " " },
        { role: "user", content: [{ type: "text", text: " \n", cacheTtl: "5m" }] },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "" },
        { role: "user", content: "?" },
        { role: "assistant", content: "Well, \n" },
      ],
    });
    expect(messages).toEqual([
      { role: "user", content: [{ text: "Hi" }, { text: "?" }] },
      { role: "assistant", content: [{ text: "Well," }] },
    ]);
  });

  test("of the assistant at the end are the beginning of the answer", async () => {
    const { messages } = await bench.ask({
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "{" },
      ],
    });
    expect(messages).toEqual([
      { role: "user", content: [{ text: "Hi" }] },
      { role: "assistant", content: [{ text: "{" }] },
    ]);
  });

  test("of the system in the middle move to the start, with a warning", async () => {
    const body = await bench.ask({
      messages: [
        { role: "user", content: "Hi" },
        { role: "system", content: "Be brief." },
      ],
    });
    expect(body["system"]).toEqual([{ text: "Be brief." }]);
    expect(bench.warnings).toEqual(["A system message was moved to the start: Bedrock knows no other place for it."]);
  });

  test("of the system alone are the user's, with a warning", async () => {
    const body = await bench.ask({ messages: [{ role: "system", content: "Say hi." }] });
    expect(body).toEqual({ messages: [{ role: "user", content: [{ text: "Say hi." }] }] });
    expect(bench.warnings).toEqual(["The system messages were sent as the user's: Bedrock wants a turn of the user."]);
  });

  test("with results of tools have them before what the user said", async () => {
    const { messages } = await bench.ask({
      tools: [look],
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "", toolCalls: [{ id: "a", name: "look", arguments: "{}" }] },
        { role: "user", content: "Hurry." },
        { role: "tool", toolCallId: "a", content: "a cat" },
      ],
    });
    expect(messages).toMatchObject([{}, {}, { content: [{ toolResult: { toolUseId: "a" } }, { text: "Hurry." }] }]);
  });

  test("with files name them as Bedrock allows, and no two alike", async () => {
    const file = (name?: string, mimeType?: string) =>
      ({ type: "file", url: `data:${mimeType ?? "application/pdf"};base64,AA==`, name }) as const;
    const { messages } = await bench.ask({
      messages: [
        {
          role: "user",
          content: [
            file("Q3  report_final (v2).pdf"),
            file("Q3 report final (v2).pdf"),
            file(undefined, "text/csv"),
            file("资料.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            file("log", "text/x-log"),
            file("data.json", "application/json"),
            file("photo", "image/webp"),
            file("clip", "video/mp4"),
          ],
        },
      ],
    });
    const [{ content }] = messages as [{ content: { document?: { name: string; format: string } }[] }];
    expect(content.flatMap(({ document }) => (document ? [[document.name, document.format]] : []))).toEqual([
      ["Q3 report final (v2)", "pdf"],
      ["Q3 report final (v2) (2)", "pdf"],
      ["Document 3", "csv"],
      ["Document 4", "docx"],
      ["log", "txt"],
      ["data", "txt"],
    ]);
    expect(content.slice(6)).toEqual([
      { image: { format: "webp", source: { bytes: "AA==" } } },
      { video: { format: "mp4", source: { bytes: "AA==" } } },
      { text: "The document is attached." },
    ]);
    expect(bench.warnings).toEqual(["Bedrock wants text beside a document: a line was added."]);
  });

  test("with audio and with objects in S3 say so in Converse's words", async () => {
    const { messages } = await bench.ask({
      model: nova,
      messages: [
        {
          role: "user",
          content: [
            { type: "audio", url: "data:audio/mpeg;base64,AA==", mimeType: "audio/mpeg" },
            { type: "image", url: "s3://bucket/cat.PNG", detail: "high" },
            { type: "file", url: "s3://bucket/clip.mov" },
            { type: "file", url: "s3://bucket/paper", mimeType: "application/pdf", name: "paper" },
            { type: "text", text: "?" },
          ],
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: "user",
        content: [
          { audio: { format: "mp3", source: { bytes: "AA==" } } },
          { image: { format: "png", source: { s3Location: { uri: "s3://bucket/cat.PNG" } } } },
          { video: { format: "mov", source: { s3Location: { uri: "s3://bucket/clip.mov" } } } },
          { document: { name: "paper", format: "pdf", source: { s3Location: { uri: "s3://bucket/paper" } } } },
          { text: "?" },
        ],
      },
    ]);
    expect(bench.warnings).toEqual(["The detail of an image is not offered by Bedrock and was dropped."]);
  });

  test.each([
    ["an image at an address", { type: "image", url: "https://example.com/cat.png" }, /fetches none/],
    ["an image of a type that it does not know", { type: "image", url: "data:image/bmp;base64,AA==" }, /image\/bmp/],
    ["a file of a type that it does not know", { type: "file", url: "data:application/zip;base64,AA==" }, /zip/],
    ["a type that is none", { type: "image", url: "s3://x/y", mimeType: "my secret" }, /files of this type/],
  ] as const)("with %s are refused", async (_what, part, detail) => {
    const call = bench.ask({ messages: [{ role: "user", content: [part] }] });
    await expect(call).rejects.toMatchObject({
      code: "not_translatable",
      detail: expect.stringMatching(detail) as string,
    });
  });

  test.each(["system", "assistant"] as const)("with an image of the %s are refused", async (role) => {
    const call = bench.ask({ messages: [{ role, content: [{ type: "image", url: png }] }] });
    await expect(call).rejects.toMatchObject({ code: "not_translatable" });
  });

  test("keep reasoning of the model's own vendor only, and only what is sealed", async () => {
    const reasoning = [
      { vendor: "openai", text: "", encrypted: "x", id: "rs_1" },
      { vendor: "anthropic", text: "unsealed" },
      { vendor: "other", text: "unsealed" },
    ] as const;
    const messages = [
      { role: "user", content: "Hi" } as const,
      { role: "assistant", content: "x", reasoning } as const,
    ];
    const body = await bench.ask({ messages });
    expect(body["messages"]).toMatchObject([{}, { content: [{ text: "x" }] }]);
    expect(bench.warnings).toEqual(["Reasoning of another vendor's model was dropped."]);
    (bench.warnings as string[]).length = 0;
    await bench.ask({ messages: [messages[0]!, { ...messages[1]!, reasoning: reasoning.slice(1) }] });
    expect(bench.warnings).toEqual([]);
    const own = [{ vendor: "other", text: "r", signature: "s" }] as const;
    const deepseek = await bench.ask({
      model: "us.deepseek.r1-v1:0",
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "x", reasoning: own },
      ],
    });
    expect(deepseek["messages"]).toMatchObject([
      {},
      { content: [{ reasoningContent: { reasoningText: { text: "r", signature: "s" } } }, { text: "x" }] },
    ]);
  });

  test("give tool calls ids that Bedrock takes, the same for the call and its result", async () => {
    const id = `call/${"x".repeat(80)}`;
    const messages = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "", toolCalls: [{ id, name: "look", arguments: "nonsense" }] },
      { role: "tool", toolCallId: id, content: '{"seen":["cat"]}' },
    ] as const;
    const read = async (model: string) => {
      const body = await bench.ask({ model, messages, tools: [look] });
      const turns = body["messages"] as {
        content: Record<string, { toolUseId: string } & Record<string, unknown>>[];
      }[];
      return [turns[1]?.content[0]?.["toolUse"], turns[2]?.content[0]?.["toolResult"]] as const;
    };
    const [use, result] = await read(claude);
    expect(use?.toolUseId).toMatch(/^tooluse_[0-9a-f]{32}$/);
    expect(result?.toolUseId).toBe(use?.toolUseId);
    expect(use?.["input"]).toEqual({ arguments: "nonsense" });
    expect(result?.["content"]).toEqual([{ text: '{"seen":["cat"]}' }]);
    expect(bench.warnings).toEqual([
      "Arguments of an earlier tool call are no JSON object: they were wrapped into one.",
    ]);
    const [mistralUse, mistralResult] = await read("mistral.mistral-large-2402-v1:0");
    expect(mistralUse?.toolUseId).toMatch(/^[0-9a-f]{9}$/);
    expect(mistralResult).toEqual({ toolUseId: mistralUse?.toolUseId, content: [{ json: { seen: ["cat"] } }] });
  });

  test("mark no result as failed where the model does not take the mark", async () => {
    const body = await bench.ask({
      model: "us.writer.palmyra-x5-v1:0",
      tools: [look],
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "", toolCalls: [{ id: "a", name: "look", arguments: "{}" }] },
        { role: "tool", toolCallId: "a", content: "It broke.", isError: true },
      ],
    });
    expect(JSON.stringify(body)).not.toContain("status");
  });

  test.each([
    [claude, "1h", { type: "default", ttl: "1h" }, "everywhere", []],
    ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "1h", { type: "default" }, "everywhere", [keptShort]],
    [nova, "5m", { type: "default" }, "in messages", []],
    [llama, "5m", undefined, "nowhere", []],
  ] as const)("tell %s of a cache of %s as %o, %s", async (model, cacheTtl, cachePoint, where, warnings) => {
    const { messages, toolConfig } = await bench.ask({
      model,
      messages: [{ role: "user", content: [{ type: "text", text: "x", cacheTtl }] }],
      tools: [{ ...look, cacheTtl }],
    });
    const points = cachePoint ? [{ cachePoint }] : [];
    expect(messages).toEqual([{ role: "user", content: [{ text: "x" }, ...points] }]);
    expect(toolConfig).toEqual({ tools: [expect.anything(), ...(where === "everywhere" ? points : [])] });
    expect([...new Set(bench.warnings)]).toEqual(warnings);
  });
});
