import { countTokens as countO200kTokens } from "../../tokens.ts";
import type { CountTokens } from "./split-text.ts";
import { listTexts, replaceText } from "./text-fields.ts";
import { leastTextTokens, truncateText } from "./truncate-text.ts";

export interface ShortenOptions {
  /** To be given up, at least. */
  readonly tokens: number;
  /** JSON Pointer of the text that gives way. @default the longest one that is shown */
  readonly field?: string;
  /** Whether cutting the text helps at all. */
  readonly isShown: (text: string) => boolean;
  /** @default the o200k tokenizer of src/tokens.ts, which loads its vocabulary at the first count */
  readonly countTokens?: CountTokens;
}

/** Cuts one text of an input at its end, between words. Undefined: it cannot give up so much and still say something. */
export async function shortenInput(
  input: unknown,
  { tokens, field: path, isShown, countTokens = countO200kTokens }: ShortenOptions,
): Promise<{ readonly input: unknown } | undefined> {
  const fields = listTexts(input);
  const named = fields.find((field) => field.path === path);
  const [longest] = fields.filter(({ text }) => isShown(text)).toSorted((a, b) => b.text.length - a.text.length);
  const field = named ?? longest;
  if (!field) return undefined;
  const left = (await countTokens(field.text)) - tokens;
  if (left < leastTextTokens) return undefined;
  return { input: replaceText(input, field.path, await truncateText(field.text, "tail", left, countTokens)) };
}
