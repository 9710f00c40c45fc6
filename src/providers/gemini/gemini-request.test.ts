import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { openScriptedGemini, send as sendTo, type ScriptedGemini, type Sent } from "./gemini-fixture.ts";

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

const send = (request: Partial<ModelRequest>, auth?: "api-key" | "bearer"): Promise<Sent> =>
  sendTo(upstream, request, auth);

const user = (content: Message["content"]): Message => ({ role: "user", content });

describe("messages", () => {
  test("become turns of user and model; instructions go beside them", async () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      user("Hi"),
      { role: "assistant", content: "Hello." },
      { role: "system", content: [{ type: "text", text: "Be kind.", cacheTtl: "1h" }] },
      user([
        { type: "text", text: "Well" },
        { type: "text", text: "" },
      ]),
    ];
    expect(await send({ messages })).toMatchObject({
      body: {
        systemInstruction: { parts: [{ text: "Be brief." }, { text: "Be kind." }] },
        contents: [
          { role: "user", parts: [{ text: "Hi" }] },
          { role: "model", parts: [{ text: "Hello." }] },
          { role: "user", parts: [{ text: "Well" }] },
        ],
      },
      warnings: ["A system message amid the conversation was moved to its beginning."],
    });
  });

  test("that are instructions only are the user's words, since a conversation without turns is refused", async () => {
    const { body, warnings } = await send({ messages: [{ role: "system", content: "Write a haiku." }] });
    expect(body).toEqual({ contents: [{ role: "user", parts: [{ text: "Write a haiku." }] }] });
    expect(warnings).toEqual(["Gemini asks for a message of the user: the system message was sent as one."]);
  });

  test("instruct Gemma before its first turn", async () => {
    const messages: Message[] = [{ role: "system", content: "Be brief." }, user("Hi")];
    const { body } = await send({ messages, model: "gemma-3-27b-it" });
    expect(body).toEqual({ contents: [{ role: "user", parts: [{ text: "Be brief." }, { text: "Hi" }] }] });
    const answer: Message = { role: "assistant", content: "Hello." };
    const { body: other } = await send({ messages: [messages[0]!, answer], model: "gemma-3-27b-it" });
    expect(other["contents"]).toEqual([
      { role: "user", parts: [{ text: "Be brief." }] },
      { role: "model", parts: [{ text: "Hello." }] },
    ]);
  });

  test("with an image among the instructions are refused", async () => {
    const content = [{ type: "image", url: "data:image/png;base64,AA==" }] as const;
    await expect(send({ messages: [{ role: "system", content }] })).rejects.toMatchObject({ code: "not_translatable" });
  });
});

describe("media", () => {
  test.each([
    [{ type: "image", url: "data:image/png;base64,AA==" }, { inlineData: { mimeType: "image/png", data: "AA==" } }],
    [
      { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
      { inlineData: { mimeType: "application/pdf", data: "AA==" } },
    ],
    [
      { type: "audio", url: "data:audio/wav;base64,AA==", mimeType: "audio/mp3" },
      { inlineData: { mimeType: "audio/mp3", data: "AA==" } },
    ],
    [{ type: "file", url: "data:video/mp4;base64,AA==" }, { inlineData: { mimeType: "video/mp4", data: "AA==" } }],
    [
      { type: "image", url: "https://x.example/a.PNG?sig=1" },
      { fileData: { mimeType: "image/png", fileUri: "https://x.example/a.PNG?sig=1" } },
    ],
    [
      { type: "image", url: "https://x.example/a" },
      { fileData: { mimeType: "image/jpeg", fileUri: "https://x.example/a" } },
    ],
    [
      { type: "file", url: "https://x.example/a" },
      { fileData: { mimeType: "application/pdf", fileUri: "https://x.example/a" } },
    ],
    [
      { type: "file", url: "https://x.example/a", mimeType: "text/csv" },
      { fileData: { mimeType: "text/csv", fileUri: "https://x.example/a" } },
    ],
    [
      { type: "file", url: "https://www.youtube.com/watch?v=1" },
      { fileData: { mimeType: "video/mp4", fileUri: "https://www.youtube.com/watch?v=1" } },
    ],
  ] as const)("%o becomes %o", async (part, expected) => {
    const { body } = await send({ messages: [user([part])] });
    expect(body["contents"]).toEqual([{ role: "user", parts: [expected] }]);
  });

  test("of Cloud Storage go to Vertex only", async () => {
    const messages = [user([{ type: "file", url: "gs://bucket/film.mov" }])];
    const { body } = await send({ messages }, "bearer");
    expect(body["contents"]).toEqual([
      { role: "user", parts: [{ fileData: { mimeType: "video/quicktime", fileUri: "gs://bucket/film.mov" } }] },
    ]);
    await expect(send({ messages })).rejects.toMatchObject({ code: "not_translatable" });
  });

  test("have their name at Vertex, which has a field for it; AI Studio has none", async () => {
    const messages = [
      user([
        { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
        { type: "file", url: "https://x.example/a", name: "b.pdf" },
      ]),
    ];
    const inlineData = { mimeType: "application/pdf", data: "AA==" };
    const fileData = { mimeType: "application/pdf", fileUri: "https://x.example/a" };
    const vertex = await send({ messages }, "bearer");
    expect(vertex.body["contents"]).toMatchObject([
      { parts: [{ inlineData: { ...inlineData, displayName: "a.pdf" } }, { fileData: { displayName: "b.pdf" } }] },
    ]);
    const studio = await send({ messages });
    expect(studio.body["contents"]).toEqual([{ role: "user", parts: [{ inlineData }, { fileData }] }]);
    expect([...vertex.warnings, ...studio.warnings]).toEqual([]);
  });

  test.each(["http://x.example/a.png", "ftp://x.example/a.png", "data:image/png,raw", "a.png"])(
    "at %s are refused",
    async (url) => {
      const messages = [user([{ type: "image", url }])];
      await expect(send({ messages })).rejects.toMatchObject({ code: "not_translatable" });
    },
  );

  test("lose their detail, with a warning", async () => {
    const image = { type: "image", url: "data:image/png;base64,AA==" } as const;
    expect((await send({ messages: [user([{ ...image, detail: "auto" }])] })).warnings).toEqual([]);
    expect((await send({ messages: [user([{ ...image, detail: "low" }])] })).warnings).toEqual([
      "The detail of an image is not offered by Gemini and was dropped.",
    ]);
  });
});

describe("tool calls", () => {
  const calls: Message = {
    role: "assistant",
    content: "Let me see.",
    toolCalls: [
      { id: "a", name: "weather", arguments: '{"city":"Bern"}', signature: "sig" },
      { id: "b", name: "weather", arguments: "" },
    ],
  };
  const answers: Message[] = [
    { role: "tool", toolCallId: "b", content: "Rain" },
    { role: "tool", toolCallId: "a", content: ' {"sky":"clear"}' },
  ];

  test("and their results keep ids and signatures; all results are one turn", async () => {
    const { body } = await send({ messages: [user("Hi"), calls, ...answers, user("Thanks")] });
    expect(body["contents"]).toEqual([
      { role: "user", parts: [{ text: "Hi" }] },
      {
        role: "model",
        parts: [
          { text: "Let me see." },
          { functionCall: { id: "a", name: "weather", args: { city: "Bern" } }, thoughtSignature: "sig" },
          { functionCall: { id: "b", name: "weather", args: {} } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "b", name: "weather", response: { result: "Rain" } } },
          { functionResponse: { id: "a", name: "weather", response: { sky: "clear" } } },
        ],
      },
      { role: "user", parts: [{ text: "Thanks" }] },
    ]);
  });

  test("have no ids before Gemini 3, so results follow in the order of the calls", async () => {
    const { body } = await send({ messages: [user("Hi"), calls, ...answers], model: "gemini-2.5-flash" });
    expect(body["contents"]).toMatchObject([
      {},
      { parts: [{}, { functionCall: { name: "weather" } }, { functionCall: { name: "weather" } }] },
      {
        parts: [
          { functionResponse: { name: "weather", response: { sky: "clear" } } },
          { functionResponse: { name: "weather", response: { result: "Rain" } } },
        ],
      },
    ]);
    expect(JSON.stringify(body)).not.toContain('"id"');
  });

  test("without a signature get the one that Google documents for them, once a turn and from Gemini 3 on", async () => {
    const toolCalls = ["a", "b"].map((id) => ({ id, name: "f", arguments: "{}" }));
    const messages = [user("Hi"), { role: "assistant", content: "", toolCalls } as const];
    const signature = Buffer.from("skip_thought_signature_validator").toString("base64");
    const { body } = await send({ messages });
    expect(body["contents"]).toMatchObject([{}, { parts: [{ thoughtSignature: signature }, {}] }]);
    expect(JSON.stringify(body).split(signature)).toHaveLength(2);
    expect(JSON.stringify((await send({ messages, model: "gemini-2.5-pro" })).body)).not.toContain("thoughtSignature");
  });

  test.each([
    ['{"a":', { arguments: '{"a":' }],
    ["[1]", { arguments: [1] }],
    [" ", {}],
  ])("with the arguments %o are still told as an object", async (text, args) => {
    const toolCalls = [{ id: "a", name: "f", arguments: text }];
    const { body } = await send({ messages: [user("Hi"), { role: "assistant", content: "", toolCalls }] });
    expect(body["contents"]).toMatchObject([{}, { parts: [{ functionCall: { args } }] }]);
  });

  test.each([
    [{ content: "Down", isError: true }, { error: "Down" }],
    [{ content: '{"a":1}', isError: true }, { error: '{"a":1}' }],
    [{ content: "[1,2]" }, { result: "[1,2]" }],
    [{ content: '{"a":' }, { result: '{"a":' }],
    [{ content: '{"schema":{"$ref":"#/x"}}' }, { result: '{"schema":{"$ref":"#/x"}}' }],
    [{ content: "" }, { result: "" }],
    [
      {
        content: [
          { type: "text", text: '{"a"' },
          { type: "text", text: ":1}" },
        ],
      },
      { a: 1 },
    ],
  ] as const)("answered with %o tell %o", async (result, response) => {
    const messages = [user("Hi"), calls, { role: "tool", toolCallId: "a", ...result } as const];
    const { body } = await send({ messages });
    expect(body["contents"]).toMatchObject([{}, {}, { parts: [{ functionResponse: { response } }] }]);
  });

  test("answered with media hold them from Gemini 3 on; before, they follow in a turn of their own", async () => {
    const image = { type: "image", url: "data:image/png;base64,AA==" } as const;
    const messages: Message[] = [user("Hi"), calls, { role: "tool", toolCallId: "a", content: [image] }];
    const inlineData = { mimeType: "image/png", data: "AA==" };
    const response = { result: "" };
    expect((await send({ messages })).body["contents"]).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response, parts: [{ inlineData }] } }] },
    ]);
    expect((await send({ messages, model: "gemini-2.5-pro" })).body["contents"]).toMatchObject([
      {},
      {},
      { role: "user", parts: [{ functionResponse: { response } }] },
      { role: "user", parts: [{ inlineData }] },
    ]);
  });

  test("that no result belongs to are refused", async () => {
    const messages = [user("Hi"), { role: "tool", toolCallId: "z", content: "x" } as const];
    await expect(send({ messages })).rejects.toMatchObject({ code: "not_translatable" });
  });

  test("may use an id again in a later turn", async () => {
    const turn = (name: string): Message[] => [
      { role: "assistant", content: "", toolCalls: [{ id: "0", name, arguments: "{}" }] },
      { role: "tool", toolCallId: "0", content: "x" },
    ];
    const { body } = await send({ messages: [user("Hi"), ...turn("f"), ...turn("g")] });
    const names = JSON.stringify(body).match(/"functionResponse":\{"id":"0","name":"\w"/g);
    expect(names).toEqual(["f", "g"].map((name) => `"functionResponse":{"id":"0","name":"${name}"`));
  });
});

describe("reasoning", () => {
  test("of Google goes back as thoughts, its signature with the text that it came with", async () => {
    const reasoning = [
      { vendor: "google", text: "Hm." },
      { vendor: "google", text: "", signature: "sig" },
    ] as const;
    const content = [
      { type: "text", text: "One." },
      { type: "text", text: "Two." },
    ] as const;
    const { body, warnings } = await send({ messages: [user("Hi"), { role: "assistant", content, reasoning }] });
    expect(body["contents"]).toMatchObject([
      {},
      { parts: [{ text: "Hm.", thought: true }, { text: "One." }, { text: "Two.", thoughtSignature: "sig" }] },
    ]);
    expect(warnings).toEqual([]);
  });

  test("whose signature has no text left to go with keeps it alone", async () => {
    const reasoning = [{ vendor: "google", text: "", signature: "sig" }] as const;
    const { body } = await send({ messages: [user("Hi"), { role: "assistant", content: "", reasoning }] });
    expect(body["contents"]).toMatchObject([{}, { parts: [{ text: "", thoughtSignature: "sig" }] }]);
  });

  test("of another vendor is dropped, with a warning if it is sealed, and is not sent to models that do not think", async () => {
    const reasoning = [{ vendor: "anthropic", text: "Hm.", signature: "theirs" }] as const;
    const { body, warnings } = await send({
      messages: [user("Hi"), { role: "assistant", content: "Yes.", reasoning }],
    });
    expect(body["contents"]).toEqual([
      { role: "user", parts: [{ text: "Hi" }] },
      { role: "model", parts: [{ text: "Yes." }] },
    ]);
    expect(warnings).toEqual(["The reasoning of another vendor's model was dropped."]);
    const unsealed = [{ vendor: "other", text: "Hm." }] as const;
    const silent = await send({ messages: [user("Hi"), { role: "assistant", content: "Yes.", reasoning: unsealed }] });
    expect(silent.body["contents"]).toEqual(body["contents"]);
    expect(silent.warnings).toEqual([]);
    const own = [{ vendor: "google", text: "Hm.", signature: "sig" }] as const;
    const messages = [user("Hi"), { role: "assistant", content: "Yes.", reasoning: own } as const];
    expect(JSON.stringify((await send({ messages, model: "gemini-2.0-flash" })).body)).not.toMatch(/Hm|sig/);
  });
});
