/** A model says no more before it begins. */
const maxChars = 240;
/** So far it is looked for. */
const maxTalkChars = 400;

const words =
  /^[[(*_>#\s]*(?:sure|certainly|absolutely|of course|okay|ok|understood|got it|no problem|sorry|(?:my )?apologies|i apologi[sz]e|i(?:'|’)m sorry|continu(?:ing|ation|ed?)|here(?:'|’| i)s|here you go|resum|picking up|let me|let(?:'|’)s|as i was|i(?:'|’)ll|i will)(?![\p{L}\p{N}])/iu;

/** It speaks of itself, or refuses to go on. */
const talk =
  /^["'“‘*_(]*(?:I|as an? (?:AI|language model))(?![\p{L}\p{N}])|cut off|continu|interrupt|resum(?:e|ing)|left off|(?:last|previous|above) (?:message|response|answer|words?)|instruct|sorry|apolog|(?:can(?:'|’)?t|cannot|unable to|not able to) (?:help|assist|comply|provide)/iu;

/** True if the text may be what a model says before it goes on or instead, or the beginning of marks that it puts around what follows. */
export function mayBeLeadIn(text: string): boolean {
  const said = text.trimStart();
  const [line = "", ...lines] = said.split("\n", 2);
  if (words.test(said) || talk.test(said.slice(0, maxTalkChars)) || /^(?:`{3}|~{3}|<)/.test(said)) return true;
  return lines.length > 0 && line.length < maxChars && /[:：][*_]*\s*$/.test(line);
}

/**
 * True if what came before the repeated words can be left out without leaving something open: a line or a clause of its own.
 * A code fence only where `sentBefore` has one that is open, and is opened again.
 */
export function isLeadIn(before: string, sentBefore: string): boolean {
  const said = before.trim();
  if (said.length > maxChars) return false;
  const fence = /(?:^|\n)(?:`{3}|~{3})[^\n`]*$/.exec(said);
  if (fence) {
    const above = said.slice(0, fence.index);
    return before.trimEnd().length < before.length && isInFence(sentBefore) && !isInFence(above);
  }
  return /[:：][*_]*$/.test(said) || (/\n\s*$/.test(before) && /[\p{L}\p{N}.!?。！？…)]$/u.test(said));
}

/** True if a block of code has begun and not ended. */
function isInFence(text: string): boolean {
  let isOpen = false;
  for (const _ of text.matchAll(/^[ \t]*(?:`{3}|~{3})/gm)) isOpen = !isOpen;
  return isOpen;
}
