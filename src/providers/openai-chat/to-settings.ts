import type { ModelSettings, ReasoningEffort } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import type { Lackable, Quirks } from "./quirks.ts";
import { chooseEffort } from "./to-effort.ts";

type Warn = (warning: string) => void;

const plainFields = [
  ["temperature", "temperature"],
  ["topP", "top_p"],
  ["topK", "top_k"],
  ["presencePenalty", "presence_penalty"],
  ["frequencyPenalty", "frequency_penalty"],
  ["verbosity", "verbosity"],
  ["serviceTier", "service_tier"],
] as const satisfies readonly (readonly [keyof ModelSettings & Lackable, string])[];

/** The settings in the vendor's words. What it lacks is left out, with a warning each. */
export function toForeignSettings(request: ModelRequest, quirks: Quirks, warn: Warn): Record<string, unknown> {
  const { settings } = request;
  const lacks = (name: Lackable): boolean => quirks.lacks.includes(name);
  const body: Record<string, unknown> = {};
  const set = (name: Lackable, field: string, value: unknown): void => {
    if (value === undefined) return;
    if (lacks(name)) warn(`${name} is not offered by ${quirks.label} for this model and was dropped.`);
    else body[field] = value;
  };
  const effort = lacks("reasoningEffort") ? undefined : chooseEffort(settings, quirks, warn);
  if (lacks("reasoningEffort")) warnOfEffort(settings, quirks, warn);
  const isSilent = quirks.samplesWithoutReasoningOnly && effort !== "none";
  for (const [name, field] of plainFields) {
    const isSampling = name === "temperature" || name === "topP";
    if (isSampling && isSilent && settings[name] !== undefined) warnOfSampling(name, quirks, warn);
    else set(name, field, settings[name]);
  }
  if (settings.maxOutputTokens !== undefined) body[quirks.limitField] = settings.maxOutputTokens;
  set("stop", "stop", settings.stop && settings.stop.length > 0 ? settings.stop : undefined);
  set("seed", quirks.seedField, settings.seed);
  set("user", quirks.userField, settings.user);
  if (isSilent && settings.topLogprobs !== undefined) warnOfSampling("topLogprobs", quirks, warn);
  else set("topLogprobs", "logprobs", toLogprobs(settings.topLogprobs, quirks));
  if (body["logprobs"] === true && settings.topLogprobs) body["top_logprobs"] = settings.topLogprobs;
  if (request.tools && request.tools.length > 0) setToolUse(settings, quirks, set);
  return { ...body, ...toReasoning(effort, request, quirks, warn) };
}

type Set = (name: Lackable, field: string, value: unknown) => void;

function toLogprobs(count: number | undefined, { logprobs }: Quirks): boolean | number | undefined {
  if (count === undefined) return undefined;
  return logprobs === "flag" ? true : Math.max(1, count);
}

// Without tools, vendors refuse to be told how to use them.
function setToolUse({ toolChoice, parallelToolCalls }: ModelSettings, quirks: Quirks, set: Set): void {
  if (typeof toolChoice === "object") {
    set("namedToolChoice", "tool_choice", { type: "function", function: { name: toolChoice.name } });
  } else {
    set("toolChoice", "tool_choice", toolChoice === "required" ? quirks.requiredToolChoice : toolChoice);
  }
  // Several calls are what every vendor's models do.
  const isUsual = parallelToolCalls === true && quirks.lacks.includes("parallelToolCalls");
  set("parallelToolCalls", "parallel_tool_calls", isUsual ? undefined : parallelToolCalls);
}

function toReasoning(
  effort: ReasoningEffort | undefined,
  { settings, tools }: ModelRequest,
  quirks: Quirks,
  warn: Warn,
): Record<string, unknown> {
  const { effortField, effortWords, label } = quirks;
  if (quirks.toolsWithoutReasoningOnly && tools && tools.length > 0) {
    if (effort !== undefined && effort !== "none") {
      const asked = settings.reasoningEffort === undefined ? "reasoningTokens" : `reasoningEffort ${effort}`;
      warn(`${asked} is not offered by ${label} together with tools for this model: none was taken.`);
    }
    return { reasoning_effort: "none" };
  }
  if (effortField === "reasoning" && settings.reasoningEffort === undefined && settings.reasoningTokens !== undefined) {
    return { reasoning: { max_tokens: settings.reasoningTokens } };
  }
  if (effort === undefined) return {};
  const word = effortWords?.[effort] ?? effort;
  if (effortField === "reasoning") return { reasoning: { effort: word } };
  if (effortField === "reasoning_effort") return { reasoning_effort: word };
  return effort === "none"
    ? { thinking: { type: "disabled" } }
    : { thinking: { type: "enabled" }, reasoning_effort: word };
}

function warnOfEffort({ reasoningEffort, reasoningTokens }: ModelSettings, { label }: Quirks, warn: Warn): void {
  const name = reasoningEffort === undefined ? "reasoningTokens" : "reasoningEffort";
  // Not to think is what a model without thoughts does anyway.
  if (reasoningEffort === "none" || (reasoningEffort ?? reasoningTokens ?? 0) === 0) return;
  warn(`${name} is not offered by ${label} for this model and was dropped.`);
}

function warnOfSampling(name: string, { label }: Quirks, warn: Warn): void {
  warn(`${name} is not offered by ${label} while this model reasons and was dropped.`);
}
