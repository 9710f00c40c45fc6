import type { Completion, FinishReason, Part, Usage } from "../call.ts";
import { HeadgateError } from "../errors.ts";

export { parseChatRequest } from "./openai-request.ts";

/** What a chat answer says about itself. */
export interface ChatAnswerHead {
  readonly requestId: string;
  /** The name that the client asked for. */
  readonly model: string;
  readonly createdAtMs: number;
}

/** OpenAI's `chat.completion` object. */
export function toChatCompletion(completion: Completion, head: ChatAnswerHead): Record<string, unknown> {
  const { text, reasoning, toolCalls, finishReason, usage } = completion;
  const calls = toolCalls.map((call, index) => ({
    id: call.id || toCallId(head, index),
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  const message = {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return {
    id: toAnswerId(head),
    object: "chat.completion",
    created: toSeconds(head.createdAtMs),
    model: head.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: toForeignReason(finishReason) }],
    ...(usage ? { usage: toForeignUsage(usage) } : {}),
  };
}

export interface ChatChunkWriterOptions extends ChatAnswerHead {
  /** The client set `stream_options.include_usage`: the last chunk reports usage, all others have `usage: null`. */
  readonly includeUsage: boolean;
}

/** Turns the typed parts of one answer into OpenAI's events. */
export interface ChatChunkWriter {
  /** The events for a part; "" for parts that chat clients do not know. */
  write(part: Part): string;
  /** The event that ends the stream. */
  end(): string;
}

export function createChatChunkWriter(options: ChatChunkWriterOptions): ChatChunkWriter {
  const head = JSON.stringify({
    id: toAnswerId(options),
    object: "chat.completion.chunk",
    created: toSeconds(options.createdAtMs),
    model: options.model,
  }).slice(0, -1);
  const noUsage = options.includeUsage ? ',"usage":null' : "";
  const begunCalls = new Set<number>();
  let hasBegun = false;
  let usage: Usage | undefined;

  // Everything but the delta is the same in every chunk, and serialised once.
  function writeDelta(delta: Record<string, unknown>, finishReason: string | null = null): string {
    const reason = finishReason === null ? "null" : `"${finishReason}"`;
    const choice = `{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${reason}}`;
    return `data: ${head},"choices":[${choice}]${noUsage}}\n\n`;
  }

  // Id and name go out once for each call, whatever the provider repeats.
  function toCallDelta({ index, id, name, arguments: text }: Extract<Part, { type: "tool-call" }>): object {
    if (begunCalls.has(index)) return { index, function: { arguments: text } };
    begunCalls.add(index);
    return {
      index,
      id: id || toCallId(options, index),
      type: "function",
      function: { name: name ?? "", arguments: text },
    };
  }

  function writePart(part: Part): string {
    switch (part.type) {
      case "text":
        return writeDelta({ content: part.text });
      case "reasoning":
        return writeDelta({ reasoning_content: part.text });
      case "tool-call":
        return writeDelta({ tool_calls: [toCallDelta(part)] });
      case "finish":
        return writeDelta({}, toForeignReason(part.reason)) + (options.includeUsage ? writeUsage(head, usage) : "");
      default:
        return "";
    }
  }

  return {
    write: (part) => {
      if (part.type === "usage") usage = part.usage;
      const chunk = writePart(part);
      if (chunk === "" || hasBegun) return chunk;
      hasBegun = true;
      return writeDelta({ role: "assistant", content: "" }) + chunk;
    },
    end: () => "data: [DONE]\n\n",
  };
}

function writeUsage(head: string, usage: Usage | undefined): string {
  return usage ? `data: ${head},"choices":[],"usage":${JSON.stringify(toForeignUsage(usage))}}\n\n` : "";
}

/** OpenAI's error body; the official clients choose their error class by the HTTP status. */
export function toOpenAiError(thrown: unknown): { readonly error: Record<string, unknown> } {
  const error = HeadgateError.from(thrown);
  const [issue] = error.issues ?? [];
  return {
    error: {
      message: error.message || error.code,
      type: toErrorType(error),
      param: issue === undefined ? null : toParameter(issue.path),
      code: error.code,
    },
  };
}

function toErrorType({ status }: HeadgateError): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

/** A JSON Pointer as OpenAI writes it: `messages[0].role`. */
function toParameter(pointer: string): string {
  const steps = pointer.split("/").slice(1);
  const names = steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.map((name, index) => (/^\d+$/.test(name) ? `[${name}]` : `${index === 0 ? "" : "."}${name}`)).join("");
}

function toForeignUsage(usage: Usage): Record<string, unknown> {
  const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoningTokens, audio_tokens: 0 },
  };
}

// Clients know OpenAI's reasons only.
function toForeignReason(reason: FinishReason): string {
  return reason === "other" ? "stop" : reason;
}

function toAnswerId({ requestId }: ChatAnswerHead): string {
  return `chatcmpl-${requestId}`;
}

function toCallId({ requestId }: ChatAnswerHead, index: number): string {
  return `call_${requestId}_${index}`;
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
