import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  configWith,
  endpointFile,
  endpointWith,
  findProblems,
  goodProject,
  promptFile,
  writeProject,
} from "../../test/sample-project.ts";

describe("a mistake in the folder is reported:", () => {
  const cases: readonly [string, Record<string, string>, string][] = [
    [
      "an endpoint without a definition",
      { "endpoints/other/prompts/1.0.0.prompt": "---\nversion: 1.0.0\n---\nx" },
      "endpoints/other: The endpoint's definition is missing: write endpoint.ts in this folder.",
    ],
    [
      "an endpoint with two",
      { "endpoints/summarize/endpoint.js": goodProject[endpointFile]! },
      "endpoints/summarize/endpoint.ts: endpoints/summarize/endpoint.js is there too: keep one of them.",
    ],
    [
      "an endpoint without a folder",
      { "endpoints/other.ts": "export default {};" },
      "endpoints/other.ts: An endpoint has its own folder: move this to endpoints/other/endpoint.ts.",
    ],
    [
      "two configs",
      { ...configWith(), "headgate.config.js": "export default {};" },
      "headgate.config.ts: headgate.config.js is there too: keep one of them.",
    ],
    [
      "a prompt with another extension",
      { "endpoints/summarize/prompts/1.1.0.txt": "x" },
      "endpoints/summarize/prompts/1.1.0.txt: Only prompts stand here: name it like 1.0.0.prompt, or move it.",
    ],
    [
      "a prompt that is not named by a version",
      { "endpoints/summarize/prompts/new.prompt": "---\nversion: new\n---\n{{text}}" },
      "endpoints/summarize/prompts/new.prompt: A prompt file is named for its semantic version",
    ],
    [
      "a partial without an underscore",
      { "partials/tone.prompt": "x" },
      "partials/tone.prompt: Only partials stand here: name it like _house-style.prompt, or move it.",
    ],
    ["tools/", { "tools/look-up.ts": "x" }, 'tools: "tools" is not built yet in this version: remove it.'],
    ["documents/", { "documents/a.md": "x" }, 'documents: "documents" is not built yet in this version: remove it.'],
    ["evals/", { "evals/a.yaml": "x" }, 'evals: "evals" is not built yet in this version: remove it.'],
    [
      "evals/ beside an endpoint",
      { "endpoints/summarize/evals/cases.yaml": "x" },
      'endpoints/summarize/evals: "evals" is not built yet in this version: remove it.',
    ],
    [
      "contracts.lock.json",
      { "contracts.lock.json": "{}" },
      'contracts.lock.json: "contracts.lock.json" is not built yet in this version: remove it.',
    ],
    [
      "two endpoints at one address",
      {
        "endpoints/z/endpoint.ts": endpointWith('name: "summarize",'),
        "endpoints/z/prompts/1.0.0.prompt": goodProject[promptFile]!,
      },
      "endpoints/z/endpoint.ts:7: name: endpoints/summarize/endpoint.ts is summarize/v1 too: give this one another name or contract.",
    ],
    [
      "an endpoint without prompts",
      { "endpoints/z/endpoint.ts": goodProject[endpointFile]! },
      "endpoints/z/endpoint.ts:1: The endpoint has no prompt: write prompts/1.0.0.prompt beside it.",
    ],
    [
      "a folder whose name cannot be a name",
      {
        "endpoints/Zed/endpoint.ts": goodProject[endpointFile]!,
        "endpoints/Zed/prompts/1.0.0.prompt": goodProject[promptFile]!,
      },
      'endpoints/Zed/endpoint.ts:1: "Zed" cannot be the endpoint\'s name: rename it or set name.',
    ],
    [
      "a file that is too large",
      { "partials/_big.prompt": "x".repeat(1024 * 1024 + 1) },
      "partials/_big.prompt: The file is larger than 1 MiB: make it smaller.",
    ],
  ];
  test.each(cases)("%s", async (_name, files, expected) => {
    const problems = await findProblems({ folder: writeProject({ ...goodProject, ...files }) });
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });

  test("a folder that does not exist", async () => {
    expect(await findProblems({ folder: "/no/such/folder" })).toEqual([
      ".: There is no project folder /no/such/folder: name one that exists.",
    ]);
  });

  test("a folder that holds no project", async () => {
    expect(await findProblems({ folder: writeProject({ "readme.md": "x" }) })).toEqual([
      '.: This is no Headgate project: write endpoints/<name>/endpoint.ts, or run "headgate init".',
    ]);
  });

  test("links that lead out of it, whatever they are", async () => {
    const outside = writeProject({
      "secret.prompt": "secret",
      "endpoint.ts": "throw new Error('evaluated');",
      "prompts/1.0.0.prompt": "x",
    });
    const folder = writeProject(goodProject);
    mkdirSync(join(folder, "partials"));
    mkdirSync(join(folder, "endpoints/linked"));
    symlinkSync(join(outside, "secret.prompt"), join(folder, "partials/_secret.prompt"));
    symlinkSync(join(outside, "endpoint.ts"), join(folder, "endpoints/linked/endpoint.ts"));
    symlinkSync(outside, join(folder, "endpoints/whole"));
    symlinkSync(join(folder, "nowhere"), join(folder, "releases.yaml"));
    symlinkSync(outside, join(folder, "assets"));
    const message = "This link leads out of the project folder or nowhere: replace it by the file itself.";
    expect(await findProblems({ folder })).toEqual([
      "endpoints/linked: The endpoint's definition is missing: write endpoint.ts in this folder.",
      `endpoints/linked/endpoint.ts: ${message}`,
      `endpoints/whole: ${message}`,
      `partials/_secret.prompt: ${message}`,
      `releases.yaml: ${message}`,
    ]);
  });

  test("but not a link that stays inside", async () => {
    const folder = writeProject(goodProject);
    symlinkSync(join(folder, promptFile), join(folder, "endpoints/summarize/prompts/README.md"));
    mkdirSync(join(folder, "partials"));
    writeFileSync(join(folder, "shared.prompt"), "shared");
    symlinkSync(join(folder, "shared.prompt"), join(folder, "partials/_shared.prompt"));
    expect(await findProblems({ folder })).toEqual([]);
  });
});
