import type { Call, ForeignRequest, Loss, Task } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import type { ModelRequest, Provider, ProviderContext } from "../../providers/provider.ts";
import { wholeReply, type Completion, type Reply } from "../../reply.ts";
import { countPrompt } from "../../prompt-tokens.ts";
import { findEncoding } from "../../tokens.ts";

export interface AskOptions {
  /** The provider's own name of the model. */
  readonly model: string;
  /** The answer is read into parts even where its bytes could be relayed. */
  readonly wantsParts?: boolean;
  readonly context: ProviderContext;
}

/**
 * Asks a provider for what the call wants: an answer, or the work of its task.
 * @throws HeadgateError `not_translatable` if the provider has no such work, or cannot be told a part of the request
 */
export function askProvider(provider: Provider, call: Call, options: AskOptions): Promise<Reply> {
  const { model, wantsParts, context } = options;
  const foreign = passOn(provider, call.foreign, options);
  const { messages, settings, output, tools, stream } = call;
  const request: ModelRequest = { model, messages, settings, output, tools, foreign, wantsParts, stream };
  return call.task ? perform(provider, call.task, request, context) : provider.generate(request, context);
}

/** The client's own body, for a provider that speaks its dialect. Others get what the words carry, and the rest is told. */
function passOn(
  provider: Provider,
  foreign: ForeignRequest | undefined,
  { model, context: { warn } }: AskOptions,
): ForeignRequest | undefined {
  if (!foreign) return undefined;
  if (provider.dialects.includes(foreign.dialect)) {
    for (const warning of foreign.warnings ?? []) warn(warning);
    return foreign;
  }
  const { losses = [] } = foreign;
  const isKept = ({ isPrefill = false }: Loss): boolean => isPrefill && provider.continuesAnswers?.(model) === true;
  const refused = losses.filter((loss) => loss.effect === "refused" && !isKept(loss));
  if (refused.length > 0) {
    const issues = refused.map(({ path, why }) => ({ path, message: why }));
    const detail = `The provider ${provider.name} cannot be asked for: ${issues.map(({ path, message }) => `${path} (${message})`).join(", ")}.`;
    throw new HeadgateError("not_translatable", { detail, issues });
  }
  for (const { path, why, effect } of losses) if (effect === "dropped") warn(`${path} was dropped: ${why}.`);
  return undefined;
}

async function perform(
  provider: Provider,
  task: Task,
  request: ModelRequest,
  context: ProviderContext,
): Promise<Reply> {
  const { model, foreign } = request;
  switch (task.type) {
    case "embed": {
      const { inputs, dimensions } = task;
      const embed = provider.embed ?? refuse(provider, "embeddings");
      const { vectors, usage, raw } = await embed({ model, inputs, dimensions, foreign }, context);
      return wholeReply({ ...nothingSaid, usage, raw, result: { type: "embed", vectors } });
    }
    case "moderate": {
      const moderate = provider.moderate ?? refuse(provider, "moderation");
      const { results, raw } = await moderate({ model, inputs: task.inputs, foreign }, context);
      return wholeReply({ ...nothingSaid, raw, result: { type: "moderate", results } });
    }
    default: {
      const inputTokens = await provider.countTokens?.(request, context);
      const isEstimated = inputTokens === undefined;
      if (isEstimated) context.warn(`The provider ${provider.name} does not count tokens: the count is an estimate.`);
      const result = {
        type: task.type,
        inputTokens: inputTokens ?? (await countPrompt(request, findEncoding(model))),
        isEstimated,
      };
      return wholeReply({ ...nothingSaid, result });
    }
  }
}

const nothingSaid = { text: "", toolCalls: [], finishReason: "stop" } as const satisfies Completion;

function refuse(provider: Provider, work: string): never {
  throw new HeadgateError("not_translatable", { detail: `The provider ${provider.name} has no ${work}.` });
}
