import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import type { ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";
import type { ProjectCopy, ServedProject } from "../served-project.ts";
import { createAnthropicSpec, hasAnthropicSpec } from "../specs/anthropic-spec.ts";

let provider: ScriptedProvider;
let project: ProjectCopy;
let server: ServedProject;
let secret: string;
let anthropic: Anthropic;
let requestsBefore = 0;

beforeAll(async () => {
  provider = await createScriptedProvider();
  project = copyProject(provider.url);
  const created = await project.run(["keys", "create", "--name", "anthropic client", "--json"]);
  ({ secret } = JSON.parse(created.stdout) as { secret: string });
  server = await project.serve({ command: "serve" });
  anthropic = new Anthropic({ baseURL: server.url, apiKey: secret, maxRetries: 0 });
});

beforeEach(() => {
  requestsBefore = provider.ledger.requests.length;
});

afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

const request = { model: "fast", max_tokens: 256, messages: [{ role: "user" as const, content: "Say hello." }] };

/** Bodies of the requests that the test has sent upstream. */
function upstreamBodies(): Record<string, unknown>[] {
  return provider.ledger.requests.slice(requestsBefore).map(({ body }) => body as Record<string, unknown>);
}

test("the official client creates a message", async () => {
  provider.script({ text: "Hello there.", usage: { inputTokens: 11, outputTokens: 3, cachedInputTokens: 4 } });
  const { data, response } = await anthropic.messages
    .create({ ...request, system: "Be brief.", stop_sequences: ["END"] })
    .withResponse();
  expect(data).toMatchObject({
    type: "message",
    model: "test-model",
    content: [{ type: "text", text: "Hello there." }],
    stop_reason: "end_turn",
    usage: { input_tokens: 7, cache_read_input_tokens: 4, output_tokens: 3 },
  });
  expect(response.headers.get("request-id")).toBe(response.headers.get("x-request-id"));
  expect(upstreamBodies()).toMatchObject([
    {
      model: "test-model",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Say hello." },
      ],
      stop: ["END"],
    },
  ]);
});

test.runIf(hasAnthropicSpec)("answers, events and errors are valid by the published description", async () => {
  const spec = createAnthropicSpec();
  provider.script({ reasoning: "Hm.", toolCalls: [{ name: "lookup", arguments: { id: 7 } }] });
  const post = async (body: object): Promise<string> => {
    const headers = { "x-api-key": secret, "content-type": "application/json" };
    const response = await fetch(`${server.url}/v1/messages`, { method: "POST", headers, body: JSON.stringify(body) });
    return response.text();
  };
  expect(spec.findMistakes("Message", JSON.parse(await post(request)))).toEqual([]);
  expect(spec.findMistakes("ErrorResponse", JSON.parse(await post({ ...request, model: "nonesuch" })))).toEqual([]);
  provider.script({ reasoning: "Hm.", text: "So.", toolCalls: [{ name: "lookup", arguments: { id: 7 } }] });
  const lines = (await post({ ...request, stream: true })).split("\n").filter((line) => line.startsWith("data: "));
  const events = lines.map((line): unknown => JSON.parse(line.slice("data: ".length)));
  expect(events.length).toBeGreaterThan(8);
  for (const event of events) expect(spec.findMistakes("MessageStreamEvent", event)).toEqual([]);
});

test("the official client streams a message, with its events, and the same answer as without a stream", async () => {
  const answer = {
    reasoning: "Greet them.",
    chunks: ["Grüße", " an 🌉", " alle."],
    usage: { inputTokens: 11, outputTokens: 5 },
  };
  provider.script({ ...answer, chunkBorders: "byte" }, answer);
  const deltas: string[] = [];
  const stream = anthropic.messages.stream(request).on("text", (delta) => deltas.push(delta));
  const streamed = await stream.finalMessage();
  const whole = await anthropic.messages.create(request);
  expect(deltas).toEqual(answer.chunks);
  expect(streamed.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
  expect(streamed.content).toEqual(whole.content.map((block) => expect.objectContaining(block) as unknown));
  expect([streamed.stop_reason, streamed.usage.input_tokens, streamed.usage.output_tokens]).toEqual([
    "end_turn",
    11,
    5,
  ]);
});

test("reasoning that a client hands back is no obstacle", async () => {
  provider.script({ reasoning: "Hm.", text: "Yes." }, { text: "Still yes." });
  const { content } = await anthropic.messages.create(request);
  const messages = [
    ...request.messages,
    { role: "assistant" as const, content },
    { role: "user" as const, content: "Sure?" },
  ];
  const next = await anthropic.messages.create({ ...request, messages });
  expect(next.content).toMatchObject([{ type: "text", text: "Still yes." }]);
});

const lookupTool = {
  name: "lookup",
  description: "Looks an order up.",
  input_schema: { type: "object" as const, properties: { id: { type: "integer" } } },
};

test("the official client gets parallel tool calls, and their results go back", async () => {
  const toolCalls = [
    { name: "lookup", arguments: { id: 7 }, id: "call_a" },
    { name: "lookup", arguments: { id: 8 }, id: "call_b" },
  ];
  provider.script({ text: "One moment.", toolCalls }, { text: "Both are there." });
  const asked = { ...request, tools: [lookupTool], tool_choice: { type: "any" as const } };
  const called = await anthropic.messages.stream(asked).finalMessage();
  expect(called.stop_reason).toBe("tool_use");
  expect(called.content).toMatchObject([
    { type: "text", text: "One moment." },
    { type: "tool_use", id: "call_a", name: "lookup", input: { id: 7 } },
    { type: "tool_use", id: "call_b", name: "lookup", input: { id: 8 } },
  ]);
  const results = [
    { type: "tool_result" as const, tool_use_id: "call_a", content: "there" },
    { type: "tool_result" as const, tool_use_id: "call_b", content: [{ type: "text" as const, text: "there" }] },
  ];
  const messages = [
    ...request.messages,
    { role: "assistant" as const, content: called.content },
    { role: "user" as const, content: results },
  ];
  const last = await anthropic.messages.create({ ...request, tools: [lookupTool], messages });
  expect(last.content).toMatchObject([{ type: "text", text: "Both are there." }]);
  const [first, second] = upstreamBodies();
  expect(first?.["tools"]).toMatchObject([{ type: "function", function: { name: "lookup" } }]);
  expect(second?.["messages"]).toMatchObject([
    { role: "user" },
    { role: "assistant", content: "One moment.", tool_calls: [{ id: "call_a" }, { id: "call_b" }] },
    { role: "tool", tool_call_id: "call_a", content: "there" },
    { role: "tool", tool_call_id: "call_b", content: "there" },
  ]);
});

test.each([false, true])(
  "the official tool runner calls its tools until the answer is there (streamed: %s)",
  async (stream) => {
    provider.script(
      { toolCalls: [{ name: "lookup", arguments: { id: 7 } }] },
      { toolCalls: [{ name: "lookup", arguments: { id: 8 } }] },
      { text: "Both are there." },
    );
    const seen: number[] = [];
    const lookup = betaZodTool({
      name: "lookup",
      description: "Looks an order up.",
      inputSchema: z.object({ id: z.number() }),
      run: ({ id }) => {
        seen.push(id);
        if (id === 8) throw new Error("There is no 8.");
        return "there";
      },
    });
    const runner = anthropic.beta.messages.toolRunner({ ...request, tools: [lookup], stream });
    const { content } = await runner.runUntilDone();
    expect(content).toMatchObject([{ type: "text", text: "Both are there." }]);
    expect(seen).toEqual([7, 8]);
    const messages = upstreamBodies().at(-1)?.["messages"] as { role: string; content: string }[];
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
    expect(messages.at(-1)?.content).toContain("There is no 8.");
  },
);

test("the official client parses an answer by its schema", async () => {
  provider.script({ json: { city: "Bern", people: 134_000 } });
  const format = zodOutputFormat(z.object({ city: z.string(), people: z.number() }));
  const { parsed_output: parsed } = await anthropic.messages.parse({ ...request, output_config: { format } });
  expect(parsed).toEqual({ city: "Bern", people: 134_000 });
  expect(upstreamBodies()[0]?.["response_format"]).toMatchObject({ type: "json_schema" });
});

test("images reach a provider of another dialect", async () => {
  provider.script({ text: "A dot." });
  const source = { type: "base64" as const, media_type: "image/png" as const, data: "iVBORw0KGgo=" };
  const content = [
    { type: "image" as const, source },
    { type: "text" as const, text: "What is it?" },
  ];
  await anthropic.messages.create({ ...request, messages: [{ role: "user", content }] });
  expect(upstreamBodies()[0]?.["messages"]).toMatchObject([
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
        { type: "text", text: "What is it?" },
      ],
    },
  ]);
});

test("tokens are counted, and a count that is an estimate says so", async () => {
  const { data, response } = await anthropic.messages
    .countTokens({ model: "fast", messages: request.messages, tools: [lookupTool] })
    .withResponse();
  expect(data.input_tokens).toBeGreaterThan(3);
  expect(response.headers.get("headgate-warning")).toContain("estimate");
  expect(upstreamBodies()).toEqual([]);
});

test("what a provider of another dialect cannot be told is dropped with a warning, or refused", async () => {
  provider.script({ text: "Hello." });
  const { response } = await anthropic.beta.messages
    .create({ ...request, betas: ["context-management-2025-06-27"], context_management: { edits: [] }, speed: "fast" })
    .withResponse();
  const warnings = response.headers.get("headgate-warning");
  for (const path of ["/context_management", "/speed", "/anthropic-beta"])
    expect(warnings).toContain(`${path} was dropped`);
  const search = { type: "web_search_20250305" as const, name: "web_search" as const };
  const error = await anthropic.messages.create({ ...request, tools: [search] }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ errorCode: "not_translatable", type: "invalid_request_error" });
  expect(String(error)).toContain("web_search_20250305");
});

test("the official client throws its own class for each error", async () => {
  const create = (body: object, client = anthropic): Promise<unknown> =>
    client.messages.create({ ...request, ...body }).then(
      () => undefined,
      (error: unknown) => error,
    );
  const stranger = new Anthropic({ baseURL: server.url, apiKey: "hg_wrong", maxRetries: 0 });
  expect(await create({}, stranger)).toBeInstanceOf(AuthenticationError);
  const older = new Anthropic({
    baseURL: server.url,
    apiKey: null,
    authToken: null,
    defaultHeaders: { "x-api-key": secret },
    maxRetries: 0,
  });
  expect(await create({}, older)).toBeUndefined();
  expect(await create({ model: "nonesuch" })).toBeInstanceOf(NotFoundError);
  expect(await create({ messages: [] })).toBeInstanceOf(BadRequestError);
  const busy = { status: 429, headers: { "retry-after": "0" } };
  provider.script(busy, busy, busy);
  expect(await create({})).toBeInstanceOf(RateLimitError);
  provider.script({ status: 400 });
  const rejected = await create({});
  expect(rejected).toBeInstanceOf(BadRequestError);
  expect(rejected).toHaveProperty("requestID", expect.stringMatching(/^[0-9a-f-]{36}$/));
});

test("a stream that the provider cuts is an error to the official client, never a short success", async () => {
  provider.script({ text: "This answer has many words and is cut off early.", cutAfter: 4 });
  const error = await anthropic.messages
    .stream(request)
    .finalMessage()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ type: "api_error", errorCode: "stream_cut" });
});

test("a client that aborts ends the provider's work", async () => {
  provider.script({ text: "This answer has many words.", stallAfter: 3 });
  const stream = anthropic.messages.stream(request);
  stream.on("text", () => stream.abort());
  await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError);
  await provider.ledger.waitFor((requests) => requests[requestsBefore]?.closedByPeerAtMs !== undefined);
});
