import type { Call } from "../../call.ts";
import type { LoadedEndpoint, TokenLimits } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { countTokens } from "../../tokens.ts";
import type { Stage } from "../stage.ts";
import { measurePrompt, type PromptMeasure } from "./measure-prompt.ts";

export interface LimitTokensOptions {
  /** The call with the prompt of its input. */
  readonly renderPrompt: (call: Call, endpoint: LoadedEndpoint) => Call;
  /** Undefined: the input cannot give up so much. */
  readonly shortenInput: (
    input: unknown,
    options: {
      readonly tokens: number;
      readonly field?: string;
      readonly isShown: (text: string) => boolean;
    },
  ) => Promise<{ readonly input: unknown } | undefined>;
}

/** A cut text joins what follows it in other tokens than the whole one did. */
const jointTokens = 8;
const mostCuts = 2;

/**
 * Holds an endpoint's strict token limits: of the rendered prompt, of each answer, of both. What goes beyond is refused or
 * reduced, as the endpoint declares; nothing that is beyond is passed on. Chat calls pass untouched.
 */
export function limitTokens(options: LimitTokensOptions): Stage {
  async function fit(call: Call, endpoint: LoadedEndpoint, limits: TokenLimits): Promise<Fitted> {
    const most = Math.min(limits.inputTokens ?? Infinity, (limits.totalTokens ?? Infinity) - leastAnswerTokens);
    for (let fitted = call, cuts = 0; ; cuts++) {
      const prompt = measurePrompt(fitted, countTokens);
      if (await prompt.hasAtMost(most)) return { call: fitted, prompt };
      const tokens = await prompt.count();
      const mayCut = limits.onExceeded === "reduce" && cuts < mostCuts;
      const shortened = mayCut
        ? await options.shortenInput(fitted.input, {
            tokens: tokens - most + jointTokens * (cuts + 1),
            field: endpoint.normalize.field,
            isShown: (text) => prompt.shows(text),
          })
        : undefined;
      if (!shortened) throw refuseInput(tokens, most, limits);
      fitted = options.renderPrompt({ ...fitted, input: shortened.input }, endpoint);
    }
  }

  return async (call, next) => {
    const { endpoint } = call;
    if (!endpoint?.limits) return next(call);
    const fitted = await fit(call, endpoint, endpoint.limits);
    const { warnings } = call.notes;
    if (fitted.call !== call && !warnings.includes("input_truncated")) warnings.push("input_truncated");
    return next(await limitAnswer(fitted, endpoint.limits));
  };
}

const leastAnswerTokens = 1;

interface Fitted {
  readonly call: Call;
  readonly prompt: PromptMeasure;
}

/** Every model call of the request may give so much, its re-asks too. */
async function limitAnswer(
  { call, prompt }: Fitted,
  { outputTokens = Infinity, totalTokens, onExceeded }: TokenLimits,
): Promise<Call> {
  const asked = call.settings.maxOutputTokens;
  if (onExceeded === "refuse" && asked !== undefined && asked > outputTokens) throw refuseOutput(asked, outputTokens);
  let most = Math.min(asked ?? Infinity, outputTokens);
  if (totalTokens !== undefined && !(await prompt.hasAtMost(totalTokens - most))) {
    const left = totalTokens - (await prompt.count());
    if (onExceeded === "refuse" && asked !== undefined) throw refuseOutput(asked, left);
    most = left;
  }
  return most === asked || most === Infinity
    ? call
    : { ...call, settings: { ...call.settings, maxOutputTokens: most } };
}

function refuseInput(tokens: number, most: number, { inputTokens, totalTokens }: TokenLimits): HeadgateError {
  const allowed =
    most === inputTokens
      ? `${most} are allowed`
      : `of ${totalTokens} for prompt and answer none would be left for the answer`;
  return new HeadgateError("input_too_long", {
    detail: `The prompt has ${tokens} tokens; ${allowed}. Shorten the input.`,
  });
}

function refuseOutput(asked: number, most: number): HeadgateError {
  return new HeadgateError("output_too_long", {
    detail: `The prompt asks for answers of up to ${asked} tokens; ${most} are allowed. Lower its maxOutputTokens, or have the endpoint reduce (limits.onExceeded).`,
  });
}
