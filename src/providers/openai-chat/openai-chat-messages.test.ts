import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenAiVendor } from "../../endpoint/vendors.ts";
import type { ContentPart, Message, ReasoningBlock } from "../../message.ts";
import { openAnsweringServer, sendTo, type AnsweringServer } from "./openai-chat-fixture.ts";

let server: AnsweringServer;
beforeAll(async () => {
  server = await openAnsweringServer();
});
afterAll(() => server.close());

async function send(
  vendor: OpenAiVendor | undefined,
  messages: readonly Message[],
  model = "m-1",
): Promise<{ readonly messages: readonly unknown[]; readonly warnings: readonly string[] }> {
  const { body, warnings } = await sendTo(server, { vendor }, { messages, model });
  return { messages: body["messages"] as unknown[], warnings };
}

async function sendPart(vendor: OpenAiVendor | undefined, part: ContentPart): Promise<unknown> {
  const [message] = (await send(vendor, [{ role: "user", content: [{ type: "text", text: "See:" }, part] }])).messages;
  return (message as { content: unknown[] }).content[1];
}

const image = { type: "image", url: "https://x.test/a.png", detail: "low" } as const;
const inlineImage = { type: "image", url: "data:image/png;base64,AA==" } as const;
const pdf = { type: "file", url: "data:application/pdf;base64,JVBE", name: "a.pdf" } as const;
const linkedPdf = { type: "file", url: "https://x.test/a.pdf" } as const;
const audio = { type: "audio", url: "data:audio/mpeg;base64,AAAA", mimeType: "audio/mpeg" } as const;

describe("a part", () => {
  test.each<[string, OpenAiVendor | undefined, ContentPart, unknown]>([
    ["an image, with its detail", "openai", image, { type: "image_url", image_url: { url: image.url, detail: "low" } }],
    ["a file", "openai", pdf, { type: "file", file: { filename: "a.pdf", file_data: pdf.url } }],
    [
      "a file without a name",
      undefined,
      { ...pdf, name: undefined },
      { type: "file", file: { filename: "document.pdf" } },
    ],
    ["a file's address", "openrouter", linkedPdf, { type: "file", file: { file_data: linkedPdf.url } }],
    ["a document", "mistral", linkedPdf, { type: "document_url", document_url: linkedPdf.url }],
    ["a file in base64", "perplexity", pdf, { type: "file_url", file_url: { url: "JVBE" }, file_name: "a.pdf" }],
    ["audio", "openai", audio, { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } }],
    ["bare audio", "mistral", audio, { type: "input_audio", input_audio: "AAAA" }],
    ["a text file, as text", "groq", toTextFile("Grüße"), { type: "text", text: "a.md\n\nGrüße" }],
    [
      "text to be cached",
      "openrouter",
      { type: "text", text: "x", cacheTtl: "1h" },
      { type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1h" } },
    ],
    [
      "text that others cache by themselves",
      "openai",
      { type: "text", text: "x", cacheTtl: "1h" },
      { type: "text", text: "x" },
    ],
  ])("is %s", async (_what, vendor, part, expected) => {
    const sent = await sendPart(vendor, part);
    expect(sent).toMatchObject(expected as object);
    expect(JSON.stringify(sent).includes("cache_control")).toBe(JSON.stringify(expected).includes("cache_control"));
  });

  test.each<[OpenAiVendor, ContentPart, string]>([
    ["cerebras", inlineImage, "An image cannot be sent to Cerebras."],
    ["groq", pdf, "A file cannot be sent to Groq."],
    ["openai", linkedPdf, "A file by its address cannot be sent to OpenAI."],
    ["xai", audio, "Audio cannot be sent to xAI."],
    ["openai", { ...audio, url: "https://x.test/a.mp3" }, "Audio by its address cannot be sent to OpenAI."],
    ["openai", { ...audio, mimeType: "audio/x-secret" }, "Audio of this format cannot be sent to OpenAI."],
  ])("that %s does not take refuses the request", async (vendor, part, detail) => {
    await expect(sendPart(vendor, part)).rejects.toMatchObject({ code: "not_translatable", detail });
  });
});

function toTextFile(text: string): ContentPart {
  const url = `data:text/markdown;base64,${Buffer.from(text).toString("base64")}`;
  return { type: "file", url, name: "a.md" };
}

describe("a tool's result", () => {
  const call: Message = { role: "assistant", content: "", toolCalls: [{ id: "c", name: "look", arguments: "{}" }] };

  test("that is an error says so", async () => {
    const result: Message = { role: "tool", toolCallId: "c", content: "No such file.", isError: true };
    expect((await send("openai", [call, result])).messages[1]).toEqual({
      role: "tool",
      tool_call_id: "c",
      content: "Error:\nNo such file.",
    });
  });

  test("with images has them follow as the user's, after all results of the turn", async () => {
    const withImage: Message = {
      role: "tool",
      toolCallId: "c",
      content: [{ type: "text", text: "Here." }, inlineImage],
    };
    const { messages } = await send("openai", [
      call,
      withImage,
      { role: "tool", toolCallId: "d", content: "x" },
      { role: "assistant", content: "I see." },
    ]);
    expect(messages.slice(1)).toEqual([
      { role: "tool", tool_call_id: "c", content: "Here.\n(The attachments follow in the next message.)" },
      { role: "tool", tool_call_id: "d", content: "x" },
      { role: "user", content: [{ type: "image_url", image_url: { url: inlineImage.url } }] },
      { role: "assistant", content: "I see." },
    ]);
    expect((await send("openai", [call, withImage])).messages.at(-1)).toMatchObject({ role: "user" });
  });

  test("keeps its images where the vendor takes them", async () => {
    const result: Message = { role: "tool", toolCallId: "c", content: [inlineImage] };
    expect((await send("mistral", [call, result])).messages.slice(1)).toEqual([
      { role: "tool", tool_call_id: "c", content: [{ type: "image_url", image_url: { url: inlineImage.url } }] },
    ]);
  });
});

describe("reasoning of earlier turns", () => {
  const own: ReasoningBlock = { vendor: "other", text: "Hm." };
  const claude: ReasoningBlock = { vendor: "anthropic", text: "So.", signature: "s1" };
  const turn = (...reasoning: ReasoningBlock[]): Message => ({ role: "assistant", content: "Yes.", reasoning });
  const user: Message = { role: "user", content: "And now?" };

  test.each<[OpenAiVendor, Record<string, unknown>]>([
    ["fireworks", { content: "Yes.", reasoning_content: "Hm." }],
    ["groq", { content: "Yes.", reasoning: "Hm." }],
    [
      "mistral",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
          { type: "text", text: "Yes." },
        ],
      },
    ],
    [
      "openrouter",
      { content: "Yes.", reasoning_details: [{ type: "reasoning.text", text: "Hm.", format: "unknown", index: 0 }] },
    ],
    ["openai", { content: "Yes." }],
  ])("goes back to %s as it wants it", async (vendor, fields) => {
    const { messages, warnings } = await send(vendor, [turn(own), user]);
    expect(messages[0]).toEqual({ role: "assistant", ...fields });
    expect(warnings).toEqual([]);
  });

  test("that is sealed is dropped with a warning where none is taken back", async () => {
    const { messages, warnings } = await send("openai", [turn({ ...own, signature: "s2" }), user]);
    expect(messages[0]).toEqual({ role: "assistant", content: "Yes." });
    expect(warnings).toEqual(["The reasoning of earlier turns is not taken back by OpenAI and was dropped."]);
  });

  test("of another vendor is dropped without a word if it is a mere text", async () => {
    const { messages, warnings } = await send("fireworks", [turn({ vendor: "google", text: "So." }), user]);
    expect(messages[0]).toEqual({ role: "assistant", content: "Yes." });
    expect(warnings).toEqual([]);
  });

  test("of another vendor is dropped with a warning if it is sealed", async () => {
    const { messages, warnings } = await send("fireworks", [turn(claude), user]);
    expect(messages[0]).toEqual({ role: "assistant", content: "Yes." });
    expect(warnings).toEqual(["The reasoning of earlier turns is of another vendor than Fireworks and was dropped."]);
  });

  test("goes back to OpenRouter with what seals it, whoever wrote it", async () => {
    const sealed: ReasoningBlock[] = [
      claude,
      { vendor: "anthropic", text: "", encrypted: "e1" },
      { vendor: "openai", text: "Summary.", encrypted: "e2", id: "rs_1" },
    ];
    const { messages, warnings } = await send("openrouter", [turn(...sealed), user]);
    expect(warnings).toEqual([]);
    expect((messages[0] as { reasoning_details: unknown }).reasoning_details).toEqual([
      { type: "reasoning.text", text: "So.", signature: "s1", format: "anthropic-claude-v1", index: 0 },
      { type: "reasoning.encrypted", data: "e1", format: "anthropic-claude-v1", index: 1 },
      { type: "reasoning.summary", summary: "Summary.", id: "rs_1", format: "openai-responses-v1", index: 2 },
      { type: "reasoning.encrypted", data: "e2", id: "rs_1", format: "openai-responses-v1", index: 2 },
    ]);
  });

  test("goes back to DeepSeek since the last question only, and to its fourth generation always", async () => {
    const tool: Message = { role: "tool", toolCallId: "c", content: "x" };
    const history = [turn(own), user, turn(own), tool];
    const old = (await send("deepseek", history, "deepseek-reasoner")).messages;
    expect(old[0]).toEqual({ role: "assistant", content: "Yes." });
    expect(old[2]).toEqual({ role: "assistant", content: "Yes.", reasoning_content: "Hm." });
    const plain: Message = { role: "assistant", content: "Well." };
    const fresh = (await send("deepseek", [...history, plain], "deepseek-v4-flash")).messages;
    expect(fresh[0]).toEqual({ role: "assistant", content: "Yes.", reasoning_content: "Hm." });
    expect(fresh[4]).toEqual({ role: "assistant", content: "Well.", reasoning_content: "" });
  });
});
