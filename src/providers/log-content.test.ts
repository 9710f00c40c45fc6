import { expect, test } from "vitest";
import { collect, wholeReply } from "../reply.ts";
import type { Part, Reply } from "../reply.ts";
import { logContent } from "./log-content.ts";
import type { ModelExchange } from "./log-content.ts";
import type { ModelRequest, Provider } from "./provider.ts";

function setup(reply: () => Reply): { readonly exchanges: ModelExchange[]; readonly ask: () => Promise<Reply> } {
  const exchanges: ModelExchange[] = [];
  const inner: Provider = {
    name: "p",
    hasSchemaMode: true,
    dialects: [],
    generate: async () => reply(),
    close: async () => {},
  };
  const request: ModelRequest = {
    model: "m",
    messages: [{ role: "user", content: "A secret question." }],
    settings: {},
    stream: false,
  };
  const context = { signal: new AbortController().signal, deadlineMs: Number.MAX_SAFE_INTEGER, warn: () => {} };
  const provider = logContent(inner, (exchange) => exchanges.push(exchange));
  return { exchanges, ask: () => provider.generate(request, context) };
}

async function* stream(): AsyncGenerator<Part> {
  yield { type: "text", text: "An " };
  yield { type: "text", text: "answer." };
  yield { type: "finish", reason: "stop" };
}

test("a whole exchange is told with its prompt and answer", async () => {
  const { exchanges, ask } = setup(() => wholeReply({ text: "An answer.", toolCalls: [], finishReason: "stop" }));
  await ask();
  expect(exchanges).toEqual([
    {
      provider: "p",
      model: "m",
      messages: [{ role: "user", content: "A secret question." }],
      text: "An answer.",
      toolCalls: [],
    },
  ]);
});

test("a stream passes untouched and is told at its end, or as far as it came", async () => {
  const whole = setup(() => ({ parts: stream() }));
  expect(await collect(await whole.ask())).toMatchObject({ text: "An answer.", finishReason: "stop" });
  expect(whole.exchanges).toMatchObject([{ text: "An answer." }]);
  const left = setup(() => ({ parts: stream() }));
  for await (const part of (await left.ask()).parts) if (part.type === "text") break;
  expect(left.exchanges).toMatchObject([{ text: "An " }]);
});
