import { surelyFits } from "../../tokens.ts";
import { collectTexts } from "./collect-texts.ts";

/** Answers questions about an input's length, counting its tokens at most once and only if bytes do not settle it. */
export interface InputMeasure {
  hasAtLeast(tokens: number): Promise<boolean>;
  hasAtMost(tokens: number): Promise<boolean>;
}

/** The length of an input is that of all its texts, one below the other; numbers, booleans and field names do not count. */
export function measureInput(input: unknown, countTokens: (text: string) => Promise<number>): InputMeasure {
  let text: string | undefined;
  let count: Promise<number> | undefined;
  const getText = (): string => (text ??= collectTexts(input).join("\n"));
  const getCount = (): Promise<number> => (count ??= countTokens(getText()));
  return {
    hasAtLeast: async (tokens) => tokens <= 0 || (!surelyFits(getText(), tokens - 1) && (await getCount()) >= tokens),
    hasAtMost: async (tokens) => surelyFits(getText(), tokens) || (await getCount()) <= tokens,
  };
}
