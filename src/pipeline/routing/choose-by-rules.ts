import type { Call, RouteFeatures } from "../../call.ts";
import type { RuleSet } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { countPrompt } from "../../prompt-tokens.ts";
import { findRuleSet, isBuiltIn, listRuleSets, resolveChoice } from "./built-in-rules.ts";
import { readUserText, type DetectLanguage } from "./detect-language.ts";
import { asksForLanguage, listTokenBorders, pickByRules, type Pick } from "./pick-by-rules.ts";
import { readFeatures, type BudgetLeft } from "./read-features.ts";

export interface RuleOptions {
  /** @default no call has a budget */
  readonly budgetLeft?: BudgetLeft;
  readonly detectLanguage: DetectLanguage;
}

/**
 * What the rule set in force makes of the call. Notes its version and what it was told.
 * @throws HeadgateError `model_not_found` in a project without rule sets and without the tier `standard`
 */
export async function chooseByRules(call: Call, options: RuleOptions): Promise<Pick> {
  const { snapshot } = call;
  const set = findRuleSet(snapshot);
  let features = readFeatures(call, options.budgetLeft);
  // Sets that are not in force are tried on the record later.
  if (listRuleSets(snapshot).values().some(asksForLanguage)) {
    const language = await options.detectLanguage(readUserText(call));
    if (language !== undefined) features = { ...features, language };
  }
  let pick = pickByRules(set, features);
  // The numbers of the rules that come with Headgate are round: no count is worth its time there.
  if (!isBuiltIn(set) && !isSettled(set, features, pick)) {
    features = { ...features, tokens: await countPrompt(call, "o200k_base") };
    pick = pickByRules(set, features);
  }
  call.notes.routing = { version: set.version, features };
  const use = resolveChoice(set, pick.use, snapshot);
  if (!isBuiltIn(set) || snapshot.tiers.has(use) || snapshot.models.has(use)) return { use, rule: pick.rule };
  throw new HeadgateError("model_not_found", {
    detail: `To choose by itself the project needs a tier "${use}", or rule sets under routes in its config.`,
  });
}

/** Estimates are rarely further off than this share. */
const margin = 0.15;

/** Above this, a count takes longer than what it could tell is worth. */
const mostCountedTokens = 8000;

/** True if no number of tokens near the estimate would lead elsewhere. */
function isSettled(set: RuleSet, features: RouteFeatures, pick: Pick): boolean {
  const { tokens = 0 } = features;
  if (tokens > mostCountedTokens) return true;
  const [low, high] = [Math.floor(tokens * (1 - margin)), Math.ceil(tokens * (1 + margin))];
  const borders = listTokenBorders(set).filter((border) => border > low && border <= high);
  if (borders.length === 0) return true;
  return [low, ...borders].every((near) => pickByRules(set, { ...features, tokens: near }).rule === pick.rule);
}
