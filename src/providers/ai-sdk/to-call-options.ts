import type { ModelSettings, OutputFormat, ReasoningEffort, ToolSpec } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import type { ForeignLanguageModel } from "./foreign-model.ts";
import { toPrompt } from "./to-prompt.ts";

type Fields = Record<string, unknown>;
type Warn = (warning: string) => void;

/** A request in the AI SDK's words. @throws HeadgateError `not_translatable` */
export function toCallOptions(
  request: ModelRequest,
  model: ForeignLanguageModel,
  supportedUrls: unknown,
  warn: Warn,
): Fields {
  const { settings, output, tools = [] } = request;
  const version = model.specificationVersion;
  const prompt = toPrompt(request.messages, { version, supportedUrls });
  // A model that only promises JSON is told the schema in words.
  const needsInstruction = output !== undefined && model.supportsStructuredOutputs === false;
  warnOfAbsent(settings, warn);
  return {
    prompt: needsInstruction ? [toInstruction(output), ...prompt] : prompt,
    ...toSettings(settings),
    ...(version === "v4" ? toReasoning(settings) : warnOfReasoning(settings, version, warn)),
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool), ...toToolChoice(settings.toolChoice) }),
    ...toResponseFormat(output, settings),
    includeRawChunks: false,
  };
}

function toInstruction({ schema }: OutputFormat): Fields {
  const content = `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(schema)}`;
  return { role: "system", content };
}

/** What a model does not take is its provider's to say, in its warnings. */
function toSettings(settings: ModelSettings): Fields {
  const { temperature, topP, topK, maxOutputTokens, seed, presencePenalty, frequencyPenalty, stop = [] } = settings;
  const same = { temperature, topP, topK, maxOutputTokens, seed, presencePenalty, frequencyPenalty };
  const given = Object.entries(same).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(stop.length === 0 ? {} : { stopSequences: [...stop] }) };
}

function toTool({ name, description, parameters, isStrict, cacheTtl }: ToolSpec): Fields {
  const cache = cacheTtl && { providerOptions: { anthropic: { cacheControl: { type: "ephemeral", ttl: cacheTtl } } } };
  return {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    inputSchema: parameters,
    ...(isStrict === undefined ? {} : { strict: isStrict }),
    ...cache,
  };
}

function toToolChoice(choice: ModelSettings["toolChoice"]): Fields {
  if (choice === undefined) return {};
  return { toolChoice: typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name } };
}

function toResponseFormat(output: OutputFormat | undefined, { jsonMode }: ModelSettings): Fields {
  if (!output) return jsonMode === true ? { responseFormat: { type: "json" } } : {};
  const { name, description, schema } = output;
  return { responseFormat: { type: "json", schema, name, ...(description === undefined ? {} : { description }) } };
}

/** Most tokens to think with at each effort. */
const budgets: readonly (readonly [number, ReasoningEffort])[] = [
  [0, "none"],
  [1024, "minimal"],
  [4096, "low"],
  [16_384, "medium"],
];

function toReasoning({ reasoningEffort, reasoningTokens }: ModelSettings): Fields {
  if (reasoningEffort !== undefined) return { reasoning: reasoningEffort };
  if (reasoningTokens === undefined) return {};
  return { reasoning: budgets.find(([tokens]) => reasoningTokens <= tokens)?.[1] ?? "high" };
}

function warnOfReasoning({ reasoningEffort, reasoningTokens }: ModelSettings, version: string, warn: Warn): Fields {
  const name = reasoningEffort === undefined ? "reasoningTokens" : "reasoningEffort";
  if ((reasoningEffort ?? reasoningTokens) !== undefined) {
    warn(`${name} is not offered by models of the specification ${version} and was dropped.`);
  }
  return {};
}

const absent = ["topLogprobs", "verbosity", "serviceTier", "user"] as const;

function warnOfAbsent(settings: ModelSettings, warn: Warn): void {
  for (const name of absent) {
    if (settings[name] !== undefined) warn(`${name} is not offered by the AI SDK and was dropped.`);
  }
  if (settings.parallelToolCalls === false) warn("parallelToolCalls is not offered by the AI SDK and was dropped.");
}
