import type { Call } from "../../call.ts";
import type { RouteRule } from "../../endpoint/define-endpoint.ts";
import { automaticRoute } from "../../endpoint/define-routing.ts";
import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import { countTokens as countO200kTokens } from "../../tokens.ts";
import type { Stage } from "../stage.ts";
import { chooseByRules, type RuleOptions } from "./choose-by-rules.ts";
import { detectLanguage as detectByLetters } from "./detect-language.ts";
import { measureInput } from "./measure-input.ts";
import type { InputMeasure } from "./measure-input.ts";
import type { Pick } from "./pick-by-rules.ts";
import { readPointer } from "./read-pointer.ts";
import { resolveRoute, toTarget } from "./resolve-route.ts";

export interface ChooseModelOptions extends Partial<RuleOptions> {
  /** For rules on an input's tokens. @default the o200k tokenizer of src/tokens.ts, which loads its vocabulary at the first count */
  readonly countTokens?: (text: string) => Promise<number>;
}

/**
 * Sets the call's route. For an endpoint the first of its own route rules that holds wins, then the model of its prompt,
 * then `route.use`; a chat call names its model itself. What comes out as `auto` is chosen by the project's rule set.
 */
export function chooseModel(options: ChooseModelOptions = {}): Stage {
  const { countTokens = countO200kTokens, detectLanguage = detectByLetters, budgetLeft } = options;
  return async (call, next) => {
    const named = call.endpoint
      ? await chooseForEndpoint(call, call.endpoint, measureInput(call.input, countTokens))
      : { use: call.requestedModel ?? "", rule: "requested" };
    const isAutomatic = named.use === automaticRoute && canChoose(call);
    const { use, rule } = isAutomatic ? await chooseByRules(call, { detectLanguage, budgetLeft }) : named;
    const route = resolveRoute(call.snapshot, use, rule);
    call.notes.target = toTarget(route);
    return next({ ...call, route });
  };
}

/** Rule sets choose among models that write: those that embed or moderate have to be named. */
function canChoose({ task }: Call): boolean {
  return task === undefined || task.type === "count-tokens";
}

async function chooseForEndpoint(call: Call, endpoint: LoadedEndpoint, measure: InputMeasure): Promise<Pick> {
  const { route, prompts, release } = endpoint;
  for (const [index, rule] of (route.rules ?? []).entries()) {
    if (await holds(rule.when, call.input, measure)) return { use: rule.use, rule: `route.rules[${index}]` };
  }
  const prompt = prompts.get(call.notes.prompt?.version ?? release);
  return prompt?.model === undefined ? { use: route.use, rule: "route.use" } : { use: prompt.model, rule: "prompt" };
}

async function holds(when: RouteRule["when"], input: unknown, measure: InputMeasure): Promise<boolean> {
  const fieldsMatch = Object.entries(when.input ?? {}).every(([path, wanted]) => readPointer(input, path) === wanted);
  // Fields first: comparing costs nothing, counting tokens does.
  if (!fieldsMatch) return false;
  const { atLeast, atMost } = when.inputTokens ?? {};
  return (
    (atLeast === undefined || (await measure.hasAtLeast(atLeast))) &&
    (atMost === undefined || (await measure.hasAtMost(atMost)))
  );
}
