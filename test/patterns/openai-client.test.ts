import OpenAI, { AuthenticationError, NotFoundError, OpenAIError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import type { ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";
import type { ProjectCopy, ServedProject } from "../served-project.ts";

let provider: ScriptedProvider;
let project: ProjectCopy;
let server: ServedProject;
let openai: OpenAI;

beforeAll(async () => {
  provider = await createScriptedProvider();
  project = copyProject(provider.url);
  const created = await project.run(["keys", "create", "--name", "openai client", "--json"]);
  const { secret } = JSON.parse(created.stdout) as { secret: string };
  server = await project.serve({ command: "serve" });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: secret, maxRetries: 0 });
});

afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

const messages = [{ role: "user" as const, content: "Say hello." }];

test("the official client completes a chat", async () => {
  provider.script({ text: "Hello there.", usage: { inputTokens: 11, outputTokens: 3 } });
  const completion = await openai.chat.completions.create({ model: "fast", messages });
  expect(completion.choices[0]?.message.content).toBe("Hello there.");
  expect(completion.choices[0]?.finish_reason).toBe("stop");
  expect(completion.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 3 });
});

test("the official client streams a chat", async () => {
  provider.script({
    chunks: ["Grüße", " an 🌉", " alle."],
    usage: { inputTokens: 11, outputTokens: 5 },
    chunkBorders: "byte",
  });
  const stream = await openai.chat.completions.create({
    model: "fast",
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let tokens = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    tokens = chunk.usage?.completion_tokens ?? tokens;
  }
  expect(text).toBe("Grüße an 🌉 alle.");
  expect(tokens).toBe(5);
});

test("the official client receives tool calls", async () => {
  provider.script({ toolCalls: [{ name: "lookup", arguments: { id: 7 } }] });
  const completion = await openai.chat.completions.create({
    model: "fast",
    messages,
    tools: [{ type: "function", function: { name: "lookup", parameters: { type: "object" } } }],
  });
  const [call] = completion.choices[0]?.message.tool_calls ?? [];
  expect(call?.type === "function" && JSON.parse(call.function.arguments)).toEqual({ id: 7 });
});

test("the official client sees a wrong key as its own authentication error", async () => {
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "hg_wrong", maxRetries: 0 });
  await expect(stranger.chat.completions.create({ model: "fast", messages })).rejects.toBeInstanceOf(
    AuthenticationError,
  );
});

test("the official client sees an unknown model as its own not-found error", async () => {
  await expect(openai.chat.completions.create({ model: "nonesuch", messages })).rejects.toBeInstanceOf(NotFoundError);
});

test("a stream that the provider cuts is an error to the official client, never a short success", async () => {
  provider.script({ text: "This answer has many words and is cut off early.", cutAfter: 4 });
  const stream = await openai.chat.completions.create({ model: "fast", messages, stream: true });
  const read = async (): Promise<void> => {
    for await (const chunk of stream) expect(chunk.choices[0]?.finish_reason ?? null).toBeNull();
  };
  await expect(read()).rejects.toBeInstanceOf(OpenAIError);
});
