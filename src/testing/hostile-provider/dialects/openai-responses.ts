import { toEvent, toFrame, toText, type Answer, type AnswerToolCall, type Frame, type FrameKind } from "../answer.ts";
import { toOpenAiError, toWord, type DialectWriter } from "./dialect.ts";

const finishWords = { stop: "completed", length: "incomplete", tool: "completed", filter: "incomplete" };

export const openAiResponses: DialectWriter = {
  finishWords,
  ping: ": keep-alive\n\n",
  toWhole: (answer) => toResponse(answer, toWord(finishWords, answer.finish) ?? "in_progress", toItems(answer)),
  toFrames: (answer) => {
    const stream = createNumberedEvents();
    const status = toWord(finishWords, answer.finish) ?? "in_progress";
    stream.add("start", { type: "response.created", response: toResponse(answer, "in_progress", []) });
    stream.add("start", { type: "response.in_progress", response: toResponse(answer, "in_progress", []) });
    if (answer.pieces.length > 0) addText(stream, answer);
    const first = answer.pieces.length > 0 ? 1 : 0;
    for (const [index, call] of answer.toolCalls.entries()) addCall(stream, answer, call, first + index);
    const response = toResponse(answer, status, toItems(answer));
    stream.add("finish", { type: status === "incomplete" ? "response.incomplete" : "response.completed", response });
    return stream.frames;
  },
  toErrorBody: (failure) => ({ error: toOpenAiError(failure) }),
  toErrorEvent: (failure) => {
    const { message, code, type, param } = toOpenAiError(failure);
    return toEvent({ type: "error", code: code ?? type, message, param, sequence_number: 9999 }, "error");
  },
  toEmptyDelta: (answer) =>
    toEvent(
      { type: "response.output_text.delta", ...toPlace(answer), sequence_number: 9998, delta: "", logprobs: [] },
      "response.output_text.delta",
    ),
};

interface NumberedEvents {
  readonly frames: Frame[];
  add(
    kind: FrameKind,
    data: { readonly type: string; readonly [name: string]: unknown },
    said?: string,
    tokens?: number,
  ): void;
}

function createNumberedEvents(): NumberedEvents {
  const frames: Frame[] = [];
  return {
    frames,
    add: (kind, { type, ...data }, said, tokens) => {
      frames.push(toFrame(kind, toEvent({ type, sequence_number: frames.length, ...data }, type), said, tokens));
    },
  };
}

function addText(stream: NumberedEvents, answer: Answer): void {
  const place = toPlace(answer);
  const item = { id: place.item_id, type: "message", status: "in_progress", role: "assistant", content: [] };
  const text = toText(answer);
  stream.add("start", { type: "response.output_item.added", output_index: 0, item });
  stream.add("start", { type: "response.content_part.added", ...place, part: { ...toPart(""), logprobs: [] } });
  for (const delta of answer.pieces)
    stream.add("content", { type: "response.output_text.delta", ...place, delta, logprobs: [] }, delta);
  stream.add("close", { type: "response.output_text.done", ...place, text, logprobs: [] });
  stream.add("close", { type: "response.content_part.done", ...place, part: { ...toPart(text), logprobs: [] } });
  stream.add("close", { type: "response.output_item.done", output_index: 0, item: toMessage(answer) });
}

function addCall(stream: NumberedEvents, answer: Answer, call: AnswerToolCall, outputIndex: number): void {
  const item = toCall(answer, call, outputIndex);
  const place = { item_id: item["id"], output_index: outputIndex };
  const begun = { ...item, arguments: "", status: "in_progress" };
  stream.add("content", { type: "response.output_item.added", output_index: outputIndex, item: begun }, "", 1);
  for (const delta of call.pieces)
    stream.add("content", { type: "response.function_call_arguments.delta", ...place, delta }, "", 1);
  const whole = { ...place, arguments: call.pieces.join("") };
  stream.add("close", { type: "response.function_call_arguments.done", ...whole });
  stream.add("close", { type: "response.output_item.done", output_index: outputIndex, item });
}

function toResponse(answer: Answer, status: string, output: readonly unknown[]): Record<string, unknown> {
  const { inputTokens, outputTokens } = answer.usage;
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
  const reason = answer.finish === "filter" ? "content_filter" : "max_output_tokens";
  return {
    id: `resp_${answer.id}`,
    object: "response",
    created_at: 1_700_000_000,
    status,
    error: null,
    incomplete_details: status === "incomplete" ? { reason } : null,
    instructions: null,
    max_output_tokens: null,
    model: answer.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    usage: status === "in_progress" ? null : usage,
    metadata: {},
  };
}

function toItems(answer: Answer): Record<string, unknown>[] {
  const messages = answer.pieces.length === 0 ? [] : [toMessage(answer)];
  return [...messages, ...answer.toolCalls.map((call, index) => toCall(answer, call, messages.length + index))];
}

function toPlace({ id }: Answer): {
  readonly item_id: string;
  readonly output_index: number;
  readonly content_index: number;
} {
  return { item_id: `msg_${id}`, output_index: 0, content_index: 0 };
}

function toMessage(answer: Answer): Record<string, unknown> {
  const content = [{ ...toPart(toText(answer)), logprobs: [] }];
  return { id: `msg_${answer.id}`, type: "message", status: "completed", role: "assistant", content };
}

function toPart(text: string): Record<string, unknown> {
  return { type: "output_text", text, annotations: [] };
}

function toCall({ id }: Answer, call: AnswerToolCall, index: number): Record<string, unknown> {
  return {
    id: `fc_${id}_${index}`,
    type: "function_call",
    status: "completed",
    ...(call.id === undefined ? {} : { call_id: call.id }),
    name: call.name,
    arguments: call.pieces.join(""),
  };
}
