import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

test("the official client's helper puts a stream together, reasoning and parallel calls included", async () => {
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

test.each([
  ["work in the background", { background: true }],
  ["a tool that only OpenAI has", { tools: [{ type: "web_search" }] }],
])("%s is refused as the client's own mistake", async (_name, fields) => {
  const asked = openai.responses.create({ model: "fast", input: "Hi.", ...fields } as never);
  await expect(asked).rejects.toBeInstanceOf(BadRequestError);
});
