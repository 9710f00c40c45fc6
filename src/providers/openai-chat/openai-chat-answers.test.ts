import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Provider } from "../provider.ts";
import {
  complete,
  openAnsweringServer,
  readParts,
  stream,
  whole,
  type AnsweringServer,
} from "./openai-chat-fixture.ts";
import { parseCompletion } from "./parse-completion.ts";

let server: AnsweringServer;
let provider: Provider;
beforeAll(async () => {
  server = await openAnsweringServer();
  provider = server.connect();
});
afterAll(() => server.close());

const finish = { type: "finish", reason: "stop", rawReason: "stop" };

test.each([{ content: null }, {}, { content: 42 }, { content: null, tool_calls: [], refusal: "" }])(
  "a message of %o that stopped by itself has said nothing, and is no answer",
  (message) => {
    const body = (reason: string): Buffer =>
      Buffer.from(JSON.stringify({ choices: [{ message: { role: "assistant", ...message }, finish_reason: reason }] }));
    expect(() => parseCompletion("p", body("stop"))).toThrow("p answered with a message that has no content.");
    expect(parseCompletion("p", body("length"))).toMatchObject({ text: "", finishReason: "length" });
  },
);

describe("reasoning", () => {
  test("ends in a block that can be handed back, before the text", async () => {
    server.script(stream([{ reasoning: "Let " }, { reasoning: "me see." }, { content: "Yes." }]));
    expect(await readParts(provider)).toEqual([
      { type: "reasoning", text: "Let " },
      { type: "reasoning", text: "me see." },
      { type: "reasoning-block", block: { vendor: "other", text: "Let me see." } },
      { type: "text", text: "Yes." },
      finish,
    ]);
  });

  test("of two stretches makes two blocks", async () => {
    server.script(
      stream([{ reasoning_content: "One." }, { content: "a" }, { reasoning_content: "Two." }, { content: "b" }]),
    );
    const blocks = (await readParts(provider)).flatMap((part) =>
      part.type === "reasoning-block" ? [part.block.text] : [],
    );
    expect(blocks).toEqual(["One.", "Two."]);
  });

  test("in details keeps what seals it, block by block, and is shown once", async () => {
    const claude = { type: "reasoning.text", format: "anthropic-claude-v1", index: 0 };
    server.script(
      stream([
        { reasoning: "So ", reasoning_details: [{ ...claude, text: "So " }] },
        { reasoning: "be it.", reasoning_details: [{ ...claude, text: "be it." }] },
        { reasoning_details: [{ ...claude, signature: "sig" }] },
        { reasoning_details: [{ type: "reasoning.encrypted", data: "e1", format: "anthropic-claude-v1", index: 1 }] },
        { content: "Yes." },
      ]),
    );
    expect(await readParts(provider)).toEqual([
      { type: "reasoning", text: "So " },
      { type: "reasoning", text: "be it." },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "So be it.", signature: "sig" } },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "", encrypted: "e1" } },
      { type: "text", text: "Yes." },
      finish,
    ]);
  });

  test("of a whole answer has the same blocks", async () => {
    const details = [
      { type: "reasoning.summary", summary: "In short.", format: "openai-responses-v1", index: 0 },
      { type: "reasoning.encrypted", data: "e", id: "rs_1", format: "openai-responses-v1", index: 0 },
      { type: "reasoning.text", text: "Own.", format: "unknown", index: 1 },
    ];
    server.script(whole({ content: "Yes.", reasoning_details: details }));
    expect(await complete(provider)).toMatchObject({
      reasoning: "In short.Own.",
      reasoningBlocks: [
        { vendor: "openai", text: "In short.", encrypted: "e", id: "rs_1" },
        { vendor: "other", text: "Own." },
      ],
    });
  });

  test("that comes as parts of the content is Mistral's", async () => {
    const thinking = (text: string): Record<string, unknown> => ({
      content: [{ type: "thinking", thinking: [{ type: "text", text }] }],
    });
    server.script(stream([thinking("Hm. "), thinking("Ah."), { content: [{ type: "text", text: "Yes." }] }]));
    expect(await complete(provider, { stream: true })).toMatchObject({
      text: "Yes.",
      reasoning: "Hm. Ah.",
      reasoningBlocks: [{ vendor: "other", text: "Hm. Ah." }],
    });
  });
});

describe("sources", () => {
  const citation = { url: "https://a.test", title: "A", start_index: 3, end_index: 9 };
  const source = { url: "https://a.test", title: "A", startIndex: 3, endIndex: 9 };

  test("are an answer's annotations", async () => {
    const annotations = [{ type: "url_citation", url_citation: citation }, { type: "other" }];
    server.script(whole({ content: "x", annotations }));
    expect((await complete(provider)).sources).toEqual([source]);
    server.script(stream([{ content: "x" }, { annotations }]));
    expect(await readParts(provider)).toContainEqual({ type: "source", source });
  });

  test("that a vendor repeats in each chunk come once", async () => {
    const lists = {
      search_results: [{ title: "A", url: "https://a.test" }, { url: "https://b.test" }],
      citations: ["https://a.test"],
    };
    const chunk = (content: string, reason: string | null = null): string =>
      `data: ${JSON.stringify({ ...lists, choices: [{ index: 0, delta: { content }, finish_reason: reason }] })}\n\n`;
    server.script(chunk("x") + chunk("y") + chunk("", "stop"));
    const found = (await readParts(provider)).flatMap((part) => (part.type === "source" ? [part.source] : []));
    expect(found).toEqual([{ url: "https://a.test", title: "A" }, { url: "https://b.test" }]);
  });

  test("are bare addresses where there is no more", async () => {
    server.script(whole({ content: "x" }, { citations: ["https://a.test", 5, "https://a.test"] }));
    expect((await complete(provider)).sources).toEqual([{ url: "https://a.test" }]);
  });
});

describe("log-probabilities", () => {
  const content = [{ token: "Yes", logprob: -0.1, bytes: null, top_logprobs: [{ token: "No", logprob: -2.5 }] }];
  const read = [{ token: "Yes", logprob: -0.1, top: [{ token: "No", logprob: -2.5 }] }];

  test("come with the text that they are of", async () => {
    server.script(whole({ content: "Yes" }, { choice: { logprobs: { content, refusal: null } } }));
    expect((await complete(provider)).logprobs).toEqual(read);
    const choices = [{ index: 0, delta: { content: "Yes" }, logprobs: { content }, finish_reason: null }];
    server.script(`data: ${JSON.stringify({ choices })}\n\n${stream([])}`);
    expect(await readParts(provider)).toEqual([{ type: "text", text: "Yes", logprobs: read }, finish]);
  });

  test("in the older shape are read too, and odd ones are left out", async () => {
    const logprobs = { tokens: ["a", "b", 3], token_logprobs: [-1, null, -2] };
    server.script(whole({ content: "a" }, { choice: { logprobs } }));
    expect((await complete(provider)).logprobs).toEqual([{ token: "a", logprob: -1 }]);
    server.script(whole({ content: "a" }, { choice: { logprobs: { content: [{}, 5] } } }));
    expect((await complete(provider)).logprobs).toBeUndefined();
  });
});

describe("the end", () => {
  const call = { id: "c", function: { name: "look", arguments: "{}" } };

  test.each([false, true])("of a model that was made to call a tool is the call (stream: %s)", async (streams) => {
    server.script(
      streams ? stream([{ tool_calls: [{ index: 0, ...call }] }]) : whole({ content: null, tool_calls: [call] }),
    );
    expect(await complete(provider, { stream: streams })).toMatchObject({
      finishReason: "tool_calls",
      rawFinishReason: "stop",
    });
  });

  test.each([
    ["max_tokens", "length"],
    ["sensitive", "content_filter"],
    ["insufficient_system_resource", "other"],
  ])("that a vendor calls %s is %s", async (reason, unified) => {
    server.script(stream([{ content: "x" }], { reason }));
    expect(await complete(provider, { stream: true })).toMatchObject({
      finishReason: unified,
      rawFinishReason: reason,
    });
  });

  test.each([false, true])("of a model whose host failed midway is an error (stream: %s)", async (streams) => {
    const error = { code: 502, message: "secret" };
    const choice = { index: 0, error, finish_reason: null, message: { content: "half" }, delta: { content: "half" } };
    server.script(streams ? `data: ${JSON.stringify({ choices: [choice] })}\n\n` : { choices: [choice] });
    await expect(complete(provider, { stream: streams })).rejects.toMatchObject({ code: "provider_unavailable" });
  });
});

test("a spoken answer's text is what was said", async () => {
  server.script(whole({ content: null, audio: { id: "a", data: "", transcript: "Hi there!" } }));
  expect((await complete(provider)).text).toBe("Hi there!");
});

test.each([false, true])("a call's signature is kept (stream: %s)", async (streams) => {
  const call = {
    id: "c",
    function: { name: "look", arguments: "{}" },
    extra_content: { google: { thought_signature: "sig" } },
  };
  server.script(streams ? stream([{ tool_calls: [{ index: 0, ...call }] }]) : whole({ tool_calls: [call] }));
  expect((await complete(provider, { stream: streams })).toolCalls).toEqual([
    { id: "c", name: "look", arguments: "{}", signature: "sig" },
  ]);
});

test("a relayed refusal and a relayed call end as what they are, though their bytes are only passed on", async () => {
  const foreign = { dialect: "openai-chat", body: { stream: true } } as const;
  const refusal = [{ content: "" }, { content: "I" }, { refusal: "cannot" }];
  const called = [{ content: "x" }, { tool_calls: [{ index: 0, function: { name: "f", arguments: "" } }] }];
  for (const [deltas, reason] of [[refusal, "content_filter"] as const, [called, "tool_calls"] as const]) {
    const bytes = stream(deltas);
    server.script(bytes);
    const parts = await readParts(provider, { foreign });
    expect(parts).toContainEqual({ type: "finish", reason, rawReason: "stop" });
    const raw = Buffer.concat(parts.flatMap((part) => (part.type === "raw" ? [part.bytes] : [])));
    expect(raw.toString()).toBe(bytes);
  }
});

test("keys go where the vendor looks for them", async () => {
  await complete(server.connect({ vendor: "groq" }));
  expect(server.requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer sk-test" });
  await complete(server.connect({ vendor: "azure", apiVersion: "2024-10-21", baseUrl: server.url }), { model: "d" });
  const seen = server.requests.at(-1);
  expect(seen?.headers).toMatchObject({ "api-key": "sk-test" });
  expect(seen?.headers).not.toHaveProperty("authorization");
  expect(seen?.path).toBe("/openai/deployments/d/chat/completions?api-version=2024-10-21");
});
