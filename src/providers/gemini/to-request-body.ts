import type { Message } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { findFamily } from "./model-family.ts";
import { toContents, type ContentsOptions, type Conversation } from "./to-contents.ts";
import { saysSchema, toGenerationConfig } from "./to-generation-config.ts";
import { toTools } from "./to-tools.ts";

export interface RequestOptions {
  readonly isVertex: boolean;
  readonly warn: (warning: string) => void;
}

/** The body of `:generateContent` and `:streamGenerateContent`. @throws HeadgateError `not_translatable` */
export function toRequestBody(request: ModelRequest, { isVertex, warn }: RequestOptions): Record<string, unknown> {
  const options: ContentsOptions = { family: findFamily(request.model), isVertex, warn };
  const generationConfig = toGenerationConfig(request, options);
  return {
    ...toConversation(request, options),
    ...toTools(request.tools, request.settings.toolChoice),
    ...(Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
  };
}

/** The body of `:countTokens`. @throws HeadgateError `not_translatable` */
export function toCountBody(request: ModelRequest, { isVertex, warn }: RequestOptions): Record<string, unknown> {
  const options: ContentsOptions = { family: findFamily(request.model), isVertex, warn };
  const { tools } = toTools(request.tools, undefined);
  const counted = { ...toConversation(request, options), ...(tools === undefined ? {} : { tools }) };
  // AI Studio counts instructions and tools only within a whole request.
  return isVertex ? counted : { generateContentRequest: { model: toModelPath(request.model), ...counted } };
}

/** `models/<name>`, or the path that the name already is, such as `tunedModels/<name>`. */
export function toModelPath(model: string): string {
  return model.includes("/") ? model : `models/${model}`;
}

function toConversation(request: ModelRequest, options: ContentsOptions): Conversation {
  const { messages, output } = request;
  if (!output || !saysSchema(request, options)) return toContents(messages, options);
  options.warn("This Gemini model takes no schema beside tools: it was put into the prompt.");
  const text = `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(output.schema)}`;
  const instruction: Message = { role: "system", content: text };
  const first = messages.findIndex(({ role }) => role !== "system");
  const end = first === -1 ? messages.length : first;
  return toContents([...messages.slice(0, end), instruction, ...messages.slice(end)], options);
}
