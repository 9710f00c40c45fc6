import { expect, test } from "vitest";
import { endpointFile, goodProject, promptFile, writeFiles, writeProject } from "../../test/sample-project.ts";
import { HeadgateError } from "../errors.ts";
import { loadPrompt } from "../pipeline/prompts/load-prompt.ts";
import { openLiveProject } from "./live-project.ts";

const brokenPrompt = "---\nversion: 1.0.0\n---\n{{nothing}}\n";

test("a reload takes up what changed", async () => {
  const folder = writeProject(goodProject);
  const project = await openLiveProject({ folder, loadPrompt });
  const first = project.snapshot;
  writeFiles(folder, { [promptFile]: `${goodProject[promptFile]}Please.\n` });
  expect(await project.reload()).toEqual({ ok: true, problems: [] });
  expect(project.snapshot).not.toBe(first);
  expect(project.snapshot.id).not.toBe(first.id);
});

test("a reload with mistakes keeps the last good snapshot and tells the mistakes, until they are gone", async () => {
  const folder = writeProject(goodProject);
  const project = await openLiveProject({ folder, loadPrompt });
  const good = project.snapshot;
  writeFiles(folder, { [promptFile]: brokenPrompt });
  const { ok, problems } = await project.reload();
  expect(ok).toBe(false);
  expect(problems).toEqual([expect.objectContaining({ file: promptFile, line: 4 })]);
  expect(project.problems).toBe(problems);
  expect(project.snapshot).toBe(good);
  writeFiles(folder, { [promptFile]: goodProject[promptFile]! });
  expect((await project.reload()).ok).toBe(true);
  expect(project.problems).toEqual([]);
  expect(project.snapshot.id).toBe(good.id);
});

test("reloads that are asked for at the same time run one after the other", async () => {
  // The module notes when it begins and ends its slow evaluation.
  const slow = `globalThis.headgateTestLog.push("begin");
await new Promise((resolve) => setImmediate(resolve));
globalThis.headgateTestLog.push("end");
`;
  const log: string[] = [];
  Object.assign(globalThis, { headgateTestLog: log });
  const folder = writeProject({ ...goodProject, [endpointFile]: slow + goodProject[endpointFile]! });
  const project = await openLiveProject({ folder, loadPrompt });
  await Promise.all([project.reload(), project.reload(), project.reload()]);
  expect(log).toEqual(Array.from({ length: 4 }, () => ["begin", "end"]).flat());
});

test("the last reload that was asked for sees the last state of the files", async () => {
  const folder = writeProject(goodProject);
  const project = await openLiveProject({ folder, loadPrompt });
  writeFiles(folder, { [promptFile]: brokenPrompt });
  const first = project.reload();
  const second = first.then(() => {
    writeFiles(folder, { [promptFile]: goodProject[promptFile]! });
    return project.reload();
  });
  expect([(await first).ok, (await second).ok]).toEqual([false, true]);
});

test("a project that has mistakes from the start does not open, and the error lists them", async () => {
  const folder = writeProject({ ...goodProject, [promptFile]: brokenPrompt, "releases.yaml": "nobody: 1.0.0\n" });
  const failure = await openLiveProject({ folder, loadPrompt }).catch((error: unknown) => error);
  expect(HeadgateError.is(failure, "project_invalid")).toBe(true);
  const { detail } = failure as HeadgateError;
  expect(detail).toMatch(/^The project has 2 mistakes:\n {2}endpoints\/summarize\/prompts\/1\.0\.0\.prompt:4: /);
  expect(detail).toContain("\n  releases.yaml:1: ");
});
