import { describe, expect, test } from "vitest";
import { endpointFile, goodProject, loadGood, writeFiles, writeProject } from "../../test/sample-project.ts";

describe("modules are evaluated anew by each load:", () => {
  test("what they import from the project as well", async () => {
    const folder = writeProject({
      ...goodProject,
      [endpointFile]: `import { description } from "../../lib/texts.ts";\n${goodProject[endpointFile]!.replace('description: "Summarises a text."', "description")}`,
      "lib/texts.ts": 'export { description } from "./deeper.js";\n',
      "lib/deeper.js": 'export const description = "before";\n',
    });
    const describeIt = async (): Promise<string | undefined> =>
      (await loadGood({ folder })).endpoints.get("summarize/v1")?.description;
    expect(await describeIt()).toBe("before");
    writeFiles(folder, { "lib/deeper.js": 'export const description = "after";\n' });
    expect(await describeIt()).toBe("after");
  });

  test("installed packages are not", async () => {
    const folder = writeProject({
      ...goodProject,
      [endpointFile]: `import { count } from "counting";\n${goodProject[endpointFile]!.replace('"Summarises a text."', "`loaded ${count()} times`")}`,
      "node_modules/counting/package.json": '{ "name": "counting", "type": "module", "exports": "./index.js" }',
      "node_modules/counting/index.js": "let times = 0;\nexport const count = () => ++times;\n",
    });
    const describeIt = async (): Promise<string | undefined> =>
      (await loadGood({ folder })).endpoints.get("summarize/v1")?.description;
    expect([await describeIt(), await describeIt()]).toEqual(["loaded 1 times", "loaded 2 times"]);
  });

  test("two projects loaded at the same time do not mix", async () => {
    const make = (text: string): string =>
      writeProject({
        ...goodProject,
        [endpointFile]: `import { description } from "../../lib/texts.ts";\n${goodProject[endpointFile]!.replace('description: "Summarises a text."', "description")}`,
        "lib/texts.ts": `export const description = "${text}";\n`,
      });
    const folders = [make("one"), make("two"), make("three")];
    const snapshots = await Promise.all(folders.map((folder) => loadGood({ folder })));
    expect(snapshots.map(({ endpoints }) => endpoints.get("summarize/v1")?.description)).toEqual([
      "one",
      "two",
      "three",
    ]);
  });
});

describe("without node_modules a project can import", () => {
  const withZod = `import { z } from "zod";
export default {
  description: "Summarises a text.",
  input: z.object({ text: z.string().default("none") }),
  output: z.object({ summary: z.string() }),
};
`;

  test("zod, which is then the one of Headgate", async () => {
    const snapshot = await loadGood({ folder: writeProject({ ...goodProject, [endpointFile]: withZod }) });
    expect(await snapshot.endpoints.get("summarize/v1")!.input.check({})).toEqual({
      ok: true,
      value: { text: "none" },
    });
  });

  test("headgate, which is the running one", async () => {
    const definition = withZod
      .replace("{ z }", "{ z as zed }")
      .replaceAll("z.", "zed.")
      .replace("export default {", 'import { defineEndpoint } from "headgate";\nexport default defineEndpoint({')
      .replace("};\n", "});\n");
    const config = {
      "headgate.config.ts": 'import { defineConfig } from "headgate";\nexport default defineConfig({});\n',
    };
    const snapshot = await loadGood({
      folder: writeProject({ ...goodProject, ...config, [endpointFile]: definition }),
    });
    expect(snapshot.endpoints.size).toBe(1);
  });
});

test("a project's own zod wins over Headgate's", async () => {
  const folder = writeProject({
    ...goodProject,
    [endpointFile]: `import { description } from "zod";\n${goodProject[endpointFile]!.replace('description: "Summarises a text."', "description")}`,
    "node_modules/zod/package.json": '{ "name": "zod", "type": "module", "exports": "./index.js" }',
    "node_modules/zod/index.js": 'export const description = "own";\n',
  });
  expect((await loadGood({ folder })).endpoints.get("summarize/v1")?.description).toBe("own");
});
