import type { ModelSettings, OutputFormat, ReasoningEffort } from "../../message.ts";
import type { ChatRequestBody } from "./chat-request-schema.ts";
import type { LossList } from "../loss-list.ts";

const efforts = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
] as const satisfies readonly ReasoningEffort[];
const verbosities = ["low", "medium", "high"] as const;

/** The settings of a request, all but those of tools' choice. */
export function readSettings(request: ChatRequestBody, losses: LossList): ModelSettings {
  const { stop } = request;
  const effort = request.reasoning_effort ?? request.reasoning?.effort;
  const path = typeof request.reasoning_effort === "string" ? ["reasoning_effort"] : ["reasoning", "effort"];
  return dropAbsent({
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens,
    stop: typeof stop === "string" ? [stop] : stop,
    seed: request.seed,
    presencePenalty: unlessDefault(request.presence_penalty, 0),
    frequencyPenalty: unlessDefault(request.frequency_penalty, 0),
    reasoningEffort: pick(efforts, effort, () => losses.drop(path, "is no effort that providers know")),
    reasoningTokens: request.reasoning?.max_tokens,
    parallelToolCalls: request.parallel_tool_calls,
    topLogprobs: readLogprobs(request),
    jsonMode: isJsonMode(request.response_format) ? true : undefined,
    verbosity: pick(verbosities, unlessDefault(request.verbosity, "medium"), () =>
      losses.drop(["verbosity"], "is no verbosity that providers know"),
    ),
    // It leaves the choice to the provider, which others need not be told.
    serviceTier: request.service_tier === "auto" ? undefined : request.service_tier,
    user: request.user ?? request.safety_identifier,
  });
}

/** A schema for the answer; undefined for text, and for any JSON. */
export function readOutput(format: ChatRequestBody["response_format"]): OutputFormat | undefined {
  const wanted = format?.type === "json_schema" ? format.json_schema : undefined;
  if (!wanted?.schema) return undefined;
  const { name, description, schema, strict } = wanted;
  return {
    name,
    ...(typeof description === "string" ? { description } : {}),
    schema,
    ...(typeof strict === "boolean" ? { isStrict: strict } : {}),
  };
}

function isJsonMode(format: ChatRequestBody["response_format"]): boolean {
  if (format?.type === "json_object") return true;
  return format?.type === "json_schema" && !format.json_schema?.schema;
}

function readLogprobs({ logprobs, top_logprobs: top }: ChatRequestBody): number | undefined {
  if (typeof logprobs === "number") return logprobs;
  return logprobs === true ? (top ?? 0) : undefined;
}

function pick<T extends string>(
  known: readonly T[],
  value: string | null | undefined,
  onOther: () => void,
): T | undefined {
  const found = known.find((name) => name === value);
  if (found === undefined && typeof value === "string") onOther();
  return found;
}

/** Careful clients say what holds anyway, which others need not be told. */
function unlessDefault<T>(value: T, usual: T): T | undefined {
  return value === usual ? undefined : value;
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null | undefined };

function dropAbsent(settings: Nullable<ModelSettings>): ModelSettings {
  const present: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined && value !== null) present[name] = value;
  }
  return present;
}
