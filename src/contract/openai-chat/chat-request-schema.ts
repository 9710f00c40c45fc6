import * as z from "zod";

const toolCall = z.looseObject({
  id: z.string(),
  type: z.string().nullish(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
});

const cacheControl = z.looseObject({ type: z.string(), ttl: z.string().nullish() }).nullish();

// Parts of other types reach providers of the same dialect only.
const contentPart = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  refusal: z.string().optional(),
  image_url: z.union([z.string(), z.looseObject({ url: z.string(), detail: z.string().nullish() })]).optional(),
  input_audio: z
    .union([z.string(), z.looseObject({ data: z.string().optional(), format: z.string().optional() })])
    .optional(),
  file: z
    .looseObject({ file_data: z.string().nullish(), file_id: z.string().nullish(), filename: z.string().nullish() })
    .optional(),
  document_url: z.string().optional(),
  cache_control: cacheControl,
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
      strict: z.boolean().nullish(),
    })
    .optional(),
  cache_control: cacheControl,
});

const responseFormat = z.looseObject({
  type: z.string(),
  json_schema: z
    .looseObject({
      name: z.string(),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    })
    .optional(),
});

// Ranges are the provider's business: each has its own.
/** The body of `POST /v1/chat/completions`, as far as Headgate reads it. Fields that it does not know pass. */
export const chatRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.int().nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  reasoning_effort: z.string().nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish(), max_tokens: z.int().nullish() }).nullish(),
  verbosity: z.string().nullish(),
  service_tier: z.string().nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  logprobs: z.union([z.boolean(), z.int()]).nullish(),
  top_logprobs: z.int().nullish(),
  n: z.int().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string().nullish() })]).nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).nullish(),
});

export type ChatRequestBody = z.infer<typeof chatRequestSchema>;
export type ChatMessageBody = z.infer<typeof message>;
export type ChatPartBody = z.infer<typeof contentPart>;
export type ChatToolBody = z.infer<typeof tool>;
