import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createScriptedProvider, type ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject, type ProjectCopy, type ServedProject } from "../served-project.ts";

// The provider speaks Chat Completions: everything here is translated.
let provider: ScriptedProvider;
let project: ProjectCopy;
let server: ServedProject;
let openai: OpenAI;
let stranger: OpenAI;

beforeAll(async () => {
  provider = await createScriptedProvider();
  project = copyProject(provider.url);
  const secrets = [await createKey("acme"), await createKey("globex")];
  server = await project.serve({ command: "serve" });
  const baseURL = `${server.url}/v1`;
  const [own, other] = secrets.map((apiKey) => new OpenAI({ baseURL, apiKey, maxRetries: 0 }));
  [openai, stranger] = [own!, other!];
});

afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

async function createKey(tenant: string): Promise<string> {
  const created = await project.run(["keys", "create", "--name", "client", "--tenant", tenant, "--json"]);
  return (JSON.parse(created.stdout) as { secret: string }).secret;
}

/** The body of the newest request that the provider saw. */
function lastAsked(): Record<string, unknown> {
  return provider.ledger.requests.at(-1)?.body as Record<string, unknown>;
}

const usage = { inputTokens: 11, outputTokens: 3 };

describe("the official client", () => {
  test("gets a whole response", async () => {
    provider.script({ text: "Hello there.", usage });
    const response = await openai.responses.create({ model: "fast", input: "Say hello.", instructions: "Be brief." });
    expect(response).toMatchObject({ object: "response", status: "completed", output_text: "Hello there." });
    expect(response.usage).toMatchObject({ input_tokens: 11, output_tokens: 3, total_tokens: 14 });
    expect(lastAsked()["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Say hello." },
    ]);
  });

  test("reads a stream event by event", async () => {
    provider.script({ chunks: ["Grüße", " an 🌉", " alle."], usage, chunkBorders: "byte" });
    const stream = await openai.responses.create({ model: "fast", input: "Say hello.", stream: true });
    let text = "";
    let last: unknown;
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event;
    }
    expect(text).toBe("Grüße an 🌉 alle.");
    expect(last).toMatchObject({
      type: "response.completed",
      response: { status: "completed", usage: { output_tokens: 3 } },
    });
  });

  test("puts a stream together with its helper, reasoning and parallel calls included", async () => {
    provider.script({
      reasoning: "Two things to look up.",
      text: "Let me see.",
      toolCalls: [
        { id: "c1", name: "lookup", arguments: { id: 7 } },
        { id: "c2", name: "lookup", arguments: { id: 8 } },
      ],
    });
    const seen: string[] = [];
    const stream = openai.responses
      .stream({ model: "fast", input: "Look up 7 and 8." })
      .on("response.output_text.delta", ({ snapshot }) => seen.push(snapshot))
      .on("response.function_call_arguments.delta", ({ snapshot }) => seen.push(snapshot));
    const final = await stream.finalResponse();
    expect(final.output).toMatchObject([
      { type: "reasoning", summary: [{ text: "Two things to look up." }] },
      { type: "message", content: [{ text: "Let me see." }] },
      { type: "function_call", call_id: "c1", name: "lookup", arguments: '{"id":7}' },
      { type: "function_call", call_id: "c2", name: "lookup", arguments: '{"id":8}' },
    ]);
    expect(seen).toEqual(expect.arrayContaining(["Let me see.", '{"id":7}', '{"id":8}']));
  });

  test("parses an answer by its zod schema, whole and streamed", async () => {
    const format = zodTextFormat(z.object({ city: z.string(), people: z.number() }), "city");
    const request = { model: "fast", input: "Which city?", text: { format } };
    provider.script({ json: { city: "Köln", people: 3 } }, { json: { city: "Bonn", people: 4 } });
    const parsed = await openai.responses.parse(request);
    expect(parsed.output_parsed).toEqual({ city: "Köln", people: 3 });
    const streamed = await openai.responses.stream(request).finalResponse();
    expect(streamed.output_parsed).toEqual({ city: "Bonn", people: 4 });
    expect(lastAsked()["response_format"]).toMatchObject({ type: "json_schema", json_schema: { name: "city" } });
  });

  test("has its functions called, and hands their results back as items", async () => {
    provider.script({ toolCalls: [{ id: "c1", name: "lookup", arguments: { id: 7 } }] }, { text: "It is a cat." });
    const tool = zodResponsesFunction({ name: "lookup", parameters: z.object({ id: z.number() }) });
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: "user", content: "What is 7?" }];
    const first = await openai.responses.parse({ model: "fast", input, tools: [tool], store: false });
    const [call] = first.output;
    expect(call).toMatchObject({ type: "function_call", parsed_arguments: { id: 7 } });
    input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]));
    input.push({ type: "function_call_output", call_id: "c1", output: "a cat" });
    const second = await openai.responses.create({ model: "fast", input, tools: [tool], store: false });
    expect(second.output_text).toBe("It is a cat.");
    expect(lastAsked()["messages"]).toMatchObject([
      { role: "user", content: "What is 7?" },
      { role: "assistant", tool_calls: [{ id: "c1", function: { name: "lookup", arguments: '{"id":7}' } }] },
      { role: "tool", tool_call_id: "c1", content: "a cat" },
    ]);
  });
});

describe("a conversation over three answers", () => {
  test("goes on by previous_response_id, in streams and tool calls", async () => {
    provider.script(
      { text: "I am listening." },
      { toolCalls: [{ id: "c1", name: "lookup", arguments: { id: 7 } }] },
      { text: "A cat, as I said." },
    );
    const first = await openai.responses.create({ model: "fast", input: "Listen." });
    const second = await openai.responses
      .stream({ model: "fast", input: "What is 7?", previous_response_id: first.id })
      .finalResponse();
    const third = await openai.responses.create({
      model: "fast",
      input: [{ type: "function_call_output", call_id: "c1", output: "a cat" }],
      previous_response_id: second.id,
    });
    expect(third).toMatchObject({ output_text: "A cat, as I said.", previous_response_id: second.id });
    expect(lastAsked()["messages"]).toMatchObject([
      { role: "user", content: "Listen." },
      { role: "assistant", content: "I am listening." },
      { role: "user", content: "What is 7?" },
      { role: "assistant", tool_calls: [{ id: "c1" }] },
      { role: "tool", tool_call_id: "c1", content: "a cat" },
    ]);
    const kinds: string[] = [];
    for await (const item of openai.responses.inputItems.list(third.id, { order: "asc", limit: 2 })) {
      kinds.push(item.type);
    }
    expect(kinds).toEqual(["message", "message", "message", "function_call", "function_call_output"]);
  });

  test("is not another tenant's to go on with, to read or to delete", async () => {
    const { id } = await openai.responses.create({ model: "fast", input: "Keep this to yourself." });
    const before = provider.ledger.requests.length;
    const attempts = [
      () => stranger.responses.create({ model: "fast", input: "Repeat it.", previous_response_id: id }),
      () => stranger.responses.retrieve(id),
      () => stranger.responses.delete(id),
      () => stranger.responses.inputItems.list(id),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(NotFoundError);
    expect(provider.ledger.requests).toHaveLength(before);
    expect((await openai.responses.retrieve(id)).id).toBe(id);
  });

  test("is read again, and deleted", async () => {
    provider.script({ text: "Kept." });
    const created = await openai.responses.create({ model: "fast", input: "Hi.", metadata: { topic: "greeting" } });
    expect(await openai.responses.retrieve(created.id)).toEqual(created);
    await openai.responses.delete(created.id);
    await expect(openai.responses.retrieve(created.id)).rejects.toBeInstanceOf(NotFoundError);
    const next = openai.responses.create({ model: "fast", input: "And?", previous_response_id: created.id });
    await expect(next).rejects.toMatchObject({ status: 404, code: "response_not_found" });
  });

  test("outlives the server", async () => {
    provider.script({ text: "Before." }, { text: "After." });
    const { id } = await openai.responses.create({ model: "fast", input: "One" });
    await server.kill();
    server = await project.serve({ command: "serve" });
    const again = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: openai.apiKey, maxRetries: 0 });
    const next = await again.responses.create({ model: "fast", input: "Two", previous_response_id: id });
    expect(next.output_text).toBe("After.");
    openai = again;
    stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: stranger.apiKey, maxRetries: 0 });
  });
});

describe("the official client's own error is", () => {
  test.each([
    ["AuthenticationError for a wrong key", AuthenticationError, "wrong key", {}],
    ["NotFoundError for an unknown model", NotFoundError, "own key", { model: "nonesuch" }],
    ["BadRequestError for work in the background", BadRequestError, "own key", { background: true }],
    [
      "BadRequestError for a tool that only OpenAI has",
      BadRequestError,
      "own key",
      { tools: [{ type: "web_search" }] },
    ],
  ] as const)("%s", async (_name, errorClass, key, fields) => {
    const client =
      key === "own key" ? openai : new OpenAI({ baseURL: openai.baseURL, apiKey: "hg_wrong", maxRetries: 0 });
    const asked = client.responses.create({ model: "fast", input: "Hi.", ...fields } as never);
    await expect(asked).rejects.toBeInstanceOf(errorClass);
  });

  test("RateLimitError for a provider that is asked too often", async () => {
    const refusal = { status: 429, error: { message: "Slow down.", code: "rate_limit_exceeded" } };
    provider.script(refusal, refusal, refusal);
    await expect(openai.responses.create({ model: "fast", input: "Hi." })).rejects.toBeInstanceOf(RateLimitError);
  });

  test("APIError for a stream that the provider cuts, never a short success", async () => {
    provider.script({ text: "This answer has many words and is cut off early.", cutAfter: 4 });
    const stream = openai.responses.stream({ model: "fast", input: "Go on." });
    await expect(stream.finalResponse()).rejects.toBeInstanceOf(APIError);
  });
});
