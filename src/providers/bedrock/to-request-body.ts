import type { ModelSettings, OutputFormat } from "../../message.ts";
import type { JsonSchema } from "../../json.ts";
import type { ModelRequest } from "../provider.ts";
import { findModelTraits, type ModelTraits } from "./model-traits.ts";
import { toClosedSchema } from "./to-closed-schema.ts";
import { toConversation, type Block } from "./to-conversation.ts";
import { toThinking, type Thinking } from "./to-thinking.ts";
import { toTools, type ToolOptions } from "./to-tool-config.ts";

type Warn = (warning: string) => void;

/** How the answer's structure is asked for. */
type OutputPlan =
  | { readonly type: "none" }
  | { readonly type: "schema"; readonly schema: JsonSchema }
  | { readonly type: "tool"; readonly tool: NonNullable<ToolOptions["outputTool"]> }
  | { readonly type: "instruction"; readonly text: string };

/** The body of `POST /model/{id}/converse` and `/converse-stream`. @throws HeadgateError `not_translatable` */
export function toRequestBody(request: ModelRequest, warn: Warn): Block {
  const { settings, output } = request;
  const { body, additional, thinking, plan, traits } = toPrompt(request, warn);
  const inferenceConfig = toInferenceConfig(settings, thinking, traits, warn);
  warnOfAbsent(settings, warn);
  if (plan.type === "instruction")
    warn(`${output ? "output" : "jsonMode"} is not enforced here: it was put into the prompt.`);
  return {
    ...body,
    ...(isEmpty(inferenceConfig) ? {} : { inferenceConfig }),
    ...(isEmpty(additional) ? {} : { additionalModelRequestFields: additional }),
    ...(plan.type === "schema" && output ? { outputConfig: toOutputConfig(output, plan.schema) } : {}),
    ...toServiceTier(settings.serviceTier, warn),
  };
}

/** The body of `POST /model/{id}/count-tokens`. */
export function toCountBody(request: ModelRequest, warn: Warn): Block {
  const { body, additional } = toPrompt(request, warn);
  const fields = isEmpty(additional) ? {} : { additionalModelRequestFields: additional };
  return { input: { converse: { ...body, ...fields } } };
}

/** The tool whose arguments are the answer, if the request is answered so. */
export function findOutputTool(request: ModelRequest): string | undefined {
  const traits = findModelTraits(request.model);
  const thinking = toThinking(request, traits, () => {});
  const plan = planOutput(request, traits, thinking);
  return plan.type === "tool" ? plan.tool.name : undefined;
}

interface Prompt {
  readonly body: Block;
  readonly additional: Block;
  readonly thinking: Thinking;
  readonly plan: OutputPlan;
  readonly traits: ModelTraits;
}

function toPrompt(request: ModelRequest, warn: Warn): Prompt {
  const { settings, messages } = request;
  const traits = findModelTraits(request.model);
  const thinking = toThinking(request, traits, warn);
  const plan = planOutput(request, traits, thinking);
  const outputTool = plan.type === "tool" ? plan.tool : undefined;
  const { toolConfig, fields } = toTools(request, { traits, outputTool, warn });
  const conversation = toConversation(messages, traits, warn);
  const system = plan.type === "instruction" ? [...conversation.system, { text: plan.text }] : conversation.system;
  return {
    body: {
      messages: conversation.messages,
      ...(system.length === 0 ? {} : { system }),
      ...(toolConfig ? { toolConfig } : {}),
    },
    additional: { ...thinking.fields, ...toTopK(settings, thinking, traits, warn), ...fields },
    thinking,
    plan,
    traits,
  };
}

function planOutput(
  { output, settings, tools = [] }: ModelRequest,
  traits: ModelTraits,
  thinking: Thinking,
): OutputPlan {
  if (!output) {
    const wantsJson = settings.jsonMode === true;
    return wantsJson
      ? { type: "instruction", text: "Answer with one JSON object, and with nothing else." }
      : { type: "none" };
  }
  const schema = traits.hasSchemaMode ? toClosedSchema(output.schema) : undefined;
  if (schema) return { type: "schema", schema };
  const { toolChoice = "auto" } = settings;
  const isFree = (toolChoice === "auto" || toolChoice === "none") && !(thinking.isOn && traits.family === "anthropic");
  if (traits.forces !== "nothing" && isFree && output.schema["type"] === "object") {
    const description = output.description ?? "Gives the answer. Its arguments are the answer.";
    return {
      type: "tool",
      tool: { name: findFreeName(tools.map(({ name }) => name)), description, schema: output.schema },
    };
  }
  const text = `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(output.schema)}`;
  return { type: "instruction", text };
}

function findFreeName(taken: readonly string[]): string {
  let name = "json_answer";
  while (taken.includes(name)) name += "_";
  return name;
}

function toOutputConfig({ name, description }: OutputFormat, schema: JsonSchema): Block {
  const jsonSchema = { name, ...(description === undefined ? {} : { description }), schema: JSON.stringify(schema) };
  return { textFormat: { type: "json_schema", structure: { jsonSchema } } };
}

function toInferenceConfig(settings: ModelSettings, thinking: Thinking, traits: ModelTraits, warn: Warn): Block {
  const { temperature, topP, maxOutputTokens, stop = [] } = settings;
  const why = whyNoSampling(thinking, traits);
  if (why !== undefined && temperature !== undefined && temperature !== 1)
    warn(`temperature is not offered ${why} and was dropped.`);
  if (why !== undefined && topP !== undefined && topP !== 1) warn(`topP is not offered ${why} and was dropped.`);
  if (why === undefined && temperature !== undefined && temperature > 1)
    warn("Bedrock's temperature ends at 1, which was taken.");
  const hasOneTooMany = why === undefined && traits.sampling === "one" && temperature !== undefined;
  // 1 leaves out no token.
  if (hasOneTooMany && topP !== undefined && topP !== 1)
    warn("topP is not offered by this model on Bedrock beside a temperature and was dropped.");
  if (thinking.ownsLimits && maxOutputTokens !== undefined)
    warn("maxOutputTokens is not offered while this model thinks hard and was dropped.");
  if (stop.length > 0 && !traits.takesStop) warn("stop is not offered by this model on Bedrock and was dropped.");
  const stopSequences = traits.takesStop ? stop.filter((text) => text !== "") : [];
  return {
    ...(maxOutputTokens === undefined || thinking.ownsLimits ? {} : { maxTokens: maxOutputTokens }),
    ...(temperature === undefined || why !== undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === undefined || why !== undefined || hasOneTooMany ? {} : { topP }),
    ...(stopSequences.length === 0 ? {} : { stopSequences }),
  };
}

function whyNoSampling({ isOn, ownsLimits }: Thinking, { sampling, family }: ModelTraits): string | undefined {
  if (sampling === "none") return "by this model on Bedrock";
  return ownsLimits || (isOn && family === "anthropic") ? "while this model thinks" : undefined;
}

function toTopK({ topK }: ModelSettings, thinking: Thinking, traits: ModelTraits, warn: Warn): Block {
  if (topK === undefined) return {};
  const why = traits.topK === "none" ? "by this model on Bedrock" : whyNoSampling(thinking, traits);
  if (why !== undefined) {
    warn(`topK is not offered ${why} and was dropped.`);
    return {};
  }
  return traits.topK === "nova" ? { inferenceConfig: { topK } } : { top_k: topK };
}

const tiers: Readonly<Record<string, string | undefined>> = {
  auto: undefined,
  default: "default",
  standard_only: "default",
  flex: "flex",
  priority: "priority",
  reserved: "reserved",
};

function toServiceTier(wanted: string | undefined, warn: Warn): Block {
  if (wanted === undefined) return {};
  if (!(wanted in tiers)) warn("serviceTier is not one that Bedrock offers and was dropped.");
  const type = tiers[wanted];
  return type === undefined ? {} : { serviceTier: { type } };
}

const absent = ["seed", "presencePenalty", "frequencyPenalty", "topLogprobs", "verbosity", "user"] as const;

function warnOfAbsent(settings: ModelSettings, warn: Warn): void {
  for (const name of absent) {
    if (settings[name] !== undefined) warn(`${name} is not offered by Bedrock and was dropped.`);
  }
}

function isEmpty(block: Block): boolean {
  return Object.keys(block).length === 0;
}
