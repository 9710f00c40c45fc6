/** A stretch of a sentence that says something by itself: a date, an amount, a name. */
export interface Mention {
  /** As written. */
  readonly text: string;
  /** Index of its sentence. */
  readonly sentence: number;
  /** Offset in the sentence. */
  readonly start: number;
}
