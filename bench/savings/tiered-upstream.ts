import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { decode, encode } from "gpt-tokenizer/encoding/o200k_base";
import { drawFrom } from "./draw.ts";
import { normalize } from "./grade.ts";
import { tiers, type Item, type Tier } from "./item.ts";
import { modelOf } from "./parameters.ts";
import { addCounts, bill, noTokens, type TokenCounts } from "./prices.ts";
import { createPromptCache } from "./prompt-cache.ts";
import { answerAsModel } from "./simulated-model.ts";
import { createWorkload, type Workload } from "./workload.ts";

/**
 * A model provider in a process of its own: `tiered-upstream.ts <seed> <requests>`. It speaks OpenAI Chat Completions with
 * three models, knows the workload and its gold answers, and keeps a ledger of what it has sold: `GET /ledger`.
 */

interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly json_schema?: { readonly schema?: unknown } };
  readonly max_completion_tokens?: number;
}

/** What OpenAI's chat format adds to each message, and to the prompt. */
const tokensAround = { message: 4, prompt: 3 };
const mostLatencyMs = 5;
/** Longer beginnings tell no more texts apart. */
const headChars = 160;

const [seed = "savings", requests = "5000"] = process.argv.slice(2);
const findItem = indexItems(createWorkload({ seed, requests: Number(requests) }));
const promptCache = createPromptCache();
const ledger: Record<Tier, TokenCounts> = { fast: noTokens, standard: noTokens, smart: noTokens };

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => sendJson(response, 500, { error: { message: String(error) } }));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") return sendJson(response, 200, ledger);
  const body = JSON.parse(await readText(request)) as ChatBody;
  const tier = tiers.find((name) => modelOf[name] === body.model);
  const text = readInput(body);
  const item = findItem(text);
  if (!tier || !item)
    return sendJson(response, 400, { error: { message: `Nothing is known of ${body.model}: ${text}` } });
  const prompt = toTokens(body);
  const cachedInputTokens = promptCache.read(body.model, prompt);
  const isCorrection = body.messages.some(({ role }) => role === "assistant");
  const answer = encode(answerAsModel({ item, tier, text, isCorrection }));
  const kept = answer.slice(0, body.max_completion_tokens ?? answer.length);
  const counts = { inputTokens: prompt.length, cachedInputTokens, outputTokens: kept.length };
  await sleep(drawFrom(`latency ${item.id}`) * mostLatencyMs);
  ledger[tier] = addCounts(ledger[tier], { ...counts, calls: 1, costMicroUsd: bill(tier, counts) });
  return sendJson(response, 200, {
    id: `chatcmpl-${prompt.length}`,
    object: "chat.completion",
    created: 1_790_000_000,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: decode(kept), refusal: null },
        logprobs: null,
        finish_reason: kept.length < answer.length ? "length" : "stop",
      },
    ],
    usage: {
      prompt_tokens: counts.inputTokens,
      completion_tokens: counts.outputTokens,
      total_tokens: counts.inputTokens + counts.outputTokens,
      prompt_tokens_details: { cached_tokens: cachedInputTokens },
    },
  });
}

/** The endpoint's input: the first message of the user, without the instructions that may follow it. */
function readInput({ messages }: ChatBody): string {
  const first = messages.find(({ role }) => role === "user")?.content ?? "";
  return first.split("\n\n-----\n")[0]!;
}

/** As OpenAI counts: the answer's schema stands in front of the messages, and is cached with them. */
function toTokens({ response_format: format, messages }: ChatBody): readonly number[] {
  const schema = format?.json_schema?.schema;
  const tokens = schema === undefined ? [] : [...encode(JSON.stringify(schema))];
  for (const { role, content } of messages) {
    for (let at = 0; at < tokensAround.message; at++) tokens.push(role.length);
    for (const token of encode(content)) tokens.push(token);
  }
  for (let at = 0; at < tokensAround.prompt; at++) tokens.push(0);
  return tokens;
}

/** Finds what a text asks for, be it typed in another way or cut at its end. */
function indexItems({ items, bursts }: Workload): (text: string) => Item | undefined {
  const whole = new Map<string, Item>();
  const heads = new Map<string, Item | undefined>();
  const remember = (item: Item, text: string): void => {
    const typed = normalize(text);
    if (!whole.has(typed)) whole.set(typed, item);
    const head = typed.slice(0, headChars);
    // Two texts that begin alike are told apart only while they are whole.
    heads.set(head, heads.has(head) && heads.get(head) !== item ? undefined : item);
  };
  for (const item of items) for (const text of item.texts) remember(item, text);
  for (const burst of bursts) remember(burst[0]!.item, burst[0]!.text);
  return (text) => {
    const typed = normalize(text);
    return whole.get(typed) ?? heads.get(typed.slice(0, headChars));
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}
