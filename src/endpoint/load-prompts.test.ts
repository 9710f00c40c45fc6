import { describe, expect, test } from "vitest";
import { endpointFile, findProblems, goodProject, promptFile, writeProject } from "../../test/sample-project.ts";

describe("a mistake in a prompt is reported with its line:", () => {
  test("a variable that the input does not have", async () => {
    const folder = writeProject({ ...goodProject, [promptFile]: "---\nversion: 1.0.0\n---\n\n{{txet}}\n" });
    expect(await findProblems({ folder })).toEqual([expect.stringMatching(new RegExp(`^${promptFile}:5: .*txet`))]);
  });

  test("a version that is not the file's name", async () => {
    const folder = writeProject({ ...goodProject, [promptFile]: "---\nversion: 1.0.1\n---\n{{text}}\n" });
    expect(await findProblems({ folder })).toEqual([expect.stringMatching(new RegExp(`^${promptFile}:2: `))]);
  });

  test("a model that does not exist", async () => {
    const folder = writeProject({ ...goodProject, [promptFile]: "---\nversion: 1.0.0\nmodel: huge\n---\n{{text}}\n" });
    expect(await findProblems({ folder })).toEqual([
      `${promptFile}:3: model: No tier or model is called "huge": declare it in headgate.config.ts. Known: fast, standard, smart.`,
    ]);
  });

  test("also where the endpoint itself cannot be imported", async () => {
    const folder = writeProject({
      ...goodProject,
      [endpointFile]: "export default {",
      [promptFile]: "no front matter {{#if}}",
    });
    const problems = await findProblems({ folder });
    expect(problems.some((problem) => problem.startsWith(endpointFile))).toBe(true);
    expect(problems.some((problem) => problem.startsWith(promptFile))).toBe(true);
  });
});
