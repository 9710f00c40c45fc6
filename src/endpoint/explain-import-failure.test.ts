import { describe, expect, test } from "vitest";
import { endpointFile, findProblems, goodProject, writeProject } from "../../test/sample-project.ts";
import { loadPrompt } from "../pipeline/prompts/load-prompt.ts";
import { loadProject } from "./load-project.ts";

describe("a module that cannot be imported is reported where it breaks:", () => {
  const cases: readonly [string, Record<string, string>, string][] = [
    [
      "a syntax error",
      { [endpointFile]: "const a = 1;\nexport default { a: , };\n" },
      `${endpointFile}:2: The module cannot be read: Expression expected.`,
    ],
    [
      "TypeScript that cannot be erased",
      { [endpointFile]: "export default {};\nenum Color { red }\n" },
      `${endpointFile}:2: The module cannot be read: TypeScript enum is not supported in strip-only mode.`,
    ],
    [
      "a syntax error in JavaScript that it imports",
      { [endpointFile]: 'import "../../lib/a.js";\n', "lib/a.js": "\n\nlet = ;\n" },
      "lib/a.js:3: The module cannot be read: ",
    ],
    [
      "a missing module",
      { [endpointFile]: 'import { z } from "zod";\nimport "../../lib/none.ts";\nz;\n' },
      `${endpointFile}:2: The module "../../lib/none.ts" does not exist: check its path, which must end in the file's extension.`,
    ],
    [
      "a missing package",
      { [endpointFile]: '\nimport "left-pad/x.js";\n' },
      `${endpointFile}:2: The package "left-pad" is not installed: run "npm install left-pad" in the project folder.`,
    ],
    [
      "a missing export",
      {
        [endpointFile]: 'import { b } from "../../lib/a.ts";\nexport default b;\n',
        "lib/a.ts": "export const a = 1;\n",
      },
      `${endpointFile}:1: The module cannot be read: The requested module '../../lib/a.ts' does not provide an export named 'b'.`,
    ],
    [
      "an error at the top level of what it imports",
      {
        [endpointFile]: 'import "../../lib/a.ts";\n',
        "lib/a.ts": 'const n: number = 1;\nthrow new Error("no " + n);\n',
      },
      "lib/a.ts:2: The module threw while loading: no 1.",
    ],
    [
      "a thrown text",
      { [endpointFile]: 'await Promise.reject("nope");\nexport default {};\n' },
      `${endpointFile}: The module cannot be loaded: nope was thrown.`,
    ],
  ];
  test.each(cases)("%s", async (_name, files, expected) => {
    const problems = await findProblems({ folder: writeProject({ ...goodProject, ...files }) });
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });

  test("once, if two endpoints import it", async () => {
    const folder = writeProject({
      "lib/a.ts": 'throw new Error("broken");\n',
      "endpoints/a/endpoint.ts": 'import "../../lib/a.ts";\n',
      "endpoints/b/endpoint.ts": 'import "../../lib/a.ts";\n',
    });
    expect(await findProblems({ folder })).toEqual(["lib/a.ts:1: The module threw while loading: broken."]);
  });

  test("after a while, if it never finishes", async () => {
    const folder = writeProject({
      ...goodProject,
      [endpointFile]: "await new Promise(() => {});\nexport default {};\n",
    });
    const clock = {
      after: (_ms: number, callback: () => void) => {
        setImmediate(callback);
        return () => {};
      },
    };
    const loaded = await loadProject({ folder }, { loadPrompt, clock });
    expect(loaded).toEqual({
      ok: false,
      problems: [{ file: endpointFile, message: "The module cannot be loaded: it has not finished after 30 s." }],
    });
  });
});
