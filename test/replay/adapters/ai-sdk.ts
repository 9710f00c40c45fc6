import { createCohere } from "@ai-sdk/cohere";
import { isRecord, parseJson } from "../../../src/json.ts";
import { createAiSdkProvider } from "../../../src/providers/ai-sdk/ai-sdk.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, isStream, type Recording } from "../recording.ts";

/** What Cohere says in a message, or adds to one. */
interface ForeignMessage {
  readonly content?: readonly ForeignContent[] | ForeignContent;
  readonly tool_calls?: readonly ForeignCall[] | ForeignCall;
}

interface ForeignContent {
  readonly text?: string;
  readonly thinking?: string;
}

interface ForeignCall {
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface ForeignUsage {
  readonly tokens?: { readonly input_tokens: number; readonly output_tokens: number };
}

interface ForeignAnswer {
  readonly message?: ForeignMessage;
  readonly finish_reason?: string;
  readonly usage?: ForeignUsage;
}

function answersOf(recording: Recording): ForeignAnswer[] {
  const body = bodyOf(recording).toString();
  if (!isStream(recording)) return [parseJson(body) as ForeignAnswer];
  const lines = body.split(/\r\n|\n|\r/).filter((line) => line.startsWith("data:") && !line.includes("[DONE]"));
  return lines.map((line) => {
    const event = parseJson(line.slice("data:".length));
    return isRecord(event) && isRecord(event["delta"]) ? event["delta"] : {};
  });
}

const reasons: Readonly<Record<string, FinishReason>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool_calls",
};

function expectAnswer(recording: Recording): Expected {
  const { status } = recording.response;
  if (status !== 200) return { type: "failure", code: status === 404 ? "provider_model_unknown" : "provider_rejected" };
  let [text, reasoning] = ["", ""];
  let raw = "";
  let usage: Usage | undefined;
  const toolCalls: { name: string; arguments: string }[] = [];
  for (const { message = {}, finish_reason: reason, usage: reported } of answersOf(recording)) {
    raw = reason ?? raw;
    if (reported?.tokens) {
      usage = { inputTokens: reported.tokens.input_tokens, outputTokens: reported.tokens.output_tokens };
    }
    for (const piece of [message.content ?? []].flat()) {
      text += piece.text ?? "";
      reasoning += piece.thinking ?? "";
    }
    for (const { function: called = {} } of [message.tool_calls ?? []].flat()) {
      const { name, arguments: args = "" } = called;
      if (name !== undefined) toolCalls.push({ name, arguments: args });
      else toolCalls[toolCalls.length - 1]!.arguments += args;
    }
  }
  return {
    type: "answer",
    text,
    reasoning,
    toolCalls,
    finishReason: reasons[raw] ?? "other",
    rawFinishReason: raw,
    usage,
  };
}

const emptyArguments = "The AI SDK's models hand out arguments as JSON, so none at all are {}.";
const toolCitation =
  "@ai-sdk/cohere reads citations of documents only, and refuses an answer that cites a tool's result.";

/** Cohere, which Headgate has no adapter of its own for, through the AI SDK's. */
export const aiSdkAdapter: ReplayAdapter = {
  name: "ai-sdk",
  covers: ({ provider, meta }) => provider === "cohere" && ["cohere.chat.v2", "cohere.embed"].includes(meta.endpoint),
  create: ({ url, clock }) => {
    const cohere = createCohere({ baseURL: `${url}/v2`, apiKey: "key" });
    return createAiSdkProvider({
      name: "replay",
      languageModel: cohere,
      embeddingModel: (name) => cohere.embedding(name),
      clock,
    });
  },
  expect: expectAnswer,
  hasOwnConnections: true,
  differences: {
    "2167e6a4c238": emptyArguments,
    "52c3af06659d": emptyArguments,
    "15ddfef3482f": toolCitation,
    "31b02e7f0006": toolCitation,
  },
  handWritten: [
    {
      id: "whole",
      provider: "cohere",
      request: { method: "POST", host: "h", path: "/v2/chat" },
      response: {
        status: 200,
        body: {
          id: "1",
          message: { role: "assistant", content: [{ type: "text", text: "Grüße" }] },
          finish_reason: "COMPLETE",
          usage: { tokens: { input_tokens: 3, output_tokens: 4 } },
        },
      },
      meta: { endpoint: "cohere.chat.v2" },
    },
  ],
};
