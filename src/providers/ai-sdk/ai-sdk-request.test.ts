import { describe, expect, test } from "vitest";
import type { Message, ModelSettings } from "../../message.ts";
import { openFakeModel } from "./fake-model-fixture.ts";

const versions = ["v2", "v3", "v4"] as const;
const png = "data:image/png;base64,AA==";

test.each(versions)("a conversation is a prompt of the specification %s", async (version) => {
  const bench = openFakeModel({ version, supportedUrls: { "image/*": [/^https:/] } });
  const messages: Message[] = [
    { role: "system", content: "Be brief." },
    {
      role: "system",
      content: [
        { type: "text", text: "Be" },
        { type: "text", text: "kind.", cacheTtl: "1h" },
      ],
    },
    {
      role: "user",
      content: [
        { type: "text", text: "What?", cacheTtl: "5m" },
        { type: "image", url: png },
        { type: "image", url: "https://example.com/cat", mimeType: "image/jpeg" },
        { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
        { type: "audio", url: "data:audio/wav;base64,AA==", mimeType: "audio/wav" },
      ],
    },
    {
      role: "assistant",
      reasoning: [{ vendor: "anthropic", text: "Hm.", signature: "seal" }],
      content: "I look.",
      toolCalls: [
        { id: "a", name: "look", arguments: '{"at":1}', signature: "thought" },
        { id: "b", name: "look", arguments: "" },
        { id: "c", name: "look", arguments: "nonsense" },
      ],
    },
    { role: "tool", toolCallId: "a", content: "a cat" },
    { role: "tool", toolCallId: "b", content: "It broke.", isError: true },
    {
      role: "tool",
      toolCallId: "x",
      content: [
        { type: "text", text: "1" },
        { type: "text", text: "2" },
      ],
    },
    { role: "assistant", content: "" },
    { role: "user", content: "So?" },
  ];
  await bench.complete({ messages });
  const inline = (data: string) => (version === "v4" ? { type: "data", data } : data);
  const address = new URL("https://example.com/cat");
  const cache = (ttl: string) => ({ providerOptions: { anthropic: { cacheControl: { type: "ephemeral", ttl } } } });
  const thought = { thoughtSignature: "thought" };
  expect(bench.calls[0]?.["prompt"]).toEqual([
    { role: "system", content: "Be brief." },
    { role: "system", content: "Be\n\nkind.", ...cache("1h") },
    {
      role: "user",
      content: [
        { type: "text", text: "What?", ...cache("5m") },
        { type: "file", mediaType: "image/png", data: inline("AA==") },
        { type: "file", mediaType: "image/jpeg", data: version === "v4" ? { type: "url", url: address } : address },
        { type: "file", mediaType: "application/pdf", data: inline("AA=="), filename: "a.pdf" },
        { type: "file", mediaType: "audio/wav", data: inline("AA==") },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "Hm.", providerOptions: { anthropic: { signature: "seal" } } },
        { type: "text", text: "I look." },
        {
          type: "tool-call",
          toolCallId: "a",
          toolName: "look",
          input: { at: 1 },
          providerOptions: { google: thought, vertex: thought },
        },
        { type: "tool-call", toolCallId: "b", toolName: "look", input: {} },
        { type: "tool-call", toolCallId: "c", toolName: "look", input: "nonsense" },
      ],
    },
    {
      role: "tool",
      content: [
        { type: "tool-result", toolCallId: "a", toolName: "look", output: { type: "text", value: "a cat" } },
        { type: "tool-result", toolCallId: "b", toolName: "look", output: { type: "error-text", value: "It broke." } },
        { type: "tool-result", toolCallId: "x", toolName: "unknown", output: { type: "text", value: "1\n2" } },
      ],
    },
    { role: "assistant", content: [] },
    { role: "user", content: [{ type: "text", text: "So?" }] },
  ]);
});

describe("files in a tool's result", () => {
  const ask = async (version: (typeof versions)[number], isError = false) => {
    const bench = openFakeModel({ version, supportedUrls: undefined });
    await bench.complete({
      messages: [
        {
          role: "tool",
          toolCallId: "a",
          isError,
          content: [
            { type: "text", text: "See" },
            { type: "image", url: png },
            { type: "file", url: "data:application/pdf;base64,AA==" },
          ],
        },
      ],
    });
    const [{ content }] = bench.calls[0]!["prompt"] as [{ content: [{ output: { type: string; value: unknown[] } }] }];
    expect(content[0].output.type).toBe("content");
    const said = isError ? "Error:" : "See";
    expect(content[0].output.value[0]).toEqual({ type: "text", text: said });
    return content[0].output.value.slice(1);
  };

  test("come after the word that the tool failed, if it did", async () => {
    expect(await ask("v4", true)).toMatchObject([{ text: "See" }, { type: "file" }, { type: "file" }]);
  });

  test("are said as each version says them", async () => {
    const data = { type: "data", data: "AA==" };
    expect(await ask("v4")).toEqual([
      { type: "file", mediaType: "image/png", data },
      { type: "file", mediaType: "application/pdf", data },
    ]);
    expect(await ask("v3")).toEqual([
      { type: "image-data", data: "AA==", mediaType: "image/png" },
      { type: "file-data", data: "AA==", mediaType: "application/pdf" },
    ]);
    expect(await ask("v2")).toEqual([
      { type: "media", data: "AA==", mediaType: "image/png" },
      { type: "media", data: "AA==", mediaType: "application/pdf" },
    ]);
  });

  test("by address are said where the version has words for them, and refused where it has none", async () => {
    const messages: Message[] = [
      { role: "tool", toolCallId: "a", content: [{ type: "image", url: "https://example.com/a.png" }] },
    ];
    const v3 = openFakeModel({ version: "v3", supportedUrls: { "*": [/./] } });
    await v3.complete({ messages, settings: {} });
    expect(JSON.stringify(v3.calls[0]?.["prompt"])).toContain('{"type":"image-url","url":"https://example.com/a.png"}');
    const v2 = openFakeModel({ version: "v2", supportedUrls: { "*": [/./] } });
    await expect(v2.complete({ messages })).rejects.toMatchObject({ code: "not_translatable" });
  });
});

describe("an address of a file", () => {
  const toMessages = (url: string, mimeType?: string): Message[] => [
    { role: "user", content: [{ type: "image", url, mimeType }] },
  ];
  const supportedUrls = Promise.resolve({ "image/*": [/^https:\/\/ok\.example\//g], "application/pdf": [/./] });

  test("is passed on if the model fetches it itself, also twice", async () => {
    const bench = openFakeModel({ supportedUrls });
    await bench.complete({ messages: toMessages("https://OK.example/a.png") });
    await bench.complete({ messages: toMessages("https://ok.example/a.png", "image/png") });
    expect(bench.calls).toHaveLength(2);
  });

  test("is passed on to a model that does not say", async () => {
    const bench = openFakeModel({ supportedUrls: null });
    await bench.complete({ messages: toMessages("https://any.example/a.png") });
    expect(bench.calls).toHaveLength(1);
  });

  test.each(["https://other.example/a.png", "http://169.254.169.254/", "not an address"])(
    "is refused if the model does not fetch it: %s",
    async (url) => {
      const bench = openFakeModel({ supportedUrls });
      await expect(bench.complete({ messages: toMessages(url) })).rejects.toMatchObject({ code: "not_translatable" });
      expect(bench.calls).toEqual([]);
    },
  );

  test("of the system is refused", async () => {
    const bench = openFakeModel({});
    const messages: Message[] = [{ role: "system", content: [{ type: "image", url: png }] }];
    await expect(bench.complete({ messages })).rejects.toMatchObject({ code: "not_translatable" });
  });
});

describe("settings", () => {
  const settings: ModelSettings = {
    temperature: 0,
    topP: 0.5,
    topK: 3,
    maxOutputTokens: 9,
    stop: ["END"],
    seed: 7,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    toolChoice: { name: "look" },
  };
  const look = { name: "look", description: "Looks", parameters: { type: "object" }, isStrict: true } as const;

  test.each(versions)("and tools are said in the words of the specification %s", async (version) => {
    const bench = openFakeModel({ version });
    await bench.complete({
      settings,
      tools: [
        { ...look, cacheTtl: "5m" },
        { ...look, isStrict: undefined, name: "b" },
      ],
    });
    const { prompt: _prompt, abortSignal, ...options } = bench.calls[0]!;
    expect(abortSignal).toBeInstanceOf(AbortSignal);
    expect(options).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 3,
      maxOutputTokens: 9,
      stopSequences: ["END"],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      tools: [
        {
          type: "function",
          name: "look",
          description: "Looks",
          inputSchema: { type: "object" },
          strict: true,
          providerOptions: { anthropic: { cacheControl: { type: "ephemeral", ttl: "5m" } } },
        },
        { type: "function", name: "b", description: "Looks", inputSchema: { type: "object" } },
      ],
      toolChoice: { type: "tool", toolName: "look" },
      includeRawChunks: false,
    });
    expect(bench.warnings).toEqual([]);
  });

  test("that are absent are left out, and a choice without tools as well", async () => {
    const bench = openFakeModel({});
    await bench.complete({ settings: { toolChoice: "required", stop: [] } });
    expect(Object.keys(bench.calls[0]!)).toEqual(["prompt", "includeRawChunks", "abortSignal"]);
    await bench.complete({ settings: { toolChoice: "required" }, tools: [look] });
    expect(bench.calls[1]?.["toolChoice"]).toEqual({ type: "required" });
  });

  test("that the AI SDK lacks are dropped, each with a warning", async () => {
    const bench = openFakeModel({});
    const given: ModelSettings = {
      topLogprobs: 2,
      verbosity: "low",
      serviceTier: "flex",
      user: "u",
      parallelToolCalls: false,
    };
    await bench.complete({ settings: given });
    expect(bench.warnings).toEqual(
      Object.keys(given).map((name) => `${name} is not offered by the AI SDK and was dropped.`),
    );
  });

  test.each([
    [{ reasoningEffort: "xhigh" }, "xhigh"],
    [{ reasoningEffort: "none", reasoningTokens: 5 }, "none"],
    [{ reasoningTokens: 0 }, "none"],
    [{ reasoningTokens: 1000 }, "minimal"],
    [{ reasoningTokens: 16_384 }, "medium"],
    [{ reasoningTokens: 99_999 }, "high"],
  ] as const)("of reasoning %o are the effort %s in v4", async (given, reasoning) => {
    const bench = openFakeModel({});
    await bench.complete({ settings: given });
    expect(bench.calls[0]?.["reasoning"]).toBe(reasoning);
    expect(bench.warnings).toEqual([]);
  });

  test.each(["v2", "v3"] as const)("of reasoning have no words in %s", async (version) => {
    const bench = openFakeModel({ version });
    await bench.complete({ settings: { reasoningEffort: "low" } });
    expect(bench.calls[0]).not.toHaveProperty("reasoning");
    expect(bench.warnings).toEqual([
      `reasoningEffort is not offered by models of the specification ${version} and was dropped.`,
    ]);
  });
});

describe("a schema", () => {
  const output = { name: "answer", description: "What it is", schema: { type: "object" } };

  test("is the format of the response", async () => {
    const bench = openFakeModel({});
    await bench.complete({ output, settings: { jsonMode: true } });
    await bench.complete({ settings: { jsonMode: true } });
    expect(bench.calls[0]?.["responseFormat"]).toEqual({ type: "json", ...output });
    expect(bench.calls[1]?.["responseFormat"]).toEqual({ type: "json" });
    expect(bench.calls[0]?.["prompt"]).toHaveLength(1);
  });

  test("is told in words as well to a model that only promises JSON", async () => {
    const bench = openFakeModel({ supportsStructuredOutputs: false });
    await bench.complete({ output });
    expect(bench.calls[0]?.["prompt"]).toMatchObject([
      { role: "system", content: expect.stringContaining('{"type":"object"}') as string },
      { role: "user" },
    ]);
  });
});
