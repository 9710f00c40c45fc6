import type { JsonSchema } from "../../json.ts";
import type { Message, OutputFormat } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { fitsStrictMode } from "../wire/strict-schema.ts";
import type { Quirks } from "./quirks.ts";

export interface ResponseFormat {
  /** Absent: the vendor is asked for text. */
  readonly response_format?: Record<string, unknown>;
  /** What the model is told in place of a format, or to go with it. */
  readonly instruction?: string;
}

/** The structure that the answer must have, by the best way that the vendor has for it. */
export function toResponseFormat(
  { output, messages, settings, tools = [] }: ModelRequest,
  quirks: Quirks,
  warn: (warning: string) => void,
): ResponseFormat {
  const canAsk = quirks.hasJsonWithTools || tools.length === 0;
  const isObject = canAsk && quirks.json !== "none" && !quirks.lacks.includes("jsonMode");
  if (output) {
    if (canAsk && quirks.json === "schema") return { response_format: toSchemaFormat(output) };
    return { instruction: describe(output.schema), ...(isObject ? { response_format: { type: "json_object" } } : {}) };
  }
  if (settings.jsonMode !== true) return {};
  if (isObject) {
    // OpenAI and those who follow it refuse the mode unless the conversation speaks of JSON.
    const isTold = messages.some((message) => mentionsJson(message));
    return { response_format: { type: "json_object" }, ...(isTold ? {} : { instruction: anyObject }) };
  }
  warn(`jsonMode is not offered by ${quirks.label} for this request: the model is only told to answer with JSON.`);
  return { instruction: anyObject };
}

const anyObject = "Answer with one JSON object, and with nothing else.";

function describe(schema: JsonSchema): string {
  return `Answer with one JSON object that matches this JSON Schema, and with nothing else:\n${JSON.stringify(schema)}`;
}

function mentionsJson({ content }: Message): boolean {
  if (typeof content === "string") return /json/i.test(content);
  return content.some((part) => part.type === "text" && /json/i.test(part.text));
}

function toSchemaFormat({ name, description, schema, isStrict }: OutputFormat): Record<string, unknown> {
  const about = description === undefined ? {} : { description };
  const strict = isStrict ?? fitsStrictMode(schema);
  return { type: "json_schema", json_schema: { name, ...about, schema, strict } };
}

/** Adds a text to the first system message, or makes one. */
export function addInstruction(messages: readonly Message[], text: string): readonly Message[] {
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", content: text }, ...messages];
  const content: Message["content"] =
    typeof first.content === "string" ? `${first.content}\n\n${text}` : [...first.content, { type: "text", text }];
  return [{ ...first, content }, ...rest];
}
