import type { HeadgateError } from "../../errors.ts";
import { toOpenAiError } from "../openai-error.ts";

/**
 * The members of an `error` event. The reference has them at the top, while OpenAI's servers send them in `error`, which is
 * where the official clients look: both are there.
 */
export function writeErrorFields(error: HeadgateError): string {
  const { error: fields } = toOpenAiError(error);
  const { code, message, param } = fields;
  return JSON.stringify({ code, message, param, error: fields }).slice(1, -1);
}
