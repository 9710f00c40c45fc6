import type { Part } from "../../src/reply.ts";

/** What a vendor said until its stream broke off: `Grüße`. */

export type StreamingDialect = keyof typeof begun;

const chunk = { id: "chatcmpl-up", object: "chat.completion.chunk", created: 7, model: "first-1" };

const message = {
  id: "msg_up",
  type: "message",
  role: "assistant",
  model: "first-1",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 15, output_tokens: 1 },
};

const response = {
  id: "resp_up",
  object: "response",
  created_at: 7,
  status: "in_progress",
  model: "first-1",
  output: [],
};
const thought = { id: "rs_up", type: "reasoning", summary: [] };
const item = { id: "msg_up", type: "message", status: "in_progress", role: "assistant", content: [] };
const at = { item_id: "msg_up", output_index: 1, content_index: 0 };
const content = { type: "output_text", text: "", annotations: [], logprobs: [] };

const begun = {
  "openai-chat": [
    { ...chunk, choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: { content: "Grüße" }, finish_reason: null }] },
  ],
  // A thought that is not shown comes before the words.
  "anthropic-messages": [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "s" } },
    { type: "content_block_stop", index: 0 },
    { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Grüße" } },
    { type: "ping" },
  ],
  "openai-responses": [
    { type: "response.created", sequence_number: 0, response },
    { type: "response.output_item.added", sequence_number: 1, output_index: 0, item: thought },
    { type: "response.output_item.done", sequence_number: 2, output_index: 0, item: thought },
    { type: "response.output_item.added", sequence_number: 3, output_index: 1, item },
    { type: "response.content_part.added", sequence_number: 4, ...at, part: content },
    { type: "response.output_text.delta", sequence_number: 5, ...at, delta: "Grüße", logprobs: [] },
  ],
} as const satisfies Record<string, readonly object[]>;

/** As a provider of the dialect passes it on, each event alone. */
export function relayBegun(dialect: StreamingDialect): Part[] {
  return begun[dialect].map((event) => {
    const name = "type" in event ? `event: ${event.type}\n` : "";
    return { type: "raw", bytes: Buffer.from(`${name}data: ${JSON.stringify(event)}\n\n`), says: [] };
  });
}
