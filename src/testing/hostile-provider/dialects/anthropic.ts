import { parseJson } from "../../../json.ts";
import { toEvent, toFrame, toText, type Answer, type AnswerToolCall, type Frame } from "../answer.ts";
import { toWord, type DialectWriter, type Failure, type FailureKind } from "./dialect.ts";

const finishWords = { stop: "end_turn", length: "max_tokens", tool: "tool_use", filter: "refusal" };

export const anthropic: DialectWriter = {
  finishWords,
  ping: toNamed({ type: "ping" }),
  toWhole: (answer) => ({
    ...toBase(answer),
    content: [
      ...(answer.pieces.length === 0 ? [] : [{ type: "text", text: toText(answer) }]),
      ...answer.toolCalls.map((call) => ({ ...toBlock(call), input: readInput(call) })),
    ],
    stop_reason: toWord(finishWords, answer.finish),
    stop_sequence: null,
    usage: toUsage(answer, answer.usage.outputTokens),
  }),
  toFrames: (answer) => {
    const message = {
      ...toBase(answer),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: toUsage(answer, 1),
    };
    const textBlocks = answer.pieces.length === 0 ? 0 : 1;
    return [
      toFrame("start", toNamed({ type: "message_start", message })),
      ...toTextFrames(answer),
      ...answer.toolCalls.flatMap((call, index) => toCallFrames(call, textBlocks + index)),
      toFrame(
        "finish",
        toNamed({
          type: "message_delta",
          delta: { stop_reason: toWord(finishWords, answer.finish), stop_sequence: null },
          usage: toUsage(answer, answer.usage.outputTokens),
        }),
      ),
      toFrame("done", toNamed({ type: "message_stop" })),
    ];
  },
  toErrorBody: (failure) => ({ ...toError(failure), request_id: "req_hostile" }),
  toErrorEvent: (failure) => toNamed(toError(failure)),
  toEmptyDelta: () => toNamed({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "" } }),
};

function toNamed(data: { readonly type: string; readonly [name: string]: unknown }): string {
  return toEvent(data, data.type);
}

function toBase({ id, model }: Answer): Record<string, unknown> {
  return { model, id: `msg_${id}`, type: "message", role: "assistant" };
}

function toUsage({ usage }: Answer, outputTokens: number): Record<string, unknown> {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
  };
}

function toTextFrames({ pieces }: Answer): Frame[] {
  if (pieces.length === 0) return [];
  return [
    toFrame("start", toNamed({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } })),
    toFrame("start", toNamed({ type: "ping" })),
    ...pieces.map((text) =>
      toFrame("content", toNamed({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }), text),
    ),
    toFrame("close", toNamed({ type: "content_block_stop", index: 0 })),
  ];
}

function toCallFrames(call: AnswerToolCall, index: number): Frame[] {
  const block = { ...toBlock(call), input: {} };
  return [
    toFrame("content", toNamed({ type: "content_block_start", index, content_block: block }), "", 1),
    ...call.pieces.map((piece) => {
      const delta = { type: "input_json_delta", partial_json: piece };
      return toFrame("content", toNamed({ type: "content_block_delta", index, delta }), "", 1);
    }),
    toFrame("close", toNamed({ type: "content_block_stop", index })),
  ];
}

function toBlock({ id, name }: AnswerToolCall): Record<string, unknown> {
  return { type: "tool_use", ...(id === undefined ? {} : { id }), name };
}

// What is no JSON goes out as a string: Anthropic's plain answers have no other place for it.
function readInput({ pieces }: AnswerToolCall): unknown {
  const text = pieces.join("");
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

const errorTypes: Readonly<Record<FailureKind, string>> = {
  "invalid-request": "invalid_request_error",
  auth: "authentication_error",
  billing: "billing_error",
  permission: "permission_error",
  "not-found": "not_found_error",
  "too-large": "request_too_large",
  "rate-limit": "rate_limit_error",
  api: "api_error",
  timeout: "timeout_error",
  overloaded: "overloaded_error",
  unknown: "gremlin_error",
};

function toError({ kind, message }: Failure): { readonly type: string; readonly error: unknown } {
  return { type: "error", error: { type: errorTypes[kind], message } };
}
