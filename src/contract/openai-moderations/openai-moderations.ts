import * as z from "zod";
import type { Loss } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { encodeEvent } from "../../event-stream.ts";
import type { Completion, ModerationResult } from "../../reply.ts";
import type { Dialect, DialectHead, DialectRequest } from "../dialect.ts";
import { toOpenAiError } from "../openai-error.ts";
import { toOpenAiLimitHeaders } from "../openai-limits.ts";
import { createLossList } from "../loss-list.ts";
import { toRequestError } from "../request-error.ts";

/** What OpenAI takes when a request names no model. */
const defaultModel = "omni-moderation-latest";

const part = z.looseObject({ type: z.string(), text: z.string().optional() });

const moderationsRequest = z.looseObject({
  model: z.string().min(1).nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(part).min(1)]),
});

type ModerationsBody = z.infer<typeof moderationsRequest>;

/** OpenAI's moderation, as `POST /v1/moderations` speaks it. */
export const openAiModerations: Dialect = {
  parseRequest: parseModerationsRequest,
  toAnswer: toModerations,
  toErrorBody: toOpenAiError,
  toLimitHeaders: toOpenAiLimitHeaders,
  toErrorEvent: (error) => encodeEvent({ data: JSON.stringify(toOpenAiError(error)) }),
};

/** @throws HeadgateError `request_invalid` with the issues */
export function parseModerationsRequest(body: unknown): DialectRequest {
  const result = moderationsRequest.safeParse(body);
  if (!result.success) throw toRequestError(result.error);
  const losses = findLosses(result.data);
  return {
    model: result.data.model ?? defaultModel,
    messages: [],
    settings: {},
    task: { type: "moderate", inputs: readInputs(result.data) },
    stream: false,
    foreign: {
      dialect: "openai-moderations",
      body: body as Record<string, unknown>,
      ...(losses.length === 0 ? {} : { losses }),
    },
  };
}

/** Parts are one thing to judge, texts are each their own. */
function readInputs({ input }: ModerationsBody): readonly string[] {
  if (typeof input === "string") return [input];
  const texts = input.flatMap((entry) => (typeof entry === "string" ? [entry] : []));
  if (texts.length > 0) return texts;
  return [input.map((entry) => (typeof entry === "string" ? entry : (entry.text ?? ""))).join("\n")];
}

const known: ReadonlySet<string> = new Set(["model", "input"]);

function findLosses(request: ModerationsBody): readonly Loss[] {
  const losses = createLossList("only providers of OpenAI's chat know it");
  const { input } = request;
  for (const [at, entry] of (typeof input === "string" ? [] : input).entries()) {
    if (typeof entry !== "string" && entry.type !== "text") {
      losses.refuse(["input", at], "is no text, which is all that other providers judge");
    }
  }
  losses.dropOthers([], request, known);
  return losses.toLosses();
}

function toModerations({ result }: Completion, head: DialectHead): Record<string, unknown> {
  if (result?.type !== "moderate") throw new HeadgateError("internal", { detail: "The reply has no verdicts." });
  return { id: `modr-${head.requestId}`, model: head.model, results: result.results.map(toVerdict) };
}

function toVerdict({ isFlagged, categories, scores }: ModerationResult): Record<string, unknown> {
  return {
    flagged: isFlagged,
    categories,
    category_scores: scores,
    category_applied_input_types: Object.fromEntries(Object.keys(categories).map((name) => [name, ["text"]])),
  };
}
