import { toEvent, toFrame, toText, type Answer, type AnswerToolCall, type Frame } from "../answer.ts";
import { toOpenAiError, toWord, type DialectWriter } from "./dialect.ts";

const finishWords = { stop: "stop", length: "length", tool: "tool_calls", filter: "content_filter" };
const createdAtSeconds = 1_700_000_000;

export const openAiChat: DialectWriter = {
  finishWords,
  ping: ": keep-alive\n\n",
  toWhole: (answer) => ({
    ...toBase(answer, "chat.completion"),
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: answer.pieces.length === 0 && answer.toolCalls.length > 0 ? null : toText(answer),
          refusal: null,
          ...(answer.toolCalls.length === 0 ? {} : { tool_calls: answer.toolCalls.map((call) => toCall(call)) }),
        },
        logprobs: null,
        finish_reason: toWord(finishWords, answer.finish),
      },
    ],
    usage: toUsage(answer),
  }),
  toFrames: (answer, wantsUsage) => {
    const usage = wantsUsage ? { usage: null } : {};
    const toDelta = (delta: unknown, finish: string | null = null): string =>
      toEvent({
        ...toBase(answer, "chat.completion.chunk"),
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        ...usage,
      });
    const last = { ...toBase(answer, "chat.completion.chunk"), choices: [], usage: toUsage(answer) };
    return [
      toFrame("start", toDelta({ role: "assistant", content: "", refusal: null })),
      ...answer.pieces.map((piece) => toFrame("content", toDelta({ content: piece }), piece)),
      ...answer.toolCalls.flatMap((call, index) => toCallFrames(call, index, toDelta)),
      toFrame("finish", toDelta({}, toWord(finishWords, answer.finish))),
      ...(wantsUsage ? [toFrame("usage", toEvent(last))] : []),
      toFrame("done", "data: [DONE]\n\n"),
    ];
  },
  toErrorBody: (failure) => ({ error: toOpenAiError(failure) }),
  toErrorEvent: (failure) => toEvent({ error: toOpenAiError(failure) }),
  toEmptyDelta: (answer) =>
    toEvent({
      ...toBase(answer, "chat.completion.chunk"),
      choices: [{ index: 0, delta: { content: "" }, logprobs: null, finish_reason: null }],
    }),
};

function toBase({ id, model }: Answer, object: string): Record<string, unknown> {
  return {
    id: `chatcmpl-${id}`,
    object,
    created: createdAtSeconds,
    model,
    service_tier: "default",
    system_fingerprint: "fp_hostile",
  };
}

function toUsage({ usage: { inputTokens, outputTokens } }: Answer): Record<string, unknown> {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function toCall({ id, name, pieces }: AnswerToolCall): Record<string, unknown> {
  return { ...(id === undefined ? {} : { id }), type: "function", function: { name, arguments: pieces.join("") } };
}

function toCallFrames(call: AnswerToolCall, index: number, toDelta: (delta: unknown) => string): Frame[] {
  const begun = { index, ...toCall({ ...call, pieces: [] }) };
  return [
    toFrame("content", toDelta({ tool_calls: [begun] }), "", 1),
    ...call.pieces.map((piece) =>
      toFrame("content", toDelta({ tool_calls: [{ index, function: { arguments: piece } }] }), "", 1),
    ),
  ];
}
