import type { Problem } from "../endpoint/problem.ts";

export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ file, line, message }) => `${file}${line === undefined ? "" : `:${line}`}  ${message}\n`);
  return `${lines.join("")}${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}.\n`;
}
