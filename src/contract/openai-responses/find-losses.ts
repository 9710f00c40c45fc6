import type { LossList } from "../loss-list.ts";
import type { ResponsesRequestBody } from "./responses-request-schema.ts";

const knownFields: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "previous_response_id",
  "store",
  "stream",
  "stream_options",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "include",
  "max_output_tokens",
  "temperature",
  "top_p",
  "top_logprobs",
  "truncation",
  "service_tier",
  "user",
  "safety_identifier",
  "metadata",
  // Answered with what they say when nothing is to be done.
  "background",
  // Counts the calls of OpenAI's own tools, which are refused by themselves.
  "max_tool_calls",
]);

const why: Readonly<Record<string, string>> = {
  prompt_cache_key: "caches of other providers need no key",
  prompt_cache_retention: "how long other providers cache is not set so",
  prompt_cache_options: "how other providers cache is not set so",
  context_management: "only OpenAI shortens conversations by itself",
};

const includes: ReadonlySet<string> = new Set(["message.output_text.logprobs", "reasoning.encrypted_content"]);
const textFields: ReadonlySet<string> = new Set(["format", "verbosity"]);
const reasoningFields: ReadonlySet<string> = new Set(["effort", "summary", "generate_summary"]);

/** What of the request's own fields a provider of another dialect cannot be told. Items, tools and settings tell theirs. */
export function findLosses(request: ResponsesRequestBody, losses: LossList): void {
  for (const [field, value] of Object.entries(request)) {
    const reason = Object.hasOwn(why, field) ? why[field] : undefined;
    if (reason !== undefined && value !== null && value !== undefined) losses.drop([field], reason);
  }
  const { moderation } = request;
  if (moderation !== undefined && moderation !== null) losses.refuse(["moderation"], "is done by OpenAI only");
  losses.dropOthers([], request, new Set([...knownFields, ...Object.keys(why), "moderation"]));
  losses.dropOthers(["text"], request.text ?? {}, textFields);
  losses.dropOthers(["reasoning"], request.reasoning ?? {}, reasoningFields);
  if (request.truncation === "auto") {
    losses.drop(["truncation"], "a conversation that is too long is an error with other providers");
  }
  const summary = request.reasoning?.summary ?? request.reasoning?.generate_summary;
  if (typeof summary === "string" && summary !== "auto") {
    losses.drop(["reasoning", "summary"], "how much of its reasoning another model shows is its own affair");
  }
  if (request.stream_options?.include_obfuscation === true) {
    losses.drop(["stream_options", "include_obfuscation"], "only OpenAI pads its events");
  }
  for (const [index, name] of (request.include ?? []).entries()) {
    if (!includes.has(name)) losses.drop(["include", index], "only OpenAI's own tools report it");
  }
}
