import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { ToolCall } from "../../message.ts";
import type { Completion } from "../../reply.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { parseUsage } from "./parse-usage.ts";
import { readLogprobs } from "./read-logprobs.ts";
import { readMessage, readSignature, toArgumentsText, toFinishReason } from "./read-message.ts";
import { createSourceReader } from "./read-sources.ts";
import { createReasoningBlocks } from "./reasoning-blocks.ts";

/**
 * Reads a whole answer of status 200.
 * @throws HeadgateError `provider_protocol` if it is not a completion; what the body reports if it carries an error
 */
export function parseCompletion(peer: string, bytes: Buffer): Completion {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const choice: unknown = Array.isArray(body["choices"]) ? body["choices"][0] : undefined;
  // OpenRouter puts the failure of a model's host into the choice, beside the half that it got.
  const failure = findInBandError(peer, body) ?? (isRecord(choice) ? findInBandError(peer, choice) : undefined);
  if (failure) throw failure;
  if (!isRecord(choice) || !isRecord(choice["message"])) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a message.` });
  }
  const { message, finish_reason: reason } = choice;
  const { text, reasoning, refusal } = readMessage(message);
  const blocks = createReasoningBlocks();
  blocks.add(message, reasoning);
  const reasoningBlocks = blocks.take();
  const sources = createSourceReader();
  const found = [...sources.readBody(body), ...sources.readMessage(message)];
  const logprobs = readLogprobs(choice["logprobs"]);
  const toolCalls = readToolCalls(message["tool_calls"]);
  const usage = parseUsage(body["usage"], body["service_tier"]);
  const isRefusal = refusal !== "" && text === "";
  if (text === "" && toFinishReason(reason, toolCalls.length > 0) === "stop" && isHollow(message)) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered with a message that has no content.` });
  }
  return {
    text: isRefusal ? refusal : text,
    ...(isRefusal ? { isRefusal } : {}),
    ...(reasoning === "" ? {} : { reasoning }),
    ...(reasoningBlocks.length === 0 ? {} : { reasoningBlocks }),
    ...(found.length === 0 ? {} : { sources: found }),
    ...(logprobs ? { logprobs } : {}),
    toolCalls,
    finishReason: isRefusal ? "content_filter" : toFinishReason(reason, toolCalls.length > 0),
    ...(typeof reason === "string" ? { rawFinishReason: reason } : {}),
    ...(usage ? { usage } : {}),
  };
}

/** Nothing was said: an empty answer has at least a text that is empty. */
function isHollow({ role: _role, ...fields }: Readonly<Record<string, unknown>>): boolean {
  const isNothing = (value: unknown): boolean =>
    value === null || value === undefined || typeof value === "number" || (Array.isArray(value) && value.length === 0);
  return Object.entries(fields).every(([name, value]) => isNothing(value) || (name !== "content" && value === ""));
}

function readToolCalls(value: unknown): ToolCall[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).flatMap((call): ToolCall[] => {
    const target = call["function"];
    if (!isRecord(target) || typeof target["name"] !== "string") return [];
    const id = typeof call["id"] === "string" ? call["id"] : "";
    const signature = readSignature(call);
    return [
      {
        id,
        name: target["name"],
        arguments: toArgumentsText(target["arguments"]),
        ...(signature === undefined ? {} : { signature }),
      },
    ];
  });
}
