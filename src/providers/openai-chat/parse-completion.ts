import type { ToolCall } from "../../message.ts";
import type { Completion } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { parseUsage } from "./parse-usage.ts";
import { readMessage, toArgumentsText, toFinishReason } from "./read-message.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";

/**
 * Reads a whole answer of status 200.
 * @throws HeadgateError `provider_protocol` if it is not a completion; what the body reports if it carries an error
 */
export function parseCompletion(peer: string, bytes: Buffer): Completion {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const failure = findInBandError(peer, body);
  if (failure) throw failure;
  const choice: unknown = Array.isArray(body["choices"]) ? body["choices"][0] : undefined;
  if (!isRecord(choice) || !isRecord(choice["message"])) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a message.` });
  }
  const { text, reasoning, refusal } = readMessage(choice["message"]);
  const toolCalls = readToolCalls(choice["message"]["tool_calls"]);
  const usage = parseUsage(body["usage"]);
  const isRefusal = refusal !== "" && text === "";
  return {
    text: isRefusal ? refusal : text,
    ...(reasoning === "" ? {} : { reasoning }),
    toolCalls,
    finishReason: isRefusal ? "content_filter" : toFinishReason(choice["finish_reason"], toolCalls.length > 0),
    ...(usage ? { usage } : {}),
  };
}

function readToolCalls(value: unknown): ToolCall[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).flatMap((call) => {
    const target = call["function"];
    if (!isRecord(target) || typeof target["name"] !== "string") return [];
    const id = typeof call["id"] === "string" ? call["id"] : "";
    return [{ id, name: target["name"], arguments: toArgumentsText(target["arguments"]) }];
  });
}
