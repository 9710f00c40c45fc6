import { isRecord } from "../json.ts";

/** What the scripted provider says to one request. Without `text`, `json`, `toolCalls` or a raw form: a greeting. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** Answered as text: its JSON. */
  readonly json?: unknown;
  readonly reasoning?: string;
  readonly toolCalls?: readonly {
    readonly name: string;
    readonly arguments: unknown;
    readonly id?: string;
  }[];
  /** The pieces that the text is streamed in. @default its words */
  readonly chunks?: readonly string[];
  /** `null` leaves it out. @default "stop", or "tool_calls" */
  readonly finishReason?: string | null;
  /** `null` reports none. @default a quarter of the characters */
  readonly usage?: ScriptedUsage | null;
  /** From 400 on, the body is `error` in OpenAI's shape. @default 200 */
  readonly status?: number;
  readonly error?: Readonly<Record<string, unknown>>;
  /** Added to the answer's head; wins over the defaults. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as the body, as it is. */
  readonly rawBody?: string | Uint8Array;
  /** Sent in place of head and body: may be illegal HTTP. */
  readonly rawResponse?: string | Uint8Array;
  /** Wait before the head, in milliseconds. @default 0 */
  readonly delayMs?: number;
  /** Wait before each chunk after the first, in milliseconds. @default 0 */
  readonly chunkDelayMs?: number;
  /** Where the body is cut into chunks: after each event, after each byte, or after these byte counts. @default "event" */
  readonly chunkBorders?: "event" | "byte" | readonly number[];
  /** The connection is closed after this many chunks, with the rest unsent. */
  readonly cutAfter?: number;
  /** Nothing more is sent after this many chunks, and the connection stays open. */
  readonly stallAfter?: number;
  /** Nothing is sent at all, and the connection stays open. @default false */
  readonly hang?: boolean;
}

export interface ScriptedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly reasoningTokens?: number;
}

/** The answer as it goes out. */
export interface RenderedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Byte counts after which the body is cut, ascending, without 0 and the end. */
  readonly borders: readonly number[];
}

/** Renders an answer to a chat request as OpenAI would send it: plain, or as events where the request asks for a stream. */
export function renderAnswer(answer: ScriptedAnswer, request: unknown, sequence: number): RenderedAnswer {
  const body = isRecord(request) ? request : {};
  const status = answer.status ?? 200;
  const isStream = body["stream"] === true && status === 200;
  const bytes = Buffer.from(answer.rawBody ?? renderBody(answer, body, sequence, isStream));
  return {
    status,
    headers: { "content-type": isStream ? "text/event-stream" : "application/json", ...answer.headers },
    body: bytes,
    borders: findBorders(bytes, answer.chunkBorders ?? (isStream ? "event" : [])),
  };
}

function renderBody(
  answer: ScriptedAnswer,
  request: Record<string, unknown>,
  sequence: number,
  isStream: boolean,
): string {
  if (answer.status !== undefined && answer.status >= 400) {
    return JSON.stringify({ error: answer.error ?? { message: "Scripted failure.", type: "scripted", code: null } });
  }
  const content = toContent(answer, request, sequence);
  return isStream ? renderEvents(content, request) : JSON.stringify(toWhole(content));
}

interface Content {
  readonly base: Readonly<Record<string, unknown>>;
  readonly pieces: readonly string[];
  readonly reasoning: string | undefined;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finishReason: string | null;
  readonly usage: Readonly<Record<string, unknown>> | undefined;
}

function toContent(answer: ScriptedAnswer, request: Record<string, unknown>, sequence: number): Content {
  const toolCalls = (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${sequence}_${index}`,
    name: call.name,
    arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
  }));
  const fallback = toolCalls.length > 0 ? "" : "Hello from the scripted provider.";
  const text = answer.text ?? (answer.json === undefined ? fallback : JSON.stringify(answer.json));
  const pieces = answer.chunks ?? text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text === "" ? [] : [text]);
  const usage = answer.usage === undefined ? estimateUsage(pieces.join(""), request) : answer.usage;
  return {
    base: { id: `chatcmpl-${sequence}`, created: 1_700_000_000, model: request["model"], system_fingerprint: null },
    pieces,
    reasoning: answer.reasoning,
    toolCalls,
    finishReason:
      answer.finishReason === undefined ? (toolCalls.length > 0 ? "tool_calls" : "stop") : answer.finishReason,
    usage: usage === null ? undefined : toForeignUsage(usage),
  };
}

function estimateUsage(text: string, request: Record<string, unknown>): ScriptedUsage {
  const inputChars = JSON.stringify(request["messages"] ?? "").length;
  return { inputTokens: Math.ceil(inputChars / 4), outputTokens: Math.ceil(text.length / 4) };
}

function toForeignUsage(usage: ScriptedUsage): Record<string, unknown> {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    ...(usage.cachedInputTokens === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: usage.cachedInputTokens } }),
    ...(usage.reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } }),
  };
}

function toWhole(content: Content): Record<string, unknown> {
  const { toolCalls, reasoning } = content;
  const text = content.pieces.join("");
  const message = {
    role: "assistant",
    content: text === "" && toolCalls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map((call) => toForeignCall(call)) }),
  };
  return {
    ...content.base,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: content.finishReason }],
    ...(content.usage ? { usage: content.usage } : {}),
  };
}

function renderEvents(content: Content, request: Record<string, unknown>): string {
  const options = isRecord(request["stream_options"]) ? request["stream_options"] : {};
  const wantsUsage = options["include_usage"] === true;
  const toEvent = (choices: readonly unknown[], usage: unknown): string => {
    const chunk = { ...content.base, object: "chat.completion.chunk", choices, ...(wantsUsage ? { usage } : {}) };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  };
  const toDelta = (delta: unknown, finishReason: string | null = null): string =>
    toEvent([{ index: 0, delta, logprobs: null, finish_reason: finishReason }], null);
  return [
    toDelta({ role: "assistant", content: "" }),
    ...(content.reasoning === undefined ? [] : [toDelta({ reasoning_content: content.reasoning })]),
    ...content.pieces.map((piece) => toDelta({ content: piece })),
    ...content.toolCalls
      .flatMap((call, index) => toCallDeltas(call, index))
      .map((call) => toDelta({ tool_calls: [call] })),
    ...(content.finishReason === null ? [] : [toDelta({}, content.finishReason)]),
    ...(wantsUsage && content.usage ? [toEvent([], content.usage)] : []),
    "data: [DONE]\n\n",
  ].join("");
}

function toForeignCall(call: Content["toolCalls"][number]): Record<string, unknown> {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } };
}

// OpenAI sends the name with empty arguments first, then the arguments in pieces that repeat neither id nor name.
function toCallDeltas(call: Content["toolCalls"][number], index: number): Record<string, unknown>[] {
  const pieces = call.arguments.match(/[\s\S]{1,8}/g) ?? [];
  return [
    { index, ...toForeignCall({ ...call, arguments: "" }) },
    ...pieces.map((piece) => ({ index, function: { arguments: piece } })),
  ];
}

function findBorders(body: Buffer, borders: "event" | "byte" | readonly number[]): number[] {
  if (borders === "byte") return Array.from({ length: Math.max(0, body.length - 1) }, (_, index) => index + 1);
  if (borders !== "event") return borders.filter((at) => at > 0 && at < body.length).sort((a, b) => a - b);
  const found: number[] = [];
  for (let at = body.indexOf("\n\n"); at !== -1; at = body.indexOf("\n\n", at + 2)) found.push(at + 2);
  return found.filter((at) => at < body.length);
}
