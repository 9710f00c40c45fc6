import * as z from "zod";
import type { ContentPart, Message, ModelSettings, OutputFormat, ToolSpec } from "../../message.ts";
import type { DialectRequest } from "../dialect.ts";
import { toRequestError } from "../request-error.ts";

/** A chat request in Headgate's words; `foreign` keeps what they do not say. */
export interface ParsedChatRequest extends DialectRequest {
  /** The client asked for a last chunk that reports usage. */
  readonly includeUsage: boolean;
}

const toolCall = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
});

// Parts of other types, such as audio and files, reach providers of the same dialect only.
const contentPart = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  image_url: z.looseObject({ url: z.string() }).optional(),
});

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
  tool_calls: z.array(toolCall).nullish(),
  tool_call_id: z.string().nullish(),
});

const tool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({
      name: z.string(),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
    })
    .optional(),
});

const responseFormat = z.looseObject({
  type: z.string(),
  json_schema: z.looseObject({ name: z.string(), schema: z.record(z.string(), z.unknown()).nullish() }).optional(),
});

// Ranges are the provider's business: each has its own.
const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.int().nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).nullish(),
});

type ChatRequestBody = z.infer<typeof chatRequest>;

/**
 * Reads the body of `POST /v1/chat/completions`. Fields that Headgate does not know pass.
 * @throws HeadgateError `request_invalid` with the issues
 */
export function parseChatRequest(body: unknown): ParsedChatRequest {
  const result = chatRequest.safeParse(body);
  if (!result.success) throw toRequestError(result.error);
  const request = result.data;
  const output = toOutput(request.response_format);
  const tools = toTools(request.tools);
  return {
    model: request.model,
    messages: request.messages.map((entry) => toMessage(entry)),
    settings: toSettings(request),
    ...(output ? { output } : {}),
    ...(tools ? { tools } : {}),
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
    foreign: { dialect: "openai-chat", body: body as Record<string, unknown> },
  };
}

function toMessage(entry: ChatRequestBody["messages"][number]): Message {
  const calls = entry.tool_calls?.flatMap(({ id, function: target }) =>
    target ? [{ id, name: target.name, arguments: target.arguments }] : [],
  );
  return {
    role: toRole(entry.role),
    content: typeof entry.content === "string" ? entry.content : toParts(entry.content ?? []),
    ...(calls && calls.length > 0 ? { toolCalls: calls } : {}),
    ...(typeof entry.tool_call_id === "string" ? { toolCallId: entry.tool_call_id } : {}),
  };
}

function toRole(role: ChatRequestBody["messages"][number]["role"]): Message["role"] {
  if (role === "developer") return "system";
  return role === "function" ? "tool" : role;
}

function toParts(parts: readonly z.infer<typeof contentPart>[]): Message["content"] {
  if (parts.length === 0) return "";
  return parts.flatMap(({ type, text, image_url: image }): ContentPart[] => {
    if (type === "text" && text !== undefined) return [{ type: "text", text }];
    return type === "image_url" && image ? [{ type: "image", url: image.url }] : [];
  });
}

function toSettings(request: ChatRequestBody): ModelSettings {
  const { temperature, top_p: topP, stop, seed } = request;
  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens;
  return {
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...(typeof topP === "number" ? { topP } : {}),
    ...(typeof maxOutputTokens === "number" ? { maxOutputTokens } : {}),
    ...(stop === undefined || stop === null ? {} : { stop: typeof stop === "string" ? [stop] : stop }),
    ...(typeof seed === "number" ? { seed } : {}),
  };
}

function toOutput(format: ChatRequestBody["response_format"]): OutputFormat | undefined {
  if (format?.type !== "json_schema" || !format.json_schema?.schema) return undefined;
  return { name: format.json_schema.name, schema: format.json_schema.schema };
}

function toTools(tools: ChatRequestBody["tools"]): ToolSpec[] | undefined {
  const specs = tools?.flatMap(({ function: target }): ToolSpec[] => {
    if (!target) return [];
    const { name, description, parameters } = target;
    return [{ name, ...(typeof description === "string" ? { description } : {}), parameters: parameters ?? {} }];
  });
  return specs && specs.length > 0 ? specs : undefined;
}
