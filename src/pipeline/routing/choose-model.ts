import type { Call, Target } from "../../call.ts";
import type { RouteRule } from "../../endpoint/define-endpoint.ts";
import type { LoadedEndpoint, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { countTokens as countO200kTokens } from "../../tokens.ts";
import type { Stage } from "../stage.ts";
import { measureInput } from "./measure-input.ts";
import type { InputMeasure } from "./measure-input.ts";
import { readPointer } from "./read-pointer.ts";

export interface ChooseModelOptions {
  /** @default the o200k tokenizer of src/tokens.ts, which loads its vocabulary at the first count */
  readonly countTokens?: (text: string) => Promise<number>;
}

/**
 * Sets the call's target. For an endpoint the first route rule that holds wins, then the model of its prompt, then
 * `route.use`; a chat call names its model itself.
 */
export function chooseModel({ countTokens = countO200kTokens }: ChooseModelOptions = {}): Stage {
  return async (call, next) => {
    const { name, rule } = call.endpoint
      ? await chooseForEndpoint(call, call.endpoint, measureInput(call.input, countTokens))
      : { name: call.requestedModel ?? "", rule: "requested" };
    const target = resolveTarget(call.snapshot, name, rule);
    call.notes.target = target;
    return next({ ...call, target });
  };
}

/** Clients make names up, and those of called models go into records and logs. Amazon's, the longest, have this many. */
const mostNameChars = 2048;

/**
 * Finds what a name stands for: a model of the config, a tier, or `provider/model` with a declared provider.
 * @throws HeadgateError `model_not_found`; its detail lists what exists.
 */
export function resolveTarget(snapshot: Snapshot, name: string, rule: string): Target {
  const entry = snapshot.models.get(name);
  if (entry) return { provider: entry.provider, model: entry.model, rule };
  const tierEntry = snapshot.models.get(snapshot.tiers.get(name) ?? "");
  if (tierEntry) return { provider: tierEntry.provider, model: tierEntry.model, tier: name, rule };
  const slash = name.indexOf("/");
  const [provider, model] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  if (model !== "" && name.length <= mostNameChars && snapshot.providers.has(provider))
    return { provider, model, rule };
  throw new HeadgateError("model_not_found", { detail: describeChoices(snapshot) });
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

const maxListed = 20;

function describeChoices(snapshot: Snapshot): string {
  return `Models: ${list(snapshot.models)}. Tiers: ${list(snapshot.tiers)}. Providers, for "provider/model": ${list(snapshot.providers)}.`;
}

function list(entries: ReadonlyMap<string, unknown>): string {
  const names = [...entries.keys()];
  const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : "";
  return names.length === 0 ? "none" : names.slice(0, maxListed).join(", ") + more;
}
