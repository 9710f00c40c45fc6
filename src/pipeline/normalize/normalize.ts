import type { Call } from "../../call.ts";
import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { countTokens as countO200kTokens, surelyFits } from "../../tokens.ts";
import type { Stage } from "../stage.ts";
import { cleanText } from "./clean-text.ts";
import { htmlToText } from "./html-to-text.ts";
import { mapReduce } from "./map-reduce.ts";
import type { CountTokens } from "./split-text.ts";
import { listTexts, mapTexts, replaceText, type TextField } from "./text-fields.ts";
import { leastTextTokens, truncateText, type Cut } from "./truncate-text.ts";

export interface NormalizeStageOptions {
  /** @default the o200k tokenizer of src/tokens.ts, which loads its vocabulary at the first count */
  readonly countTokens?: CountTokens;
}

/** Cleans an endpoint's input, checks it by the contract and keeps it within the token limit. Chat calls pass untouched. */
export function normalize({ countTokens = countO200kTokens }: NormalizeStageOptions = {}): Stage {
  return async (call, next) => {
    const { endpoint } = call;
    if (!endpoint) return next(call);
    const checked = await checkInput(call.input, endpoint);
    call.notes.checkedInput = checked;
    const ready: Call = { ...call, input: checked };
    const overflow = await findOverflow(checked, endpoint, countTokens);
    if (!overflow) return next(ready);
    const { field, maxTokens } = overflow;
    const policy = endpoint.normalize.overflow;
    if (policy === "map-reduce") return mapReduce({ call: ready, field, maxTokens, countTokens, next });
    const cut = policy.slice("truncate-".length) as Cut;
    const text = await truncateText(field.text, cut, maxTokens, countTokens);
    call.notes.warnings.push("input_truncated");
    return next({ ...ready, input: replaceText(checked, field.path, text) });
  };
}

async function checkInput(input: unknown, endpoint: LoadedEndpoint): Promise<unknown> {
  const { html, whitespace } = endpoint.normalize;
  const cleaned = mapTexts(input, (text) => cleanText(html ? htmlToText(text) : text, whitespace));
  const result = await endpoint.input.check(cleaned);
  if (result.ok) return result.value;
  throw new HeadgateError("input_invalid", {
    detail: `The input has ${result.issues.length === 1 ? "a problem" : `${result.issues.length} problems`}; see issues.`,
    issues: result.issues,
  });
}

interface Overflow {
  /** The field that gives way. */
  readonly field: TextField;
  /** What the limit leaves for it beside the other fields. */
  readonly maxTokens: number;
}

async function findOverflow(
  input: unknown,
  { normalize: { maxTokens, overflow, field: path } }: LoadedEndpoint,
  countTokens: CountTokens,
): Promise<Overflow | undefined> {
  if (maxTokens === undefined) return undefined;
  const fields = listTexts(input);
  if (surelyFits(fields.map(({ text }) => text).join(""), maxTokens)) return undefined;
  const counts = await Promise.all(fields.map(({ text }) => countTokens(text)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= maxTokens) return undefined;
  const largest = counts.reduce((most, count, at) => (count > counts[most]! ? at : most), 0);
  const index = path === undefined ? largest : fields.findIndex((field) => field.path === path);
  const left = maxTokens - (total - (counts[index] ?? 0));
  // Then the other fields are what is too long.
  if (overflow === "reject" || index === -1 || left < leastTextTokens)
    throw new HeadgateError("input_too_long", { detail: `The input has ${total} tokens; ${maxTokens} are allowed.` });
  return { field: fields[index]!, maxTokens: left };
}
