import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContentPart, Message } from "../../message.ts";
import { openScriptedAnthropic, type ScriptedAnthropic, type Translated } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

async function translate(...messages: readonly Message[]): Promise<Omit<Translated, "body"> & { system?: unknown }> {
  const { body, ...translated } = await bench.translate({ messages });
  return { ...translated, ...(body["system"] === undefined ? {} : { system: body["system"] }) };
}

const text = (value: string, more: object = {}): object => ({ type: "text", text: value, ...more });
const say = (content: string): Message => ({ role: "user", content });
const call = (id: string, args = "{}"): NonNullable<Message["toolCalls"]>[number] => ({
  id,
  name: "f",
  arguments: args,
});

describe("messages", () => {
  test("become a system prompt and turns that alternate", async () => {
    const translated = await translate(
      { role: "system", content: "Be brief." },
      { role: "system", content: [{ type: "text", text: "Be kind." }] },
      say("One"),
      say("Two"),
      { role: "assistant", content: "Three" },
      { role: "assistant", content: "Four" },
      say("Five"),
    );
    expect(translated).toEqual({
      system: [text("Be brief."), text("Be kind.")],
      turns: [
        { role: "user", content: [text("One"), text("Two")] },
        { role: "assistant", content: [text("Three"), text("Four")] },
        { role: "user", content: [text("Five")] },
      ],
      warnings: [],
    });
  });

  test("of any number of parts are put together", async () => {
    const content = Array.from({ length: 300_000 }, (): ContentPart => ({ type: "text", text: "a" }));
    const { turns } = await translate(say("One"), { role: "user", content });
    expect(turns[0]?.content).toHaveLength(300_001);
  });

  test("of the system amid the conversation move to its beginning, with a warning", async () => {
    const translated = await translate(say("One"), { role: "system", content: "Be brief." }, say("Two"));
    expect(translated).toEqual({
      system: [text("Be brief.")],
      turns: [{ role: "user", content: [text("One"), text("Two")] }],
      warnings: ["A system message amid the conversation was moved to its beginning."],
    });
  });

  test("that are blank are left out, since Anthropic refuses them", async () => {
    const blank: ContentPart = { type: "text", text: " \n", cacheTtl: "5m" };
    const translated = await translate(
      { role: "system", content: "" },
      say("One"),
      { role: "assistant", content: "" },
      { role: "user", content: [blank, { type: "text", text: "Two" }] },
      { role: "user", content: [blank] },
    );
    expect(translated).toEqual({ turns: [{ role: "user", content: [text("One"), text("Two")] }], warnings: [] });
  });

  test("of the system alone are sent as the user's", async () => {
    const translated = await translate({ role: "system", content: "Say hello." }, say(""));
    expect(translated).toEqual({
      turns: [{ role: "user", content: [text("Say hello.")] }],
      warnings: ["Anthropic asks for a message of the user: the system message was sent as one."],
    });
  });

  test("that say nothing at all are refused", async () => {
    await expect(translate(say(" "))).rejects.toMatchObject({
      code: "not_translatable",
      message: "The prompt is empty.",
    });
  });

  test("that end with the beginning of the answer lose its last blanks, which Anthropic refuses", async () => {
    const { turns } = await translate({ role: "assistant", content: "Hi " }, say("Go on"), {
      role: "assistant",
      content: "The answer is \n",
    });
    expect(turns).toEqual([
      { role: "assistant", content: [text("Hi ")] },
      { role: "user", content: [text("Go on")] },
      { role: "assistant", content: [text("The answer is")] },
    ]);
  });
});

describe("tool calls and their results", () => {
  test("stand where Anthropic wants them: results first, all of one turn together", async () => {
    const { turns } = await translate(
      say("Weather?"),
      { role: "assistant", content: "I look.", toolCalls: [call("toolu_1", '{"city":"Paris"}'), call("toolu_2", "")] },
      say("Quick!"),
      { role: "tool", content: "18 degrees", toolCallId: "toolu_1" },
      { role: "tool", content: "No such city.", toolCallId: "toolu_2", isError: true },
      say("And?"),
    );
    expect(turns).toEqual([
      { role: "user", content: [text("Weather?")] },
      {
        role: "assistant",
        content: [
          text("I look."),
          { type: "tool_use", id: "toolu_1", name: "f", input: { city: "Paris" } },
          { type: "tool_use", id: "toolu_2", name: "f", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: "18 degrees" },
          { type: "tool_result", tool_use_id: "toolu_2", content: "No such city.", is_error: true },
          text("Quick!"),
          text("And?"),
        ],
      },
    ]);
  });

  test("may be images and documents, and nothing", async () => {
    const { turns } = await translate(
      say("Look"),
      { role: "assistant", content: "", toolCalls: [call("a"), call("b")] },
      {
        role: "tool",
        toolCallId: "a",
        content: [
          { type: "text", text: "Here:" },
          { type: "image", url: "data:image/png;base64,iVBO", cacheTtl: "5m" },
        ],
      },
      { role: "tool", toolCallId: "b", content: "" },
    );
    expect(turns[2]!.content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "a",
        content: [
          text("Here:"),
          {
            type: "image",
            source: { type: "base64", media_type: "image/png", data: "iVBO" },
            cache_control: { type: "ephemeral" },
          },
        ],
      },
      { type: "tool_result", tool_use_id: "b" },
    ]);
  });

  test("keep arguments that are no JSON object, and get ids that Anthropic takes", async () => {
    const calls = [call("functions.f:0", "{half"), call("call|1", "[1]")];
    const { turns } = await translate(
      say("Go"),
      { role: "assistant", content: "", toolCalls: calls },
      { role: "tool", toolCallId: "functions.f:0", content: "x" },
    );
    expect(turns.slice(1).map(({ content }) => content)).toEqual([
      [
        { type: "tool_use", id: "functions_f_0", name: "f", input: { arguments: "{half" } },
        { type: "tool_use", id: "call_1", name: "f", input: { arguments: "[1]" } },
      ],
      [{ type: "tool_result", tool_use_id: "functions_f_0", content: "x" }],
    ]);
  });
});

describe("earlier reasoning", () => {
  test("of Anthropic's is handed back as it came, before the answer", async () => {
    const { turns, warnings } = await translate(say("Go"), {
      role: "assistant",
      content: "Done",
      reasoning: [
        { vendor: "anthropic", text: "Hm.", signature: "c2ln" },
        { vendor: "anthropic", text: "", encrypted: "ZW5j" },
        { vendor: "anthropic", text: "", signature: "c2ln2" },
      ],
      toolCalls: [call("a")],
    });
    expect(turns[1]!.content).toEqual([
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "ZW5j" },
      { type: "thinking", thinking: "", signature: "c2ln2" },
      text("Done"),
      { type: "tool_use", id: "a", name: "f", input: {} },
    ]);
    expect(warnings).toEqual([]);
  });

  test.each([
    { vendor: "openai", text: "Hm.", encrypted: "x", id: "rs_1" } as const,
    { vendor: "google", text: "Hm.", signature: "x" } as const,
  ])("that Anthropic cannot check (%o) is left out with a warning", async (block) => {
    const { turns, warnings } = await translate(
      say("Go"),
      { role: "assistant", content: "Done", reasoning: [block] },
      say("Next"),
    );
    expect(turns[1]!.content).toEqual([text("Done")]);
    expect(warnings).toEqual(["Earlier reasoning without Anthropic's signature was dropped."]);
  });

  test.each(["anthropic", "other"] as const)("that nothing seals (%s) is left out without a word", async (vendor) => {
    const reasoning = [{ vendor, text: "Hm." }] as const;
    const { turns, warnings } = await translate(
      say("Go"),
      { role: "assistant", content: "Done", reasoning },
      say("Next"),
    );
    expect(turns[1]!.content).toEqual([text("Done")]);
    expect(warnings).toEqual([]);
  });
});

describe("parts of a message", () => {
  const base64 = (value: string): string => Buffer.from(value).toString("base64");
  const parts: readonly (readonly [string, ContentPart, object])[] = [
    ["text to cache", { type: "text", text: "x", cacheTtl: "5m" }, text("x", { cache_control: { type: "ephemeral" } })],
    [
      "text to cache for an hour",
      { type: "text", text: "x", cacheTtl: "1h" },
      text("x", { cache_control: { type: "ephemeral", ttl: "1h" } }),
    ],
    [
      "an image in bytes",
      { type: "image", url: "data:image/webp;base64,AAAA" },
      { type: "image", source: { type: "base64", media_type: "image/webp", data: "AAAA" } },
    ],
    [
      "an image of another type than its URL says",
      { type: "image", url: "data:;base64,AAAA", mimeType: "image/gif", detail: "auto" },
      { type: "image", source: { type: "base64", media_type: "image/gif", data: "AAAA" } },
    ],
    [
      "an image at an address",
      { type: "image", url: "https://a.example/b.png", cacheTtl: "1h" },
      {
        type: "image",
        source: { type: "url", url: "https://a.example/b.png" },
        cache_control: { type: "ephemeral", ttl: "1h" },
      },
    ],
    [
      "a file that is an image",
      { type: "file", url: "data:image/png;base64,AAAA", name: "a.png" },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
    ],
    [
      "a PDF in bytes",
      { type: "file", url: "data:application/pdf;base64,JVBE", name: "a.pdf", cacheTtl: "5m" },
      {
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: "JVBE" },
        title: "a.pdf",
        cache_control: { type: "ephemeral" },
      },
    ],
    [
      "a PDF at an address",
      { type: "file", url: "https://a.example/b.pdf" },
      { type: "document", source: { type: "url", url: "https://a.example/b.pdf" } },
    ],
    [
      "a text file",
      { type: "file", url: `data:text/markdown;base64,${base64("# Grüße")}`, name: "a.md" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "# Grüße" }, title: "a.md" },
    ],
    [
      "a JSON file",
      { type: "file", url: `data:application/ld+json;base64,${base64("{}")}` },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "{}" } },
    ],
  ];
  test.each(parts)("%s", async (_what, part, expected) => {
    const { turns, warnings } = await translate({ role: "user", content: [part] });
    expect(turns).toEqual([{ role: "user", content: [expected] }]);
    expect(warnings).toEqual([]);
  });

  test("lose an image's detail with a warning", async () => {
    const content: ContentPart[] = [{ type: "image", url: "https://a.example/b.png", detail: "high" }];
    const { warnings } = await translate({ role: "user", content });
    expect(warnings).toEqual(["The detail of images is not offered by Anthropic and was dropped."]);
  });

  const refused: readonly (readonly [string, ContentPart, string])[] = [
    [
      "audio",
      { type: "audio", url: "data:audio/wav;base64,AAAA", mimeType: "audio/wav" },
      "Audio is not offered by Anthropic.",
    ],
    [
      "a document of an office",
      { type: "file", url: "data:application/msword;base64,AAAA" },
      "Anthropic takes PDF and text files only.",
    ],
    [
      "a text file at an address",
      { type: "file", url: "https://a.example/b.txt", mimeType: "text/plain" },
      "Anthropic fetches PDF files only.",
    ],
    [
      "an image of this machine",
      { type: "image", url: "file:///etc/passwd" },
      "The address of an image is neither data: nor http(s).",
    ],
    [
      "a file of this machine",
      { type: "file", url: "/etc/passwd" },
      "The address of a file is neither data: nor http(s).",
    ],
  ];
  test.each(refused)("that would change the meaning by their absence are refused: %s", async (_what, part, message) => {
    const translated = translate({ role: "user", content: [part] });
    await expect(translated).rejects.toMatchObject({ code: "not_translatable", message });
  });

  test("other than text are refused in system messages", async () => {
    const content: ContentPart[] = [{ type: "image", url: "https://a.example/b.png" }];
    await expect(translate({ role: "system", content }, say("Hi"))).rejects.toMatchObject({
      code: "not_translatable",
      message: "Anthropic takes text only in system messages.",
    });
  });
});
