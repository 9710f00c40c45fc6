/** One mistake in a prompt file. The message says what to do. */
export interface PromptProblem {
  /** Line of the prompt file, counted from 1; for a mistake in a partial, the line that calls it. */
  readonly line?: number;
  readonly message: string;
}
