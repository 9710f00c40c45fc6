import { HeadgateError } from "../../errors.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import type { WireClient } from "../wire/wire-client.ts";

export interface CountTokensOptions {
  /** Of `POST /responses`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly toBody: (request: ModelRequest, context: ProviderContext) => Readonly<Record<string, unknown>>;
}

/** What OpenAI takes to count by; it refuses other fields. */
const countedFields = [
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "truncation",
];

/** Counts input tokens by `POST /responses/input_tokens`. */
export function createCountTokens(
  client: WireClient,
  { url: responsesUrl, headers, toBody }: CountTokensOptions,
): NonNullable<Provider["countTokens"]> {
  const url = new URL(responsesUrl);
  url.pathname += "/input_tokens";
  return async (request, context) => {
    const whole = toBody(request, context);
    const counted = countedFields.filter((field) => whole[field] !== undefined);
    const body = JSON.stringify(Object.fromEntries(counted.map((field) => [field, whole[field]])));
    const answer = parseObject((await client.post({ url, headers, body }, context)).toString(), client.peer, "counted");
    const { input_tokens: tokens } = answer;
    if (Number.isSafeInteger(tokens) && (tokens as number) >= 0) return tokens as number;
    throw new HeadgateError("provider_protocol", { detail: `${client.peer} counted no tokens.` });
  };
}
