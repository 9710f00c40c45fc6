import { createHash } from "node:crypto";
import type { ModelSettings, OutputFormat, ReasoningEffort, ToolSpec } from "../../message.ts";
import type { ModelRequest, ProviderContext } from "../provider.ts";
import { fitsStrictMode } from "../wire/strict-schema.ts";
import { findModelFamily, nearestEffort, toEffort, upToHigh, type ModelFamily } from "./model-family.ts";
import { toInputItems } from "./to-input-items.ts";
import type { VendorTraits } from "./vendor-traits.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface RequestBodyOptions {
  readonly traits: VendorTraits;
  /** False: the account may not see summaries of the reasoning. */
  readonly mayAskForSummary: boolean;
  readonly context: Pick<ProviderContext, "warn">;
}

/** What is known of the model that is asked. */
interface Asked extends RequestBodyOptions {
  /** Undefined: nothing is known, and everything is passed on. */
  readonly family: ModelFamily | undefined;
}

/**
 * The body of `POST /responses` for a request in Headgate's words. Nothing is stored at the vendor; reasoning comes
 * sealed, so that it can be handed back.
 * @throws HeadgateError `not_translatable`
 */
export function toRequestBody(request: ModelRequest, options: RequestBodyOptions): Record<string, unknown> {
  const { model, messages, settings, stream } = request;
  const asked: Asked = { ...options, family: findModelFamily(model) };
  warnOfMissing(settings, options.context);
  const { reasoning, isThinking } = toReasoning(settings, asked);
  const sampling = toSampling(settings, isThinking, asked);
  const include = [
    ...((asked.family?.seals ?? options.traits.sealsAlways) ? ["reasoning.encrypted_content"] : []),
    ...("top_logprobs" in sampling ? ["message.output_text.logprobs"] : []),
  ];
  return {
    model,
    input: toInputItems(messages, options),
    store: false,
    ...(include.length === 0 ? {} : { include }),
    ...reasoning,
    ...sampling,
    ...toLimit(settings, asked),
    ...toText(request, asked),
    ...toTools(request),
    ...(settings.serviceTier === undefined ? {} : { service_tier: settings.serviceTier }),
    ...toUser(settings, options.traits),
    ...(stream ? { stream: true } : {}),
  };
}

function warnOfMissing(settings: ModelSettings, context: RequestBodyOptions["context"]): void {
  const { stop, seed, presencePenalty, frequencyPenalty, topK } = settings;
  const missing = { stop: stop?.length ? stop : undefined, seed, presencePenalty, frequencyPenalty, topK };
  for (const [name, value] of Object.entries(missing)) {
    if (value !== undefined) context.warn(`${name} is not offered by the Responses API and was dropped.`);
  }
}

interface Thinking {
  readonly reasoning: Fields;
  /** True if the model thinks, or may. */
  readonly isThinking: boolean;
}

function toReasoning(settings: ModelSettings, { family, traits, mayAskForSummary, context }: Asked): Thinking {
  const { reasoningEffort, reasoningTokens } = settings;
  // No thinking at all is asked only of models that are known to think.
  const hasBudget = reasoningTokens !== undefined && (reasoningTokens > 0 || family !== undefined);
  const wanted = reasoningEffort ?? (hasBudget ? toEffort(reasoningTokens) : undefined);
  if (wanted === undefined) return { reasoning: {}, isThinking: thinks(family?.defaultEffort) };
  if (family?.efforts.length === 0) {
    const name = reasoningEffort === undefined ? "reasoningTokens" : "reasoningEffort";
    if (wanted !== family.defaultEffort) context.warn(`${name} is not offered by this model and was dropped.`);
    return { reasoning: {}, isThinking: thinks(family.defaultEffort) };
  }
  // A word that nobody asked for is at least one that every model knows.
  const offered = family?.efforts ?? (reasoningEffort === undefined ? upToHigh : [wanted]);
  const effort = nearestEffort(wanted, offered);
  // A budget in tokens asks for no effort by its name, but that of 0 for none.
  if (effort !== wanted && (reasoningEffort !== undefined || wanted === "none")) {
    const asked = reasoningEffort === undefined ? "reasoningTokens 0" : `reasoningEffort ${wanted}`;
    context.warn(`${asked} is not offered by this model: ${effort} was taken.`);
  }
  const hasSummary = mayAskForSummary && traits.summarisesOnRequest && family?.seals === true && thinks(effort);
  return {
    reasoning: { reasoning: { effort, ...(hasSummary ? { summary: "auto" } : {}) } },
    isThinking: thinks(effort),
  };
}

function thinks(effort: ReasoningEffort | undefined): boolean {
  return effort !== "none";
}

function toSampling(settings: ModelSettings, isThinking: boolean, { family, traits, context }: Asked): Fields {
  const { temperature, topP, topLogprobs } = settings;
  const sampling = family?.sampling ?? "always";
  if (sampling === "never" || (sampling === "without-reasoning" && isThinking)) {
    // 1 is what the model does anyway.
    const refused = { temperature: unlessOne(temperature), topP: unlessOne(topP), topLogprobs };
    for (const [name, value] of Object.entries(refused)) {
      if (value !== undefined) context.warn(`${name} is not offered by a model that reasons and was dropped.`);
    }
    return {};
  }
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topLogprobs === undefined ? {} : { top_logprobs: topLogprobs }),
    ...(topLogprobs !== undefined && traits.hasLogprobsFlag ? { logprobs: true } : {}),
  };
}

function unlessOne(value: number | undefined): number | undefined {
  return value === 1 ? undefined : value;
}

function toLimit({ maxOutputTokens }: ModelSettings, { traits: { minOutputTokens = 0 }, context }: Asked): Fields {
  if (maxOutputTokens === undefined) return {};
  if (maxOutputTokens >= minOutputTokens) return { max_output_tokens: maxOutputTokens };
  context.warn(
    `maxOutputTokens below ${minOutputTokens} is not offered by this provider: ${minOutputTokens} was taken.`,
  );
  return { max_output_tokens: minOutputTokens };
}

function toText({ output, settings }: ModelRequest, { family, traits, context }: Asked): Fields {
  const { verbosity, jsonMode } = settings;
  const hasVerbosity = traits.takesVerbosity && family?.hasVerbosity !== false;
  // Models without the setting are at medium.
  if (verbosity !== undefined && verbosity !== "medium" && !hasVerbosity) {
    context.warn("verbosity is not offered by this model and was dropped.");
  }
  const format = output ? toFormat(output) : jsonMode ? { type: "json_object" } : undefined;
  const text = { ...(format ? { format } : {}), ...(verbosity !== undefined && hasVerbosity ? { verbosity } : {}) };
  return Object.keys(text).length === 0 ? {} : { text };
}

function toFormat({ name, description, schema, isStrict }: OutputFormat): Fields {
  return {
    type: "json_schema",
    name: name.replace(/[^\w-]/g, "_").slice(0, 64),
    ...(description === undefined ? {} : { description }),
    schema,
    strict: isStrict ?? fitsStrictMode(schema),
  };
}

function toTools({ tools = [], settings }: ModelRequest): Fields {
  if (tools.length === 0) return {};
  const { toolChoice, parallelToolCalls } = settings;
  const choice = typeof toolChoice === "object" ? { type: "function", name: toolChoice.name } : toolChoice;
  return {
    tools: tools.map((tool) => toTool(tool)),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

// Without `strict` the API makes the schema strict by itself, and optional fields required.
function toTool({ name, description, parameters, isStrict = false }: ToolSpec): Fields {
  return {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    parameters,
    strict: isStrict,
  };
}

const mostUserChars = 64;

function toUser({ user }: ModelSettings, { userField }: VendorTraits): Fields {
  if (user === undefined) return {};
  const isLong = userField === "safety_identifier" && user.length > mostUserChars;
  return { [userField]: isLong ? createHash("sha256").update(user).digest("hex") : user };
}
