/** A word in its dictionary form, a number, or something that is only equal to itself. */
export interface Token {
  /** Words in lower case. What is only equal to itself begins with `=`, numbers with `#`, names with `^`. A comma is a comma. */
  readonly text: string;
  readonly form?: "past" | "participle";
  readonly isPlural?: boolean;
}

export interface Clause {
  readonly tokens: readonly Token[];
  readonly isQuestion: boolean;
}

export const comma: Token = { text: "," };
