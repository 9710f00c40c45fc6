import type { OutputFormat } from "../../message.ts";
import type { JsonSchema } from "../../json.ts";
import { HeadgateError } from "../../errors.ts";
import type { ModelRequest } from "../provider.ts";
import { findModelTraits, type ModelTraits } from "./model-traits.ts";
import type { Block } from "./to-content-block.ts";
import { toOutputSchema } from "./to-output-schema.ts";
import { toSettings } from "./to-settings.ts";
import { toThinking } from "./to-thinking.ts";
import { forcesTool, toTools } from "./to-tools.ts";
import { toConversation, type Conversation, type Turn } from "./to-turns.ts";

type Warn = (warning: string) => void;

/**
 * The body of `POST /v1/messages`. A client's own body of that dialect is forwarded with `model` replaced.
 * @throws HeadgateError `not_translatable`
 */
export function toRequestBody(request: ModelRequest, warn: Warn): Record<string, unknown> {
  const { model, messages, settings, output, tools = [], foreign } = request;
  if (foreign?.dialect === "anthropic-messages") return { ...foreign.body, model };
  const traits = findModelTraits(model);
  const format = toFormat(output, traits);
  const { system, turns } = toConversation(messages, warn);
  const instructions = toInstructions(request, format, warn);
  const conversation = keepTurns({ system: [...system, ...instructions], turns }, warn);
  const obstacle = findObstacle(turns, forcesTool({ tools, settings }));
  const thinking = toThinking({ model, traits, settings, obstacle, warn });
  const outputConfig = { ...(thinking.effort ? { effort: thinking.effort } : {}), ...(format ? { format } : {}) };
  return {
    model,
    max_tokens: thinking.maxTokens,
    ...(conversation.system.length === 0 ? {} : { system: conversation.system }),
    messages: conversation.turns,
    ...(thinking.thinking ? { thinking: thinking.thinking } : {}),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    ...toSettings({ model, traits, settings, isThinking: thinking.isAsked, warn }),
    ...toTools({ model, traits, tools, settings, warn }),
    ...(request.stream ? { stream: true } : {}),
  };
}

/** Fields that tell how to answer; the count of the input's tokens refuses them. */
const answerFields = new Set([
  "max_tokens",
  "stream",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "metadata",
  "service_tier",
  "container",
  "inference_geo",
  "diagnostics",
]);

/** The body of `POST /v1/messages/count_tokens`. @throws HeadgateError `not_translatable` */
export function toCountBody(request: ModelRequest): Record<string, unknown> {
  const body = toRequestBody({ ...request, stream: false }, () => {});
  return Object.fromEntries(Object.entries(body).filter(([name]) => !answerFields.has(name)));
}

function toFormat(output: OutputFormat | undefined, traits: ModelTraits): object | undefined {
  const schema: JsonSchema | undefined = output && traits.hasOutputFormat ? toOutputSchema(output.schema) : undefined;
  return schema && { type: "json_schema", schema };
}

/** What a format that cannot be asked for leaves to the prompt. */
function toInstructions({ model, output, settings }: ModelRequest, format: object | undefined, warn: Warn): Block[] {
  if (format) return [];
  if (output) {
    warn(`The schema of the output cannot be enforced by ${model}, and was put into the prompt.`);
    const text = `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(output.schema)}`;
    return [{ type: "text", text }];
  }
  if (settings.jsonMode !== true) return [];
  warn("jsonMode is not offered by Anthropic: the prompt asks for JSON instead.");
  return [{ type: "text", text: "Answer with one JSON object, and with nothing else." }];
}

/** Anthropic asks for one turn at least. */
function keepTurns(conversation: Conversation, warn: Warn): Conversation {
  const { system, turns } = conversation;
  if (turns.length > 0) return conversation;
  if (system.length === 0) throw new HeadgateError("not_translatable", { detail: "The prompt is empty." });
  warn("Anthropic asks for a message of the user: the system message was sent as one.");
  return { system: [], turns: [{ role: "user", content: system }] };
}

/** With a budget for thinking Anthropic refuses what it would accept without. */
function findObstacle(turns: readonly Turn[], isForced: boolean): string | undefined {
  if (isForced) return "Anthropic does not offer it together with a forced tool";
  if (turns.at(-1)?.role === "assistant") return "Anthropic does not offer it for an answer to be continued";
  const answer = turns.findLast(({ role }) => role === "assistant")?.content ?? [];
  const isSealed = answer[0]?.["type"] === "thinking" || answer[0]?.["type"] === "redacted_thinking";
  if (isSealed || !answer.some(({ type }) => type === "tool_use")) return undefined;
  return "the tool calls in the conversation come without the reasoning that led to them";
}
