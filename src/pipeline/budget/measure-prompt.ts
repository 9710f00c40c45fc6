import type { Call } from "../../call.ts";
import type { Message } from "../../message.ts";
import { surelyFits } from "../../tokens.ts";

/** What an image, a file or a sound counts: about what vendors take for an image of a megapixel. */
export const mediaTokens = 1600;

/** Answers questions about a prompt's length, counting its tokens at most once and only if bytes do not settle it. */
export interface PromptMeasure {
  hasAtMost(tokens: number): Promise<boolean>;
  count(): Promise<number>;
  /** Whether it has the text in it, as it is or as JSON writes it. */
  shows(text: string): boolean;
}

/** The length of a prompt is that of all its messages and tools. */
export function measurePrompt(
  { messages, tools = [] }: Pick<Call, "messages" | "tools">,
  countTokens: (text: string) => Promise<number>,
): PromptMeasure {
  const texts = [...messages.flatMap(listTexts), ...tools.map((tool) => JSON.stringify(tool))];
  const ofMedia = mediaTokens * messages.reduce((media, { content }) => media + countMedia(content), 0);
  let counted: Promise<number> | undefined;
  const count = (): Promise<number> => (counted ??= sum(texts, countTokens).then((tokens) => tokens + ofMedia));
  return {
    count,
    shows: (text) => {
      const trimmed = text.trim();
      const escaped = JSON.stringify(trimmed).slice(1, -1);
      return texts.some((shown) => shown.includes(trimmed) || shown.includes(escaped));
    },
    hasAtMost: async (tokens) => surelyFits(texts.join(""), tokens - ofMedia) || (await count()) <= tokens,
  };
}

async function sum(texts: readonly string[], countTokens: (text: string) => Promise<number>): Promise<number> {
  let tokens = 0;
  for (const text of texts) tokens += await countTokens(text);
  return tokens;
}

function listTexts({ content, toolCalls = [] }: Message): readonly string[] {
  const said =
    typeof content === "string" ? [content] : content.flatMap((part) => (part.type === "text" ? part.text : []));
  return [...said, ...toolCalls.map(({ name, arguments: text }) => `${name} ${text}`)];
}

function countMedia(content: Message["content"]): number {
  return typeof content === "string" ? 0 : content.filter(({ type }) => type !== "text").length;
}
