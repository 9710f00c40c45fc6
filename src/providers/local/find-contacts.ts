import type { Mention } from "./mention.ts";
import type { Sentence } from "./split-sentences.ts";

export interface ContactMention extends Mention {
  readonly kind: "email" | "url" | "phone";
}

// Every repeat is bounded and no match starts inside a word, so a megabyte of one letter costs one pass.
const email =
  /(?<![\p{L}\p{N}._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])/gu;
const url = /(?<![\p{L}\p{N}])(?:https?:\/\/|www\.)[^\s<>"'“”‘’()[\]{}|\\^`]{3,500}/giu;
const phone =
  /(?<![\p{L}\p{N}./-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,5}\)[ .-]?)?\d{2,5}(?:[ ./-]\d{2,5}){1,4}(?![\p{L}\p{N}]|[./-]\d)/gu;
const isoDate = /^\d{4}-\d{2}-\d{2}|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/u;

export function findContacts({ text, index }: Sentence): ContactMention[] {
  const found: ContactMention[] = [];
  if (text.includes("@")) {
    for (const match of text.matchAll(email))
      found.push({ text: match[0], sentence: index, start: match.index, kind: "email" });
  }
  if (text.includes("://") || /www\./iu.test(text)) {
    for (const match of text.matchAll(url))
      found.push({ text: match[0].replace(/[.,;:!?]+$/u, ""), sentence: index, start: match.index, kind: "url" });
  }
  if (/\d/u.test(text)) {
    for (const match of text.matchAll(phone)) {
      if (isPhone(match[0])) found.push({ text: match[0], sentence: index, start: match.index, kind: "phone" });
    }
  }
  return found;
}

function isPhone(text: string): boolean {
  const digits = text.replaceAll(/\D/gu, "").length;
  if (isoDate.test(text) || digits < 7 || digits > 15) return false;
  // "1 250 000" is a figure and "2024-2025" a span of years.
  return text.startsWith("+") || text.startsWith("(") || text.startsWith("0") || (/[-.]/u.test(text) && digits >= 10);
}
