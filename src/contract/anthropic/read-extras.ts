import type { LossList } from "../loss-list.ts";
import type { MessagesRequestBody } from "./messages-request-schema.ts";

const mappedFields = new Set([
  "model",
  "messages",
  "system",
  "max_tokens",
  "stream",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "thinking",
  "output_config",
  "output_format",
  "tools",
  "tool_choice",
  "metadata",
  "service_tier",
  "cache_control",
]);

/** Fields without which the answer would be to another question. */
const refusedFields: Readonly<Record<string, string>> = {
  mcp_servers: "only Anthropic's API calls MCP servers",
  container: "only Anthropic's API runs code in containers",
  inference_geo: "where the model runs cannot be promised",
  thread: "only Anthropic's API keeps conversations",
  compaction: "only Anthropic's API compacts conversations",
};

/** Fields that change how Anthropic goes about it, not what is asked. */
const droppedFields: Readonly<Record<string, string>> = {
  context_management: "the whole conversation is sent",
  fallbacks: "which model stands in is the project's to say",
  speed: "only Anthropic's API offers it",
};

/** The top-level fields that Headgate's words do not carry. */
export function readExtras(request: MessagesRequestBody, losses: LossList): void {
  for (const [field, why] of Object.entries(refusedFields)) {
    if (isSet(request[field])) losses.refuse([field], why);
  }
  for (const [field, why] of Object.entries(droppedFields)) {
    if (isSet(request[field])) losses.drop([field], why);
  }
  losses.dropOthers([], request, toldFields);
}

const toldFields = new Set([...mappedFields, ...Object.keys(refusedFields), ...Object.keys(droppedFields)]);

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
