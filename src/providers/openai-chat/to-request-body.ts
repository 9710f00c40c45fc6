import type { ContentPart, Message, ModelSettings, OutputFormat, ToolSpec } from "../../message.ts";
import { isRecord, type JsonSchema } from "../../json.ts";
import type { ModelRequest } from "../provider.ts";

export interface RequestBodyOptions {
  readonly hasSchemaMode: boolean;
  /** OpenAI and Azure name the limit `max_completion_tokens`; other servers know `max_tokens` only. */
  readonly limitField: "max_completion_tokens" | "max_tokens";
}

/** The body of `POST /chat/completions`. A client's own body of that dialect is forwarded with `model` replaced. */
export function toRequestBody(request: ModelRequest, options: RequestBodyOptions): Record<string, unknown> {
  if (request.foreign?.dialect === "openai-chat") return toForwardedBody(request.foreign.body, request);
  const { output, tools } = request;
  const needsInstruction = output !== undefined && !options.hasSchemaMode;
  const messages = needsInstruction ? addInstruction(request.messages, output.schema) : request.messages;
  return {
    model: request.model,
    messages: messages.map((message) => toForeignMessage(message)),
    ...toForeignSettings(request.settings, options.limitField),
    ...(output ? { response_format: toResponseFormat(output, options.hasSchemaMode) } : {}),
    ...(tools && tools.length > 0 ? { tools: tools.map((tool) => toForeignTool(tool)) } : {}),
    ...(request.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

/** Whether the client itself asked for the chunk that reports usage. */
export function asksForUsage(body: Readonly<Record<string, unknown>>): boolean {
  const options = body["stream_options"];
  return isRecord(options) && options["include_usage"] === true;
}

function toForwardedBody(body: Readonly<Record<string, unknown>>, request: ModelRequest): Record<string, unknown> {
  const forwarded: Record<string, unknown> = { ...body, model: request.model };
  if (!request.stream) return forwarded;
  const options = body["stream_options"];
  return { ...forwarded, stream_options: { ...(isRecord(options) ? options : {}), include_usage: true } };
}

function toForeignSettings(
  settings: ModelSettings,
  limitField: RequestBodyOptions["limitField"],
): Record<string, unknown> {
  return {
    ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
    ...(settings.topP === undefined ? {} : { top_p: settings.topP }),
    ...(settings.maxOutputTokens === undefined ? {} : { [limitField]: settings.maxOutputTokens }),
    ...(settings.stop === undefined || settings.stop.length === 0 ? {} : { stop: settings.stop }),
    ...(settings.seed === undefined ? {} : { seed: settings.seed }),
  };
}

function toForeignMessage(message: Message): Record<string, unknown> {
  const calls = message.toolCalls?.map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: message.role,
    content: typeof message.content === "string" ? message.content : message.content.map((part) => toForeignPart(part)),
    ...(calls && calls.length > 0 ? { tool_calls: calls } : {}),
    ...(message.toolCallId === undefined ? {} : { tool_call_id: message.toolCallId }),
  };
}

function toForeignPart(part: ContentPart): Record<string, unknown> {
  return part.type === "text" ? { type: "text", text: part.text } : { type: "image_url", image_url: { url: part.url } };
}

function toForeignTool(tool: ToolSpec): Record<string, unknown> {
  const { name, description, parameters } = tool;
  return { type: "function", function: { name, ...(description === undefined ? {} : { description }), parameters } };
}

function toResponseFormat({ name, schema }: OutputFormat, hasSchemaMode: boolean): Record<string, unknown> {
  if (!hasSchemaMode) return { type: "json_object" };
  return { type: "json_schema", json_schema: { name, schema, strict: isStrict(schema) } };
}

// The strict mode refuses schemas with open objects, optional fields or these keywords; without it they still guide.
const looseKeywords = ["allOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas", "patternProperties"];

function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every((item) => isStrict(item));
  if (!isRecord(schema)) return true;
  if (looseKeywords.some((keyword) => keyword in schema)) return false;
  const { properties, required, additionalProperties, $defs, anyOf, items } = schema;
  if (schema["type"] === "object" || properties !== undefined) {
    const names = isRecord(properties) ? Object.keys(properties) : [];
    const listed = Array.isArray(required) ? required : [];
    if (additionalProperties !== false || !names.every((name) => listed.includes(name))) return false;
  }
  const nested = [properties, $defs].flatMap((group) => (isRecord(group) ? Object.values(group) : []));
  return isStrict([...nested, anyOf, items]);
}

function addInstruction(messages: readonly Message[], schema: JsonSchema): readonly Message[] {
  const text = `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(schema)}`;
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", content: text }, ...messages];
  const content: Message["content"] =
    typeof first.content === "string" ? `${first.content}\n\n${text}` : [...first.content, { type: "text", text }];
  return [{ ...first, content }, ...rest];
}
