import * as z from "zod";

/**
 * What is read of a request to OpenAI's Responses API. Everything else passes, since a provider of the same dialect gets
 * the body as it is; ranges are the provider's business.
 */

/** One item of `input` or `output`, as it is sent. */
export type Item = Readonly<Record<string, unknown>>;

const anyRecord = z.record(z.string(), z.unknown());

const tool = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  parameters: anyRecord.nullish(),
  strict: z.boolean().nullish(),
});

const namedTool = z.looseObject({ type: z.string(), name: z.string().nullish() });

const toolChoice = z.union([
  z.string(),
  z.looseObject({
    type: z.string(),
    name: z.string().nullish(),
    mode: z.string().nullish(),
    tools: z.array(namedTool).nullish(),
  }),
]);

const textOptions = z.looseObject({
  format: z
    .looseObject({
      type: z.string(),
      name: z.string().nullish(),
      description: z.string().nullish(),
      schema: anyRecord.nullish(),
      strict: z.boolean().nullish(),
    })
    .nullish(),
  verbosity: z.string().nullish(),
});

export const responsesRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(anyRecord)]).nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: textOptions.nullish(),
  reasoning: z
    .looseObject({
      effort: z.string().nullish(),
      summary: z.string().nullish(),
      generate_summary: z.string().nullish(),
    })
    .nullish(),
  include: z.array(z.string()).nullish(),
  max_output_tokens: z.int().positive().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_logprobs: z.int().nonnegative().nullish(),
  truncation: z.string().nullish(),
  service_tier: z.string().nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  metadata: anyRecord.nullish(),
});

export type ResponsesRequestBody = z.infer<typeof responsesRequest>;

const contentPart = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
  file_url: z.string().nullish(),
  file_data: z.string().nullish(),
  filename: z.string().nullish(),
  detail: z.string().nullish(),
  input_audio: z.looseObject({ data: z.string(), format: z.string() }).nullish(),
});

export type InputPart = z.infer<typeof contentPart>;

const content = z.union([z.string(), z.array(contentPart)]);
const textPart = z.looseObject({ type: z.string().nullish(), text: z.string() });

const message = z.looseObject({
  type: z.literal("message").nullish(),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content,
});

const reasoning = z.looseObject({
  type: z.literal("reasoning"),
  id: z.string().nullish(),
  summary: z.array(textPart).nullish(),
  content: z.array(textPart).nullish(),
  encrypted_content: z.string().nullish(),
});

const functionCall = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
});

const functionCallOutput = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string().min(1),
  output: content,
});

const itemReference = z.looseObject({ type: z.literal("item_reference").nullish(), id: z.string() });

/** By type. Items of other types are not read. */
export const inputItems = {
  message,
  reasoning,
  function_call: functionCall,
  function_call_output: functionCallOutput,
  item_reference: itemReference,
} as const;

export type InputItemType = keyof typeof inputItems;
export type InputItem<Type extends InputItemType> = z.infer<(typeof inputItems)[Type]>;

/** An easy message has no type, and a bare reference only an id. */
export function typeOfItem(item: Item): string {
  const { type } = item;
  if (typeof type === "string") return type;
  return "role" in item || "content" in item || !("id" in item) ? "message" : "item_reference";
}
