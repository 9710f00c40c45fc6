import type { Completion, FinishReason, Part, Usage } from "../../reply.ts";
import type { DialectHead, PartWriter } from "../dialect.ts";

/** OpenAI's `chat.completion` object. */
export function toChatCompletion(completion: Completion, head: DialectHead): Record<string, unknown> {
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

export interface ChatChunkWriterOptions extends DialectHead {
  /** The client set `stream_options.include_usage`: the last chunk reports usage, all others have `usage: null`. */
  readonly includeUsage: boolean;
}

/** Turns the typed parts of one answer into OpenAI's events. */
export function createChatChunkWriter(options: ChatChunkWriterOptions): PartWriter {
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

function toAnswerId({ requestId }: DialectHead): string {
  return `chatcmpl-${requestId}`;
}

function toCallId({ requestId }: DialectHead, index: number): string {
  return `call_${requestId}_${index}`;
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
