import { formatProblem } from "../endpoint/problem.ts";
import type { Problem } from "../endpoint/problem.ts";

export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.map((problem) => `${formatProblem(problem)}\n`);
  return `${lines.join("")}${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}.\n`;
}
