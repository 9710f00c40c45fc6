import type { Call } from "../../call.ts";
import type { RouteRule } from "../../endpoint/define-endpoint.ts";
import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import { countTokens as countO200kTokens } from "../../tokens.ts";
import type { Stage } from "../stage.ts";
import { measureInput } from "./measure-input.ts";
import type { InputMeasure } from "./measure-input.ts";
import { readPointer } from "./read-pointer.ts";
import { resolveRoute, toTarget } from "./resolve-route.ts";

export interface ChooseModelOptions {
  /** @default the o200k tokenizer of src/tokens.ts, which loads its vocabulary at the first count */
  readonly countTokens?: (text: string) => Promise<number>;
}

/**
 * Sets the call's route. For an endpoint the first route rule that holds wins, then the model of its prompt, then
 * `route.use`; a chat call names its model itself.
 */
export function chooseModel({ countTokens = countO200kTokens }: ChooseModelOptions = {}): Stage {
  return async (call, next) => {
    const { name, rule } = call.endpoint
      ? await chooseForEndpoint(call, call.endpoint, measureInput(call.input, countTokens))
      : { name: call.requestedModel ?? "", rule: "requested" };
    const route = resolveRoute(call.snapshot, name, rule);
    call.notes.target = toTarget(route);
    return next({ ...call, route });
  };
}

interface Choice {
  readonly name: string;
  readonly rule: string;
}

async function chooseForEndpoint(call: Call, endpoint: LoadedEndpoint, measure: InputMeasure): Promise<Choice> {
  const { route, prompts, release } = endpoint;
  for (const [index, rule] of (route.rules ?? []).entries()) {
    if (await holds(rule.when, call.input, measure)) return { name: rule.use, rule: `route.rules[${index}]` };
  }
  const prompt = prompts.get(call.notes.prompt?.version ?? release);
  return prompt?.model === undefined ? { name: route.use, rule: "route.use" } : { name: prompt.model, rule: "prompt" };
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
