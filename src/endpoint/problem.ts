/** One mistake in a project: where it is, what is wrong and what to do. */
export interface Problem {
  /** Relative to the project folder, with forward slashes; `config` for a config object given in code. */
  readonly file: string;
  /** Counted from 1; absent when the mistake has no place, such as a missing file. */
  readonly line?: number;
  readonly message: string;
}

/** By file and line, each problem once: a broken module that two endpoints import is one mistake. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(
    problems.map((problem) => [`${problem.file}\0${problem.line ?? 0}\0${problem.message}`, problem]),
  );
  return [...unique.values()].sort(
    (a, b) => compareTexts(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compareTexts(a.message, b.message),
  );
}

/** `file:line: message`, the form that editors and terminals turn into links. */
export function formatProblem({ file, line, message }: Problem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

// Code units, not a locale's order: the list reads the same on every machine.
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
