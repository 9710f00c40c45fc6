import { sha256 } from "../../../src/ids.ts";
import type { Json, SaidAnswer, SaidLogprob, SaidSource } from "../matrix-case.ts";
import { failOpenAi } from "./openai-chat.ts";
import { firstWords, join, renderEvents, renderJson, type MatrixVendor, type SeenRequest } from "./vendor.ts";

/** An item of the answer, with the events between its beginning and its end. */
interface SaidItem {
  readonly begun: Json;
  readonly whole: Json;
  /** Without `item_id`, `output_index` and `sequence_number`. */
  readonly events: readonly Json[];
}

function toReasoning({ reasoning }: SaidAnswer, request: SeenRequest): SaidItem[] {
  if (!reasoning) return [];
  const asked = request.body["reasoning"] as Json | undefined;
  const include = (request.body["include"] ?? []) as readonly unknown[];
  const isShown = typeof asked?.["summary"] === "string" && reasoning.text.length > 0;
  const sealed = include.includes("reasoning.encrypted_content") ? { encrypted_content: reasoning.seal } : {};
  const item = { id: "rs_vendor", type: "reasoning", ...sealed };
  if (!isShown) return [{ begun: { ...item, summary: [] }, whole: { ...item, summary: [] }, events: [] }];
  const part = (text: string): Json => ({ type: "summary_text", text });
  const text = join(reasoning.text);
  const at = { summary_index: 0 };
  return [
    {
      begun: { ...item, summary: [] },
      whole: { ...item, summary: [part(text)] },
      events: [
        { type: "response.reasoning_summary_part.added", ...at, part: part("") },
        ...reasoning.text.map((delta) => ({ type: "response.reasoning_summary_text.delta", ...at, delta })),
        { type: "response.reasoning_summary_text.done", ...at, text },
        { type: "response.reasoning_summary_part.done", ...at, part: part(text) },
      ],
    },
  ];
}

function toLogprobs(logprobs: readonly SaidLogprob[] | undefined, request: SeenRequest): Json[] {
  const include = (request.body["include"] ?? []) as readonly unknown[];
  if (!logprobs || !include.includes("message.output_text.logprobs")) return [];
  const bytes = (token: string): number[] => [...Buffer.from(token)];
  return logprobs.map(({ token, logprob, top }) => ({
    token,
    bytes: bytes(token),
    logprob,
    top_logprobs: top.map((other) => ({ ...other, bytes: bytes(other.token) })),
  }));
}

function toAnnotation({ url, title, start, end }: SaidSource): Json {
  return { type: "url_citation", end_index: end, start_index: start, title, url };
}

function toMessage(answer: SaidAnswer, request: SeenRequest): SaidItem[] {
  const { text, refusal, logprobs, sources = [], end } = answer;
  const pieces = refusal ?? text;
  if (!pieces) return [];
  const isCut = end === "length" || end === "content-filter";
  const item = { id: "msg_vendor", type: "message", status: isCut ? "incomplete" : "completed" };
  const said = join(pieces);
  const at = { content_index: 0 };
  const annotations = sources.map(toAnnotation);
  const part = (content: string): Json =>
    refusal
      ? { type: "refusal", refusal: content }
      : {
          type: "output_text",
          annotations: content === "" ? [] : annotations,
          logprobs: content === "" ? [] : toLogprobs(logprobs, request),
          text: content,
        };
  const kind = refusal ? "refusal" : "output_text";
  const toDelta = (delta: string, index: number): Json => {
    const told = refusal ? {} : { logprobs: toLogprobs(logprobs?.slice(index, index + 1), request) };
    return { type: `response.${kind}.delta`, ...at, delta, ...told };
  };
  const toAdded = (annotation: Json, index: number): Json => ({
    type: "response.output_text.annotation.added",
    ...at,
    annotation_index: index,
    annotation,
  });
  return [
    {
      begun: { ...item, status: "in_progress", content: [], role: "assistant" },
      whole: { ...item, content: [part(said)], role: "assistant" },
      events: [
        { type: "response.content_part.added", ...at, part: part("") },
        ...pieces.map(toDelta),
        ...annotations.map(toAdded),
        refusal
          ? { type: "response.refusal.done", ...at, refusal: said }
          : { type: "response.output_text.done", ...at, text: said, logprobs: toLogprobs(logprobs, request) },
        { type: "response.content_part.done", ...at, part: part(said) },
      ],
    },
  ];
}

function toCalls({ toolCalls = [] }: SaidAnswer): SaidItem[] {
  return toolCalls.map(({ id, name, arguments: pieces }) => {
    const item = { id: `fc_vendor_${id}`, type: "function_call", call_id: id, name };
    const text = join(pieces);
    return {
      begun: { ...item, status: "in_progress", arguments: "" },
      whole: { ...item, status: "completed", arguments: text },
      events: [
        ...pieces.map((delta) => ({ type: "response.function_call_arguments.delta", delta })),
        { type: "response.function_call_arguments.done", arguments: text },
      ],
    };
  });
}

function toUsage({ usage }: SaidAnswer): Json {
  const { input, cacheRead = 0, cacheWrite = 0, output, reasoning = 0 } = usage;
  return {
    input_tokens: input + cacheRead + cacheWrite,
    input_tokens_details: { cache_write_tokens: cacheWrite, cached_tokens: cacheRead },
    output_tokens: output + reasoning,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + cacheRead + cacheWrite + output + reasoning,
  };
}

const incomplete: Readonly<Record<string, string>> = {
  length: "max_output_tokens",
  "content-filter": "content_filter",
};

/** The `response` object, without what it answers. Every answer has an id of its own, the same in every run. */
function toHead(answer: SaidAnswer, { body }: SeenRequest): Json {
  return {
    id: `resp_${sha256(JSON.stringify([body, answer])).slice(0, 48)}`,
    object: "response",
    created_at: 1_772_011_293,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    model: body["model"],
    output: [],
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null, ...(body["reasoning"] as Json | undefined) },
    service_tier: "default",
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: body["text"] ?? { format: { type: "text" }, verbosity: "medium" },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_p: body["top_p"] ?? 1,
    truncation: "disabled",
    usage: null,
    metadata: {},
  };
}

function sayWhole(answer: SaidAnswer, request: SeenRequest, items: readonly SaidItem[]): Json {
  const reason = incomplete[answer.end];
  return {
    ...toHead(answer, request),
    status: reason === undefined ? "completed" : "incomplete",
    incomplete_details: reason === undefined ? null : { reason },
    output: items.map(({ whole }) => whole),
    usage: toUsage(answer),
  };
}

function sayStream(answer: SaidAnswer, request: SeenRequest, items: readonly SaidItem[]): string[] {
  const response = toHead(answer, request);
  const whole = sayWhole(answer, request, items);
  const events: Json[] = [
    { type: "response.created", response },
    { type: "response.in_progress", response },
    ...items.flatMap(({ begun, whole: item, events: between }, index) => [
      { type: "response.output_item.added", output_index: index, item: begun },
      ...between.map((event) => ({ ...event, item_id: item["id"], output_index: index })),
      { type: "response.output_item.done", output_index: index, item },
    ]),
    { type: `response.${String(whole["status"])}`, response: whole },
  ];
  return events.map(({ type, ...fields }, index) => {
    const data = { type, sequence_number: index, ...fields };
    return `event: ${String(type)}\ndata: ${JSON.stringify(data)}\n\n`;
  });
}

/** OpenAI's Responses. */
export const openAiResponsesVendor: MatrixVendor = {
  name: "openai-responses",
  provider: (url) => ({ type: "openai-responses", vendor: "openai", baseUrl: `${url}/v1` }),
  environment: { OPENAI_API_KEY: "openai-key" },
  headers: { authorization: /^Bearer openai-key$/ },
  models: { plain: "gpt-4o", reasoning: "gpt-5.2" },
  relays: "responses",
  say: (answer, request) => {
    const items = [...toReasoning(answer, request), ...toMessage(answer, request), ...toCalls(answer)];
    return request.body["stream"] === true
      ? renderEvents(sayStream(answer, request, items))
      : renderJson(sayWhole(answer, request, items));
  },
  fail: (failure, request) => {
    if (failure !== "overloaded" || request.body["stream"] !== true) return failOpenAi(failure);
    const begun = sayStream(firstWords, request, toMessage(firstWords, request)).slice(0, 5);
    const error = { code: "server_error", message: "The server is overloaded." };
    const response = { ...toHead(firstWords, request), status: "failed", error };
    const data = { type: "response.failed", sequence_number: begun.length, response };
    return renderEvents([...begun, `event: response.failed\ndata: ${JSON.stringify(data)}\n\n`]);
  },
};
