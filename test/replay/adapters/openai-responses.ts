import type { OpenAiVendor } from "../../../src/endpoint/vendors.ts";
import { parseJson } from "../../../src/json.ts";
import { createOpenAiResponsesProvider } from "../../../src/providers/openai-responses/openai-responses.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, isStream, type Recording } from "../recording.ts";

interface Foreign {
  object?: string;
  status?: string;
  output?: ForeignItem[];
  usage?: ForeignUsage | null;
  incomplete_details?: { reason?: string } | null;
  input_tokens?: number;
}

interface ForeignItem {
  type: string;
  name?: string;
  arguments?: string;
  content?: { type: string; text?: string; refusal?: string }[];
  summary?: { text: string }[];
}

interface ForeignUsage {
  input_tokens: number;
  output_tokens: number;
  input_tokens_details: { cached_tokens: number; cache_write_tokens?: number };
  output_tokens_details: { reasoning_tokens: number };
}

interface ForeignEvent {
  type: string;
  delta?: string;
  output_index?: number;
  summary_index?: number;
  content_index?: number;
  item?: ForeignItem;
  response?: Foreign;
}

function eventsOf(recording: Recording): ForeignEvent[] {
  return bodyOf(recording)
    .toString()
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => parseJson(line.slice("data:".length)) as ForeignEvent);
}

type Said = Pick<Extract<Expected, { type: "answer" }>, "text" | "reasoning" | "toolCalls"> & { isRefusal: boolean };

/** By the deltas alone. */
function sayStream(events: readonly ForeignEvent[]): Said {
  const of = (...types: string[]): ForeignEvent[] => events.filter(({ type }) => types.includes(type));
  const join = (deltas: readonly ForeignEvent[]): string => deltas.map(({ delta }) => delta).join("");
  const thoughts = Map.groupBy(
    of("response.reasoning_summary_text.delta", "response.reasoning_text.delta"),
    (event) => event.output_index,
  );
  return {
    text: join(of("response.output_text.delta", "response.refusal.delta")),
    // The pieces of one item are set apart by an empty line.
    reasoning: [...thoughts.values()]
      .map((deltas) => [...Map.groupBy(deltas, (event) => event.summary_index).values()].map(join).join("\n\n"))
      .join(""),
    toolCalls: of("response.output_item.added")
      .filter(({ item }) => item?.type === "function_call")
      .map(({ item, output_index: index }) => ({
        name: item!.name!,
        arguments: join(of("response.function_call_arguments.delta").filter(({ output_index: own }) => own === index)),
      })),
    isRefusal: of("response.refusal.delta").length > 0,
  };
}

function sayWhole(output: readonly ForeignItem[]): Said {
  const of = (type: string): ForeignItem[] => output.filter((item) => item.type === type);
  const contents = of("message").flatMap(({ content = [] }) => content);
  return {
    text: contents.map(({ text, refusal }) => text ?? refusal).join(""),
    reasoning: of("reasoning")
      .map(({ summary = [], content = [] }) => [...summary, ...content].map(({ text }) => text).join("\n\n"))
      .join(""),
    toolCalls: of("function_call").map((call) => ({ name: call.name!, arguments: call.arguments! })),
    isRefusal: contents.some(({ type }) => type === "refusal"),
  };
}

function toUsage(usage: ForeignUsage): Usage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cachedInputTokens: usage.input_tokens_details.cached_tokens,
    cacheWriteTokens: usage.input_tokens_details.cache_write_tokens,
    reasoningTokens: usage.output_tokens_details.reasoning_tokens,
  };
}

function toReason(raw: string, { toolCalls, isRefusal }: Said): FinishReason {
  if (raw === "max_output_tokens") return "length";
  if (raw === "content_filter" || isRefusal) return "content_filter";
  return toolCalls.length > 0 ? "tool_calls" : "stop";
}

function expectAnswer(recording: Recording): Expected {
  if (recording.response.status === 400) {
    const isModelUnknown = bodyOf(recording).includes('"model_not_found"');
    return { type: "failure", code: isModelUnknown ? "provider_model_unknown" : "provider_rejected" };
  }
  const events = isStream(recording) ? eventsOf(recording) : undefined;
  const last = events?.at(-1)?.response;
  const whole = last ?? (parseJson(bodyOf(recording).toString()) as Foreign);
  if (whole.input_tokens !== undefined) return { type: "token-count", inputTokens: whole.input_tokens };
  if (whole.status === "failed") return { type: "failure", code: "provider_unavailable" };
  // Of responses in the background, which Headgate never asks for.
  if (whole.status !== "completed" && whole.status !== "incomplete")
    return { type: "failure", code: "provider_protocol" };
  const said = events ? sayStream(events) : sayWhole(whole.output ?? []);
  const raw = whole.incomplete_details?.reason ?? whole.status;
  const usage = whole.usage ? toUsage(whole.usage) : undefined;
  const { text, reasoning, toolCalls } = said;
  const finishReason = toReason(raw, said);
  return { type: "answer", text, reasoning, toolCalls, finishReason, rawFinishReason: raw, usage };
}

const vendors: Readonly<Record<string, OpenAiVendor>> = { azure: "azure", xai: "xai", deepseek: "deepseek" };

const usage: ForeignUsage = {
  input_tokens: 9,
  output_tokens: 7,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 3 },
};

function byHand(id: string, response: Recording["response"]): Recording {
  const request = { method: "POST", host: "h", path: "/v1/responses" };
  return { id, provider: "hand", request, response, meta: { endpoint: "openai.responses" } };
}

function toEvents(...events: ForeignEvent[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export const openAiResponsesAdapter: ReplayAdapter = {
  name: "openai-responses",
  covers: ({ meta }) => meta.endpoint === "openai.responses" || meta.endpoint === "openai.responses.get",
  create: ({ url, recording, outbound, clock }) => {
    const vendor = vendors[recording.provider] ?? "openai";
    return createOpenAiResponsesProvider({ name: "replay", baseUrl: `${url}/v1`, vendor, outbound, clock });
  },
  expect: expectAnswer,
  dialect: "openai-responses",
  handWritten: [
    byHand("text", {
      status: 200,
      sse_text: toEvents(
        { type: "response.created", response: { status: "in_progress", output: [] } },
        { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 0, delta: "**One**" },
        { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 1, delta: "**Two**" },
        { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "Grüße " },
        { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "漢字 👩‍🚀" },
        { type: "response.completed", response: { status: "completed", output: [], usage } },
      ),
    }),
    byHand("tools", {
      status: 200,
      sse_text: toEvents(
        { type: "response.output_item.added", output_index: 0, item: { type: "function_call", name: "f" } },
        { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"x"' },
        { type: "response.output_item.added", output_index: 1, item: { type: "function_call", name: "g" } },
        { type: "response.function_call_arguments.delta", output_index: 1, delta: "{}" },
        { type: "response.function_call_arguments.delta", output_index: 0, delta: ":1}" },
        { type: "response.completed", response: { status: "completed", output: [], usage } },
      ),
    }),
    byHand("cut-by-limit", {
      status: 200,
      sse_text: toEvents(
        { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "Half" },
        {
          type: "response.incomplete",
          response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, usage },
        },
      ),
    }),
    byHand("whole", {
      status: 200,
      body: {
        status: "completed",
        output: [{ type: "web_search_call" }, { type: "message", content: [{ type: "refusal", refusal: "No." }] }],
        usage,
      },
    }),
    byHand("failed", { status: 200, sse_text: toEvents({ type: "response.failed", response: { status: "failed" } }) }),
    byHand("error", { status: 400, body: { error: { code: "invalid_json_schema", message: "No." } } }),
  ],
};
