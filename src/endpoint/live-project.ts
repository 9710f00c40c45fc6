import { HeadgateError } from "../errors.ts";
import { loadProject } from "./load-project.ts";
import type { LoadDependencies, LoadOptions, LoadResult } from "./load-project.ts";
import { formatProblem } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { Snapshot } from "./snapshot.ts";

/** A project that can be loaded anew while it serves. */
export interface LiveProject {
  /** The last good state: a reload with mistakes leaves it as it is. */
  readonly snapshot: Snapshot;
  /** The mistakes of the last attempt; empty if it was good. */
  readonly problems: readonly Problem[];
  /** Attempts run one after the other; one that was asked for while another runs sees the files as they are then. */
  reload(): Promise<ReloadResult>;
}

interface ReloadResult {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

export type LiveProjectOptions = LoadOptions & LoadDependencies;

/** @throws HeadgateError `project_invalid` if the first load finds mistakes; its detail lists them. */
export async function openLiveProject(options: LiveProjectOptions): Promise<LiveProject> {
  const load = (): Promise<LoadResult> => loadProject(options, options);
  const first = await load();
  if (!first.ok) throw new HeadgateError("project_invalid", { detail: describeProblems(first.problems) });
  let snapshot = first.snapshot;
  let problems: readonly Problem[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const attempt = async (): Promise<ReloadResult> => {
    const loaded = await load();
    if (loaded.ok) snapshot = loaded.snapshot;
    problems = loaded.ok ? [] : loaded.problems;
    return { ok: loaded.ok, problems };
  };
  return {
    get snapshot() {
      return snapshot;
    },
    get problems() {
      return problems;
    },
    reload: () => {
      const reloading = last.then(attempt);
      last = reloading.catch(() => {});
      return reloading;
    },
  };
}

const maxListed = 50;

function describeProblems(problems: readonly Problem[]): string {
  const listed = problems.slice(0, maxListed).map((problem) => `\n  ${formatProblem(problem)}`);
  const more = problems.length > maxListed ? `\n  and ${problems.length - maxListed} more` : "";
  return `The project has ${problems.length === 1 ? "a mistake" : `${problems.length} mistakes`}:${listed.join("")}${more}`;
}
