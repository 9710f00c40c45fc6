import type { ModelSettings } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { isOffered } from "./model-family.ts";
import type { ContentsOptions } from "./to-contents.ts";
import { toResponseSchema } from "./to-response-schema.ts";
import { toThinkingConfig } from "./to-thinking-config.ts";

const mostStops = 5;

/** The `generationConfig`; settings that the model lacks are left out, each with a warning. */
export function toGenerationConfig(request: ModelRequest, options: ContentsOptions): Record<string, unknown> {
  const { settings } = request;
  const { family, warn } = options;
  const { temperature, topP, topK, maxOutputTokens, seed } = settings;
  for (const name of ["verbosity", "user"] as const) {
    if (settings[name] !== undefined) warn(`${name} is not offered by Gemini and was dropped.`);
  }
  if (settings.parallelToolCalls === false) warn("parallelToolCalls is not offered by Gemini and was dropped.");
  const thinkingConfig = toThinkingConfig(settings, family.thinking, warn);
  const config = {
    temperature,
    topP,
    topK,
    maxOutputTokens,
    stopSequences: toStops(settings, warn),
    seed,
    ...toPenalties(settings, options),
    ...toLogprobs(settings, options),
    ...toFormat(request, options),
    thinkingConfig,
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** Whether the schema goes to Google as such. A model that has to call a tool writes no JSON, and is told no schema. */
function sendsSchema({ output, tools = [], settings }: ModelRequest, { family }: ContentsOptions): boolean {
  return output !== undefined && (tools.length === 0 || (family.hasSchemaBesideTools && !isForced(settings)));
}

/** Whether the schema has to be said in the prompt, as the model takes it in no other way. */
export function saysSchema(request: ModelRequest, options: ContentsOptions): boolean {
  return request.output !== undefined && !sendsSchema(request, options) && !isForced(request.settings);
}

function isForced({ toolChoice }: ModelSettings): boolean {
  return toolChoice === "required" || typeof toolChoice === "object";
}

function toStops({ stop = [] }: ModelSettings, warn: ContentsOptions["warn"]): readonly string[] | undefined {
  if (stop.length > mostStops)
    warn(`stop has more than ${mostStops} sequences, which Gemini does not take: the first were.`);
  return stop.length === 0 ? undefined : stop.slice(0, mostStops);
}

function toPenalties(settings: ModelSettings, { family, isVertex, warn }: ContentsOptions): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of ["presencePenalty", "frequencyPenalty"] as const) {
    const value = settings[name];
    if (value === undefined || value === 0) continue;
    if (isOffered(family.penalties, isVertex)) found[name] = value;
    else warn(`${name} is not offered by this Gemini model and was dropped.`);
  }
  return found;
}

function toLogprobs(
  { topLogprobs }: ModelSettings,
  { family, isVertex, warn }: ContentsOptions,
): Record<string, unknown> {
  if (topLogprobs === undefined) return {};
  if (!isOffered(family.logprobs, isVertex)) {
    warn("topLogprobs is not offered by this Gemini model and was dropped.");
    return {};
  }
  return { responseLogprobs: true, ...(topLogprobs > 0 ? { logprobs: topLogprobs } : {}) };
}

function toFormat(request: ModelRequest, options: ContentsOptions): Record<string, unknown> {
  const { output, settings, tools = [] } = request;
  if (output) {
    if (!sendsSchema(request, options)) return {};
    return { responseMimeType: "application/json", responseJsonSchema: toResponseSchema(output.schema) };
  }
  if (settings.jsonMode !== true) return {};
  if (tools.length === 0 || (options.family.hasSchemaBesideTools && !isForced(settings))) {
    return { responseMimeType: "application/json" };
  }
  if (!isForced(settings)) options.warn("jsonMode is not offered by this Gemini model beside tools and was dropped.");
  return {};
}
