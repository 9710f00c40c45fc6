/** True if the last visible characters end a sentence, as far as signs tell. */
export function endsSentence(text: string): boolean {
  return /[.!?。！？…]["'”’»」』)\]*_]*\s*$/u.test(text.slice(-40));
}
