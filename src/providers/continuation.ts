import type { OpenAiVendor } from "../endpoint/vendors.ts";
import type { ProviderOptions } from "../endpoint/define-config.ts";

/** What tells a vendor. */
export interface PrefillVendor {
  readonly type: ProviderOptions["type"];
  readonly vendor?: OpenAiVendor;
  readonly baseUrl?: string;
}

/** How a request says that its last message, the assistant's, is the beginning of the answer. Both are empty where its place says it. */
export interface Prefill {
  /** Fields of that message. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Fields of the request. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The answer has the beginning as well. */
  readonly isReturned: boolean;
}

const byPlace: Prefill = { message: {}, body: {}, isReturned: false };
const byPrefix: Prefill = { ...byPlace, message: { prefix: true } };

/** Opus and Sonnet refuse it from 4.6 on, and every model of 5 (Anthropic's migration guides); names have hyphens for dots. */
const claude = /claude-(?:(?:v?[12]|instant|3)(?!\d)|(?:opus|sonnet|haiku)-4(?!\d)(?!-[6-9](?!\d))(?!-\d\d(?!\d)))/;
/** Refused from 3.6 on, and by 3.5 Flash-Lite ("Requests ending with a model turn are not supported"). */
const gemini = /^gemini-(?:2\.|3-|3\.1-|3\.5-flash(?!-lite))/;
/** The first generation, by AWS's guide to prompting; of the second it says nothing. */
const nova = /amazon\.nova-(?:micro|lite|pro|premier)/;
/** Groq offers it for all models of text; those that think begin with their thoughts, whatever stands there. */
const groq = /llama|gemma|mixtral|kimi-k2-instruct/;

/**
 * How the model is made to go on from a last message of the assistant; undefined where it would refuse the request or
 * answer it as a turn that is over, or nothing is known.
 */
export function findPrefill({ type, vendor, baseUrl = "" }: PrefillVendor, model: string): Prefill | undefined {
  const name = model.toLowerCase();
  if (type === "anthropic") return isOldClaude(name) ? byPlace : undefined;
  if (type === "bedrock") return isOldClaude(name) || nova.test(name) ? byPlace : undefined;
  if (type === "gemini") return gemini.test(name.slice(name.lastIndexOf("/") + 1)) ? byPlace : undefined;
  if (type !== "openai-chat") return undefined;
  switch (vendor) {
    case "openrouter":
      return isOldClaude(name) ? byPlace : undefined;
    case "groq":
      return groq.test(name) ? byPlace : undefined;
    case "mistral":
      return name.startsWith("magistral") ? undefined : { ...byPrefix, isReturned: true };
    case "deepseek":
      // The field is unknown outside the beta API, and the message then a turn that is over.
      return /\/beta\/?$/.test(baseUrl) ? byPrefix : undefined;
    case "vllm":
      return { ...byPlace, body: { continue_final_message: true, add_generation_prompt: false } };
    default:
      // OpenAI, Azure and xAI answer it as a turn; what Ollama and llama.cpp do hangs on the model's template.
      return undefined;
  }
}

/** True if the model goes on from a last message of the assistant without being told by fields of its vendor's. */
export function acceptsPrefill(vendor: PrefillVendor, model: string): boolean {
  const prefill = findPrefill(vendor, model);
  return prefill !== undefined && Object.keys({ ...prefill.message, ...prefill.body }).length === 0;
}

function isOldClaude(name: string): boolean {
  return claude.test(name.replaceAll(".", "-"));
}
