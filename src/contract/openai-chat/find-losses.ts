import type { ChatRequestBody } from "./chat-request-schema.ts";
import { saysSomething, type LossList } from "../loss-list.ts";

// `n`, `functions` and their like are told on their own.
const known: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "temperature",
  "top_p",
  "top_k",
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "reasoning_effort",
  "reasoning",
  "verbosity",
  "service_tier",
  "user",
  "safety_identifier",
  "logprobs",
  "top_logprobs",
  "n",
  "parallel_tool_calls",
  "tool_choice",
  "response_format",
  "tools",
  "modalities",
]);

const reasoningFields: ReadonlySet<string> = new Set(["effort", "max_tokens"]);

/** Left out, since the answer is worth as much without them. */
const dropped: Readonly<Record<string, string>> = {
  store: "Headgate keeps no answers of this dialect",
  metadata: "is for answers that their vendor keeps",
  prediction: "only makes OpenAI's models faster",
  prompt_cache_key: "caches of other providers need no key",
  prompt_cache_retention: "how long other providers cache is not set so",
  prompt_cache_options: "how other providers cache is not set so",
};

/** Refused, since an answer without them would be another one. */
const refused: Readonly<Record<string, string>> = {
  functions: "is the way that tools have taken the place of: name them in tools",
  function_call: "is the way that tools have taken the place of: use tool_choice",
  logit_bias: "names tokens by numbers that mean others to other models",
  web_search_options: "asks for a search that only OpenAI's models do",
  moderation: "is done by OpenAI only",
  audio: "other providers do not answer with sound",
};

const told: ReadonlySet<string> = new Set([...known, ...Object.keys(dropped), ...Object.keys(refused)]);

/** What of the request's own fields a provider of another dialect cannot be told. Messages and tools tell theirs. */
export function findLosses(request: ChatRequestBody, losses: LossList): void {
  for (const [field, value] of Object.entries(request)) {
    if (!saysSomething(value) && field !== "web_search_options") continue;
    if (Object.hasOwn(dropped, field)) losses.drop([field], dropped[field]!);
    if (Object.hasOwn(refused, field) && value !== null) losses.refuse([field], refused[field]!);
  }
  losses.dropOthers([], request, told);
  if (request.reasoning) losses.dropOthers(["reasoning"], request.reasoning, reasoningFields);
  if (typeof request.n === "number" && request.n > 1) losses.refuse(["n"], "other providers write one answer");
  const modalities = request["modalities"];
  if (Array.isArray(modalities) && modalities.some((name) => name !== "text")) {
    losses.refuse(["modalities"], "other providers answer with text");
  }
  const format = request.response_format?.type;
  if (format !== undefined && !["text", "json_object", "json_schema"].includes(format)) {
    losses.refuse(["response_format"], "is a form that only its vendor knows");
  }
  if (request.stream_options?.["include_obfuscation"] === true) {
    losses.drop(["stream_options", "include_obfuscation"], "only OpenAI pads its events");
  }
}
