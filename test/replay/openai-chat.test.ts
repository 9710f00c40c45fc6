import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, type Completion } from "../../src/call.ts";
import { systemClock } from "../../src/clock.ts";
import type { HeadgateError } from "../../src/errors.ts";
import { parseJson } from "../../src/json.ts";
import { createOutbound } from "../../src/outbound.ts";
import { createOpenAiChatProvider } from "../../src/providers/openai-chat/openai-chat.ts";
import type { ModelRequest, Provider } from "../../src/providers/provider.ts";

// Recorded traffic of real servers; its licence keeps it out of the repository. Without it a few streams written by
// hand in the same shapes stand in.
const recordings = join(import.meta.dirname, "../../../shared/recordings/dev.jsonl");

interface Exchange {
  readonly id: string;
  readonly provider: string;
  readonly status: number;
  readonly isStream: boolean;
  readonly body: string;
}

interface Recorded {
  readonly id: string;
  readonly provider: string;
  readonly meta: { readonly endpoint: string };
  readonly response: { readonly status: number; readonly sse_text?: string; readonly body?: unknown };
}

function load(): Exchange[] {
  if (!existsSync(recordings)) return handWritten;
  return readFileSync(recordings, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => parseJson(line) as Recorded)
    .filter(({ meta }) => meta.endpoint === "openai.chat")
    .map(({ id, provider, response }) => ({
      id,
      provider,
      status: response.status,
      isStream: response.sse_text !== undefined,
      body: response.sse_text ?? JSON.stringify(response.body),
    }));
}

const chunk = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const handWritten: Exchange[] = [
  {
    id: "text",
    provider: "hand",
    status: 200,
    isStream: true,
    body: `: hi\n\n${chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "Grüße " } }] })}${chunk({
      choices: [{ index: 0, delta: { content: "漢字 👩‍🚀" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    })}data: [DONE]\n\n`,
  },
  {
    id: "tools",
    provider: "hand",
    status: 200,
    isStream: true,
    body: `${chunk({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: '{"x"' } }] } }] })}${chunk(
      {
        choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }],
      },
    )}${chunk({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] })}data: [DONE]\n\n`.replaceAll(
      "\n",
      "\r\n",
    ),
  },
  {
    id: "whole",
    provider: "hand",
    status: 200,
    isStream: false,
    body: JSON.stringify({
      choices: [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    }),
  },
  {
    id: "in-band-error",
    provider: "hand",
    status: 200,
    isStream: true,
    body: chunk({ error: { code: 503, message: "Down." } }),
  },
  {
    id: "error",
    provider: "hand",
    status: 429,
    isStream: false,
    body: JSON.stringify({ error: { code: "rate_limit_exceeded", message: "Slow down." } }),
  },
];

/** What an answer says, read in the most naive way: split lines, parse, add up. */
interface Expected {
  text: string;
  toolCalls: { name: string; arguments: string }[];
  usage: { inputTokens: number; outputTokens: number } | undefined;
  error: boolean;
}

interface Foreign {
  choices?: {
    index?: number;
    delta?: ForeignMessage;
    message?: ForeignMessage;
  }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null;
  error?: unknown;
}

interface ForeignMessage {
  content?: string | { type: string; text?: string }[] | null;
  refusal?: string | null;
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[] | null;
}

function expectAnswer({ isStream, body }: Exchange): Expected {
  const bodies = isStream
    ? body
        .split(/\r\n|\n|\r/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice("data:".length).trim())
        .filter((data) => data !== "[DONE]" && data !== "")
    : [body];
  const expected: Expected = { text: "", toolCalls: [], usage: undefined, error: false };
  for (const foreign of bodies.map((data) => parseJson(data) as Foreign)) {
    if (foreign.error) expected.error = true;
    // The total says whether reasoning is counted inside the completion.
    if (foreign.usage)
      expected.usage = {
        inputTokens: foreign.usage.prompt_tokens,
        outputTokens: foreign.usage.total_tokens - foreign.usage.prompt_tokens,
      };
    const choice = foreign.choices?.find(({ index }) => (index ?? 0) === 0);
    const message = isStream ? choice?.delta : choice?.message;
    const { content } = message ?? {};
    expected.text += Array.isArray(content) ? content.map(({ text }) => text ?? "").join("") : (content ?? "");
    expected.text += message?.refusal ?? "";
    for (const call of message?.tool_calls ?? []) {
      const { name, arguments: text = "" } = call.function ?? {};
      if (name) expected.toolCalls.push({ name, arguments: text });
      else expected.toolCalls[expected.toolCalls.length - 1]!.arguments += text;
    }
  }
  return expected;
}

/** Serves one body at a time, cut at the given places, each piece in its own write. */
interface Replayer {
  readonly baseUrl: string;
  serve(exchange: Exchange, borders: readonly number[]): void;
  close(): Promise<void>;
}

async function createReplayer(): Promise<Replayer> {
  let pieces: Buffer[] = [];
  let head = "";
  const server: Server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => void answer());
    async function answer(): Promise<void> {
      socket.write(head);
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    serve: ({ status, body, isStream }, borders) => {
      const bytes = Buffer.from(body);
      const at = [...new Set(borders.map((border) => border % bytes.length))].sort((a, b) => a - b);
      pieces = [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
      const type = isStream ? "text/event-stream" : "application/json";
      head = `HTTP/1.1 ${status} Replayed\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`;
    },
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

const exchanges = load();
const isFailure = (exchange: Exchange): boolean => exchange.status !== 200 || expectAnswer(exchange).error;
const answers = exchanges.filter((exchange) => !isFailure(exchange));
const failures = exchanges.filter(isFailure);
const chunkings = fc.sample(fc.array(fc.nat(1_000_000), { maxLength: 24 }), { numRuns: 8, seed: 7 });

describe("recorded answers", () => {
  const outbound = createOutbound();
  let replayer: Replayer;
  let provider: Provider;

  beforeAll(async () => {
    replayer = await createReplayer();
    const { baseUrl } = replayer;
    provider = createOpenAiChatProvider({ name: "replay", baseUrl, hasSchemaMode: true, outbound, clock: systemClock });
  });
  afterAll(async () => {
    await outbound.close();
    await replayer.close();
  });

  async function complete(
    stream: boolean,
    foreign?: ModelRequest["foreign"],
  ): Promise<Completion & { raw?: Uint8Array }> {
    const request: ModelRequest = { model: "m", messages: [], settings: {}, stream, foreign };
    const reply = await provider.generate(request, {
      signal: new AbortController().signal,
      deadlineMs: Date.now() + 10_000,
    });
    if (!foreign || reply.whole) return collect(reply);
    const raw: Uint8Array[] = [];
    const parts = (async function* tap() {
      for await (const part of reply.parts) {
        if (part.type === "raw") raw.push(part.bytes);
        else yield part;
      }
    })();
    return { ...(await collect({ parts })), raw: Buffer.concat(raw) };
  }

  test.each(answers)("$provider $id says the same however its bytes are cut", async (exchange) => {
    const expected = expectAnswer(exchange);
    for (const borders of [[], ...chunkings]) {
      replayer.serve(exchange, borders);
      const { text, toolCalls, usage } = await complete(exchange.isStream);
      expect({
        text,
        toolCalls: toolCalls.map((call) => ({ name: call.name, arguments: call.arguments })),
        usage: usage && { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
        error: false,
      }).toEqual(expected);
    }
  });

  test.each(answers.filter(({ isStream }) => isStream))("$provider $id is relayed byte for byte", async (exchange) => {
    const { usage } = expectAnswer(exchange);
    for (const borders of [[], ...chunkings]) {
      replayer.serve(exchange, borders);
      const answer = await complete(true, {
        dialect: "openai-chat",
        body: { model: "m", messages: [], stream: true, stream_options: { include_usage: true } },
      });
      expect(Buffer.from(answer.raw!).toString()).toBe(exchange.body);
      expect(answer.usage?.inputTokens).toBe(usage?.inputTokens);
      expect(answer.usage?.outputTokens).toBe(usage?.outputTokens);
    }
  });

  const codes: Readonly<Record<number, readonly string[]>> = {
    200: ["provider_rejected", "provider_unavailable"],
    400: ["provider_rejected"],
    401: ["provider_auth"],
    404: ["provider_rejected"],
    429: ["provider_rate_limited"],
  };
  test.each(failures)("$provider $id of status $status is a typed failure", async (exchange) => {
    replayer.serve(exchange, []);
    const error: unknown = await complete(exchange.isStream).catch((thrown: unknown) => thrown);
    expect(codes[exchange.status]).toContain((error as HeadgateError).code);
  });
});
