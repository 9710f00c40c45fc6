import * as z from "zod";
import { isRecord } from "../../json.ts";

/**
 * What is read of a request to Anthropic's Messages API. Everything else passes, since a provider of the same dialect
 * gets the body as it is; ranges are the provider's business.
 */

/** Parses by a schema that depends on the value; unlike a union, it says what exactly is wrong. */
function choose<Result>(pick: (value: unknown) => z.ZodType): z.ZodType<Result> {
  return z.unknown().transform((value, context): Result => {
    const result = pick(value).safeParse(value);
    if (result.success) return result.data as Result;
    for (const { path, message } of result.error.issues) {
      context.issues.push({ code: "custom", path: [...path], message, input: value });
    }
    return z.NEVER;
  });
}

const cacheControl = z.looseObject({ ttl: z.string().nullish() }).nullish();

export type CacheControl = z.infer<typeof cacheControl>;

/** Where an image or a document comes from. */
export interface Source {
  readonly [key: string]: unknown;
  readonly type: string;
  readonly media_type?: string | null;
  readonly data?: string | null;
  readonly url?: string | null;
  /** Of a document of type `content`. */
  readonly content?: Content | null;
}

const source = choose<Source>(() => sourceFields);

const sourceFields = z.looseObject({
  type: z.string(),
  media_type: z.string().nullish(),
  data: z.string().nullish(),
  url: z.string().nullish(),
  content: choose<unknown>((value) => (value === null ? z.null() : contentSchema(value))).optional(),
});

const textBlock = z.looseObject({
  type: z.literal("text"),
  text: z.string(),
  citations: z.array(z.unknown()).nullish(),
  cache_control: cacheControl,
});

const imageBlock = z.looseObject({ type: z.literal("image"), source, cache_control: cacheControl });

const documentBlock = z.looseObject({
  type: z.literal("document"),
  source,
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
  cache_control: cacheControl,
});

const thinkingBlock = z.looseObject({
  type: z.literal("thinking"),
  thinking: z.string(),
  signature: z.string().nullish(),
});

const redactedBlock = z.looseObject({ type: z.literal("redacted_thinking"), data: z.string() });

const toolUseBlock = z.looseObject({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: z.unknown().optional(),
  caller: z.looseObject({ type: z.string() }).nullish(),
  cache_control: cacheControl,
});

const toolResultBlock = z.looseObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: choose<unknown>((value) => (value === null ? z.null() : contentSchema(value))).optional(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
});

const toolReferenceBlock = z.looseObject({
  type: z.literal("tool_reference"),
  tool_name: z.string(),
  cache_control: cacheControl,
});

export type TextBlock = z.infer<typeof textBlock>;
export type ImageBlock = z.infer<typeof imageBlock>;
export type DocumentBlock = z.infer<typeof documentBlock>;
export type ToolUseBlock = z.infer<typeof toolUseBlock>;

export interface ToolResultBlock {
  readonly [key: string]: unknown;
  readonly type: "tool_result";
  readonly tool_use_id: string;
  readonly content?: Content | null;
  readonly is_error?: boolean | null;
  readonly cache_control?: CacheControl;
}

/** A block of a message; of types that Headgate does not know only the name is kept. */
export type Block =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | z.infer<typeof thinkingBlock>
  | z.infer<typeof redactedBlock>
  | ToolUseBlock
  | ToolResultBlock
  | z.infer<typeof toolReferenceBlock>
  | { readonly type: "unknown"; readonly name: string };

export type Content = string | readonly Block[];

const unknownBlock = z.looseObject({ type: z.string() }).transform(({ type }) => ({ type: "unknown", name: type }));

const blocksByType: Readonly<Record<string, z.ZodType>> = {
  text: textBlock,
  image: imageBlock,
  document: documentBlock,
  thinking: thinkingBlock,
  redacted_thinking: redactedBlock,
  tool_use: toolUseBlock,
  tool_result: toolResultBlock,
  tool_reference: toolReferenceBlock,
};

const blocks = z.array(
  choose<Block>((value) => {
    const type = isRecord(value) ? String(value["type"]) : "";
    return (Object.hasOwn(blocksByType, type) ? blocksByType[type] : undefined) ?? unknownBlock;
  }),
);

function contentSchema(value: unknown): z.ZodType {
  return typeof value === "string" ? z.string() : blocks;
}

const content = choose<Content>(contentSchema);

const message = z.looseObject({ role: z.enum(["user", "assistant", "system", "developer"]), content });

// Tools that Anthropic runs have a type, and some of them no name.
const tool = z
  .looseObject({
    type: z.string().nullish(),
    name: z.string().nullish(),
    description: z.string().nullish(),
    input_schema: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
    allowed_callers: z.array(z.string()).nullish(),
    cache_control: cacheControl,
  })
  .refine(({ type, name }) => typeof name === "string" || (typeof type === "string" && type !== "custom"), {
    path: ["name"],
    message: "a tool needs a name",
  });

const format = z.looseObject({ type: z.string(), schema: z.record(z.string(), z.unknown()).nullish() }).nullish();

const requestFields = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message),
  system: content.nullish(),
  // Real requests have it; without it the provider's own limit holds.
  max_tokens: z.int().nonnegative().nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.int().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  thinking: z
    .looseObject({ type: z.string(), budget_tokens: z.int().nullish(), display: z.string().nullish() })
    .nullish(),
  output_config: z.looseObject({ effort: z.string().nullish(), format }).nullish(),
  output_format: format,
  tools: z.array(tool).nullish(),
  tool_choice: z
    .looseObject({
      type: z.string(),
      name: z.string().nullish(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  service_tier: z.string().nullish(),
  cache_control: cacheControl,
});

// Anthropic itself knows how a conversation that it keeps goes on.
export const messagesRequest = requestFields.refine(({ messages, thread }) => messages.length > 0 || isRecord(thread), {
  path: ["messages"],
  message: "a conversation has at least one message",
});

export type MessagesRequestBody = z.infer<typeof messagesRequest>;
export type MessageEntry = MessagesRequestBody["messages"][number];
export type ToolEntry = z.infer<typeof tool>;
