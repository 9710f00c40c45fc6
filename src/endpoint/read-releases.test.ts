import { describe, expect, test } from "vitest";
import {
  endpointWith,
  findProblems,
  goodProject,
  loadGood,
  promptFile,
  writeProject,
} from "../../test/sample-project.ts";

describe("the released version", () => {
  const prompts = (...versions: string[]): Record<string, string> =>
    Object.fromEntries(
      versions.map((version) => [
        `endpoints/summarize/prompts/${version}.prompt`,
        `---\nversion: ${version}\n---\n${version} {{text}}\n`,
      ]),
    );
  const releaseOf = async (files: Record<string, string>): Promise<string | undefined> =>
    (await loadGood({ folder: writeProject({ ...goodProject, ...files }) })).endpoints.get("summarize/v1")?.release;

  test("is what releases.yaml says", async () => {
    const files = { ...prompts("1.0.0", "1.1.0"), "releases.yaml": "# now\nsummarize: 1.0.0\n" };
    expect(await releaseOf(files)).toBe("1.0.0");
  });

  test("is the highest one by version order, not by text order, that is no prerelease", async () => {
    expect(await releaseOf(prompts("1.0.0", "1.9.0", "1.10.0", "2.0.0-beta.1"))).toBe("1.10.0");
  });

  test("is the highest prerelease if there is nothing else", async () => {
    const files = { ...prompts("1.0.0-beta.2", "1.0.0-beta.10", "1.0.0-alpha") };
    const { [promptFile]: _prompt, ...rest } = goodProject;
    const snapshot = await loadGood({ folder: writeProject({ ...rest, ...files }) });
    expect(snapshot.endpoints.get("summarize/v1")?.release).toBe("1.0.0-beta.10");
  });

  test("can differ between two contracts of one endpoint", async () => {
    const folder = writeProject({
      ...goodProject,
      ...prompts("1.0.0", "1.1.0"),
      "endpoints/summarize-v2/endpoint.ts": endpointWith('name: "summarize",', "contract: 2,"),
      "endpoints/summarize-v2/prompts/2.0.0.prompt": "---\nversion: 2.0.0\n---\n{{text}}\n",
      "releases.yaml": "summarize: 1.0.0\nsummarize/v2: 2.0.0\n",
    });
    const { endpoints } = await loadGood({ folder });
    expect([endpoints.get("summarize/v1")!.release, endpoints.get("summarize/v2")!.release]).toEqual([
      "1.0.0",
      "2.0.0",
    ]);
  });
});

describe("a mistake in the release table is reported with its line:", () => {
  const cases: readonly [string, string, string][] = [
    [
      "an unknown endpoint",
      "# now\nsumarize: 1.0.0\n",
      'releases.yaml:2: There is no endpoint "sumarize": remove the line. Did you mean "summarize"?',
    ],
    [
      "an unknown version",
      "summarize: 2.0.0\n",
      "releases.yaml:1: summarize/v1 has no prompt version 2.0.0: it has 1.0.0.",
    ],
    [
      "a number that is no version",
      "summarize: 1.0\n",
      "releases.yaml:1: summarize: This must be a prompt version, such as 1.0.0 or 1.1.0-beta.",
    ],
    [
      "a list",
      "- summarize\n",
      "releases.yaml:1: A release table has one line for each endpoint, such as summarize: 1.0.0.",
    ],
    ["broken YAML", "summarize: 1.0.0\nother: [\n", "releases.yaml:3: The YAML cannot be read: "],
    [
      "an endpoint twice",
      "summarize: 1.0.0\nsummarize: 1.0.0\n",
      "releases.yaml:2: The YAML cannot be read: Map keys must be unique",
    ],
    [
      "a canary",
      "summarize:\n  labels: { production: 1.0.0, canary: 1.1.0 }\n  traffic: { canary: 5% }\n",
      'releases.yaml:1: summarize: A release with "labels", "traffic" is not built yet in this version: remove it.',
    ],
  ];
  test.each(cases)("%s", async (_name, table, expected) => {
    const problems = await findProblems({ folder: writeProject({ ...goodProject, "releases.yaml": table }) });
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });

  test("but not a version whose prompt has mistakes of its own", async () => {
    const folder = writeProject({
      ...goodProject,
      [promptFile]: "---\nversion: 1.0.0\n---\n{{nope}}\n",
      "releases.yaml": "summarize: 1.0.0\n",
    });
    expect(await findProblems({ folder })).toEqual([expect.stringContaining(promptFile)]);
  });
});
