import { isRecord } from "../../json.ts";
import type { ModelRequest } from "../provider.ts";
import { forModel, type Quirks } from "./quirks.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The client's own body with `model` replaced, without what only another vendor can have written into earlier answers:
 * vendors refuse fields that are not their own.
 */
export function toRelayBody(
  body: Fields,
  { model }: ModelRequest,
  vendorQuirks: Quirks,
  warn: (warning: string) => void,
): Record<string, unknown> {
  const { messages } = body;
  const quirks = forModel(vendorQuirks, model);
  if (quirks.ownReasoning === "anything" || !Array.isArray(messages)) return { ...body, model };
  const kept = messages.map((message: unknown) => (isAnswer(message) ? withoutOthers(message, quirks) : message));
  if (kept.every((message, at) => message === messages[at])) return { ...body, model };
  if (messages.some((message) => isAnswer(message) && hasDetails(message))) {
    warn(`The reasoning of earlier turns is of another vendor than ${quirks.label} and was dropped.`);
  }
  return { ...body, model, messages: kept };
}

function isAnswer(message: unknown): message is Fields {
  return isRecord(message) && message["role"] === "assistant";
}

function hasDetails({ reasoning_details: details }: Fields): boolean {
  return Array.isArray(details) && details.length > 0;
}

function withoutOthers(message: Fields, quirks: Quirks): Fields {
  const unsigned = quirks.hasSignatures ? message : withoutSignatures(message);
  if (quirks.ownReasoning === "text" && !hasDetails(message)) return unsigned;
  const { reasoning_details: details, reasoning_content: text, reasoning, ...kept } = unsigned;
  if (details === undefined && text === undefined && reasoning === undefined) return unsigned;
  return quirks.needsReasoningBack ? { ...kept, reasoning_content: "" } : kept;
}

/** Google's seals of tool calls. */
function withoutSignatures(message: Fields): Fields {
  const { tool_calls: calls } = message;
  if (!Array.isArray(calls) || !calls.some(isSigned)) return message;
  return { ...message, tool_calls: calls.map((call: unknown) => (isSigned(call) ? withoutSignature(call) : call)) };
}

function isSigned(call: unknown): call is Fields {
  return isRecord(call) && isRecord(call["extra_content"]) && "google" in call["extra_content"];
}

function withoutSignature({ extra_content: extra, ...call }: Fields): Fields {
  const { google: _, ...others } = extra as Fields;
  return Object.keys(others).length === 0 ? call : { ...call, extra_content: others };
}
