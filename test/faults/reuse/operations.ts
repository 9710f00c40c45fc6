import type { CacheControl } from "../../../src/call.ts";
import { applyDelta } from "../../../src/contract/apply-delta.ts";
import { openAiChat } from "../../../src/contract/openai-chat/openai-chat.ts";
import type { Caller, Gateway } from "../../../src/gateway.ts";
import { createRequestId } from "../../../src/ids.ts";
import type { Reply } from "../../../src/reply.ts";
import { collect } from "../../../src/reply.ts";

/** Who does it, and to what. */
export interface Doing {
  readonly gateway: Gateway;
  readonly tenant: string;
  /** The same for all tenants. */
  readonly question: string;
  /** A float in [0, 1). */
  readonly random: () => number;
}

/** An answer that a tenant has seen. Its number is upstream's: no two calls of the model have the same. */
export interface Seen {
  readonly number: number;
  /** Where it came from, as the client is told. */
  readonly status: string;
}

/** One thing that a client does. Resolves to what it has seen, which is nothing where it has left. */
export interface Operation {
  readonly name: string;
  /** How often it is done, against the others. */
  readonly weight: number;
  readonly run: (doing: Doing) => Promise<readonly Seen[]>;
}

export const operations: readonly Operation[] = [
  { name: "endpoint, plain", weight: 4, run: async (doing) => [await callEndpoint(doing, {})] },
  { name: "endpoint, streamed", weight: 4, run: async (doing) => [await callEndpoint(doing, { isStream: true })] },
  { name: "chat, plain", weight: 3, run: async (doing) => [await callModel(doing, false)] },
  { name: "chat, streamed", weight: 3, run: async (doing) => [await callModel(doing, true)] },
  { name: "twins", weight: 2, run: (doing) => Promise.all([0, 1, 2].map(() => callEndpoint(doing, toMode(doing)))) },
  { name: "no-cache", weight: 1, run: async (doing) => [await callEndpoint(doing, { control: { noCache: true } })] },
  { name: "no-store", weight: 1, run: async (doing) => [await callEndpoint(doing, { control: { noStore: true } })] },
  { name: "leaving", weight: 1, run: leave },
];

interface Mode {
  readonly isStream?: boolean;
  readonly control?: CacheControl;
  readonly signal?: AbortSignal;
}

function toMode({ random }: Doing): Mode {
  return { isStream: random() < 0.5 };
}

function toCaller({ tenant }: Doing, { isStream = false, control, signal }: Mode): Caller {
  return {
    tenant,
    keyId: `key-${tenant}`,
    cacheControl: control,
    requestId: createRequestId(Date.now()),
    signal: signal ?? new AbortController().signal,
    stream: isStream,
  };
}

async function callEndpoint(doing: Doing, mode: Mode): Promise<Seen> {
  const { gateway, question } = doing;
  const request = { ...toCaller(doing, mode), endpoint: "ask", contract: 1, input: { text: question } };
  const reply = await gateway.callEndpoint(request);
  const output = reply.whole ? reply.whole.outcome?.output : await build(reply);
  return toSeen(reply, output);
}

/** What a client makes of the deltas. */
async function build(reply: Reply): Promise<Record<string, unknown>> {
  let built: Record<string, unknown> = {};
  for await (const part of reply.parts) {
    if (part.type === "delta") applyDelta(built, part);
    else if (part.type === "reset") built = {};
    else if (part.type === "finish" && JSON.stringify(part.outcome?.output) !== JSON.stringify(built)) {
      throw new Error("The deltas do not add up to the answer.");
    }
  }
  return built;
}

async function callModel(doing: Doing, isStream: boolean): Promise<Seen> {
  const body = { model: "m", stream: isStream, messages: [{ role: "user", content: doing.question }] };
  const { model, messages, settings, foreign } = openAiChat.parseRequest(body, {});
  const request = { ...toCaller(doing, { isStream }), model, messages, settings, foreign };
  const reply = await doing.gateway.callModel(request);
  let text = "";
  if (reply.whole) ({ text } = await collect(reply));
  else {
    for await (const part of reply.parts) {
      for (const said of part.type === "raw" ? part.says : [part]) if (said.type === "text") text += said.text;
    }
  }
  return toSeen(reply, JSON.parse(text) as unknown);
}

function toSeen({ cache }: Reply, output: unknown): Seen {
  const { number } = (output ?? {}) as { readonly number?: unknown };
  if (typeof number !== "number") throw new Error(`The answer has no number: ${JSON.stringify(output)}.`);
  return { number, status: cache?.status ?? "none" };
}

/** Somebody asks and leaves; a twin of the same tenant may have joined. */
async function leave(doing: Doing): Promise<readonly Seen[]> {
  const client = new AbortController();
  const leaving = callEndpoint(doing, { ...toMode(doing), signal: client.signal }).catch(() => undefined);
  const staying = doing.random() < 0.5 ? callEndpoint(doing, toMode(doing)) : undefined;
  if (doing.random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
  client.abort();
  const seen = await Promise.all([leaving, staying]);
  return seen.filter((each) => each !== undefined);
}
