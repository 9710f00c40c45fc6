import { isRecord } from "../../json.ts";
import type { Message, ReasoningBlock, ToolCall } from "../../message.ts";
import type { ChatMessageBody } from "./chat-request-schema.ts";
import { saysSomething, type LossList, type LossPath } from "../loss-list.ts";
import { readPart } from "./read-parts.ts";
import { whyNoTool } from "./read-tools.ts";
import { readReasoningDetails } from "./reasoning-details.ts";

const known: ReadonlySet<string> = new Set([
  "role",
  "content",
  "tool_calls",
  "tool_call_id",
  "refusal",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
  // Told on their own, or an answer's own words that say nothing to the model.
  "name",
  "audio",
  "function_call",
  "annotations",
]);

export function readMessages(messages: readonly ChatMessageBody[], losses: LossList): Message[] {
  return messages.map((message, at) => readMessage(message, ["messages", at], losses));
}

function readMessage(message: ChatMessageBody, path: LossPath, losses: LossList): Message {
  tellLosses(message, path, losses);
  const toolCalls = readToolCalls(message.tool_calls, path, losses);
  const reasoning = message.role === "assistant" ? readReasoning(message) : [];
  return {
    role: toRole(message.role),
    content: readContent(message, path, losses),
    ...(reasoning.length > 0 ? { reasoning } : {}),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(typeof message.tool_call_id === "string" ? { toolCallId: message.tool_call_id } : {}),
  };
}

function tellLosses(message: ChatMessageBody, path: LossPath, losses: LossList): void {
  losses.dropOthers(path, message, known);
  const { name, audio, function_call: call } = message;
  if (message.role === "function" || saysSomething(call)) {
    losses.refuse(path, "calls a function in the way that tools have taken the place of");
  }
  // A tool's name stands in its call as well.
  if (saysSomething(name) && message.role !== "tool") losses.drop([...path, "name"], "other providers know no names");
  if (saysSomething(audio)) losses.refuse([...path, "audio"], "names an answer that its vendor keeps");
}

function toRole(role: ChatMessageBody["role"]): Message["role"] {
  if (role === "developer") return "system";
  return role === "function" ? "tool" : role;
}

function readContent(message: ChatMessageBody, path: LossPath, losses: LossList): Message["content"] {
  const { content, refusal } = message;
  if (typeof content === "string" && content !== "") return content;
  const parts = Array.isArray(content)
    ? content.flatMap((part, at) => readPart(part, [...path, "content", at], losses))
    : [];
  if (parts.length > 0) return parts;
  // What the model refused with was its answer.
  return typeof refusal === "string" ? refusal : "";
}

function readToolCalls(calls: ChatMessageBody["tool_calls"], path: LossPath, losses: LossList): ToolCall[] {
  return (calls ?? []).flatMap((call, at): ToolCall[] => {
    if (!call.function) {
      const why = call.type === "custom" ? whyNoTool("custom") : "calls a tool that only its vendor runs";
      losses.refuse([...path, "tool_calls", at], why);
      return [];
    }
    const { name, arguments: text } = call.function;
    const signature = readSignature(call);
    return [{ id: call.id, name, arguments: text, ...(signature === undefined ? {} : { signature }) }];
  });
}

/** Where Google puts it behind its own OpenAI address, and Headgate too. */
function readSignature({ extra_content: extra }: Record<string, unknown>): string | undefined {
  const google = isRecord(extra) ? extra["google"] : undefined;
  const signature = isRecord(google) ? google["thought_signature"] : undefined;
  return typeof signature === "string" ? signature : undefined;
}

function readReasoning(message: ChatMessageBody): ReasoningBlock[] {
  const blocks = readReasoningDetails(message["reasoning_details"]);
  if (blocks.length > 0) return blocks;
  const text = [message["reasoning_content"], message["reasoning"]].find((value) => saysSomething(value));
  return typeof text === "string" ? [{ vendor: "other", text }] : [];
}
