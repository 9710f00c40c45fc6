/** One answer of a thousand words in each dialect, one event a chunk, as servers send it. */

const words = "The city council approved a new bridge on Tuesday after three years of debate and two votes".split(" ");
const pieces = Array.from({ length: 1000 }, (_, index) => `${words[index % words.length]} `);

const unnamed = (value: unknown): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
const named = (value: { readonly type: string; readonly [key: string]: unknown }): Buffer =>
  Buffer.from(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);

const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "m" };
const delta = (value: unknown, finish: string | null = null): Buffer =>
  unnamed({ ...chunk, choices: [{ index: 0, delta: value, logprobs: null, finish_reason: finish }], usage: null });

export const chatStream: readonly Buffer[] = [
  delta({ role: "assistant", content: "" }),
  ...pieces.map((content) => delta({ content })),
  delta({}, "stop"),
  unnamed({ ...chunk, choices: [], usage: { prompt_tokens: 9, completion_tokens: 1000, total_tokens: 1009 } }),
  Buffer.from("data: [DONE]\n\n"),
];

const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null };
export const messagesStream: readonly Buffer[] = [
  named({ type: "message_start", message: { ...message, usage: { input_tokens: 9, output_tokens: 1 } } }),
  named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  ...pieces.map((text) => named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
  named({ type: "content_block_stop", index: 0 }),
  named({
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 1000 },
  }),
  named({ type: "message_stop" }),
];

const response = { id: "resp_1", object: "response", created_at: 1_700_000_000, model: "m", status: "in_progress" };
const text = pieces.join("");
const content = [{ type: "output_text", text, annotations: [] }];
const item = { id: "msg_1", type: "message", role: "assistant", status: "completed", content };
const inItem = { item_id: "msg_1", output_index: 0, content_index: 0 };
const usage = { input_tokens: 9, output_tokens: 1000, total_tokens: 1009 };
export const responsesStream: readonly Buffer[] = [
  { type: "response.created", response: { ...response, output: [] } },
  { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
  { type: "response.content_part.added", ...inItem, part: { type: "output_text", text: "", annotations: [] } },
  ...pieces.map((piece) => ({ type: "response.output_text.delta", ...inItem, delta: piece, logprobs: [] })),
  { type: "response.output_text.done", ...inItem, text, logprobs: [] },
  { type: "response.content_part.done", ...inItem, part: content[0] },
  { type: "response.output_item.done", output_index: 0, item },
  { type: "response.completed", response: { ...response, status: "completed", output: [item], usage } },
].map((value, sequence) => named({ ...value, sequence_number: sequence }));

export const geminiStream: readonly Buffer[] = pieces.map((piece, index) =>
  Buffer.from(
    `data: ${JSON.stringify({
      candidates: [
        {
          content: { parts: [{ text: piece }], role: "model" },
          index: 0,
          ...(index === pieces.length - 1 ? { finishReason: "STOP" } : {}),
        },
      ],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: index + 1, totalTokenCount: index + 10 },
      modelVersion: "m",
      responseId: "r",
    })}\r\n\r\n`,
  ),
);
