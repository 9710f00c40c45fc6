import type { eld as smallDetector } from "eld/small";
import type { Call } from "../../call.ts";
import { collectTexts } from "./collect-texts.ts";

/** ISO 639-1 code of a text's language; undefined where it cannot be told. */
export type DetectLanguage = (text: string) => Promise<string | undefined>;

let loading: Promise<typeof smallDetector> | undefined;

/** By the frequency of letter groups, in 60 languages. Its 1.6 MB are loaded at the first use, so most projects never do. */
export const detectLanguage: DetectLanguage = async (text) => {
  loading ??= import("eld/small").then(({ eld }) => eld);
  const found = (await loading).detect(text);
  return found.isReliable() ? found.language : undefined;
};

/** More tells no more, and takes longer. */
const mostChars = 500;

/** What the call's user has written: an endpoint's input, or the last message of a conversation. Instructions are its author's. */
export function readUserText({ endpoint, input, messages }: Pick<Call, "endpoint" | "input" | "messages">): string {
  if (endpoint) return collectTexts(input).join("\n").slice(0, mostChars);
  const content = messages.findLast(({ role }) => role === "user")?.content ?? "";
  if (typeof content === "string") return content.slice(0, mostChars);
  const texts = content.flatMap((part) => (part.type === "text" ? part.text : []));
  return texts.join("\n").slice(0, mostChars);
}
