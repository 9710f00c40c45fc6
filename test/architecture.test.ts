import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { findBreaches } from "./architecture.ts";

const root = join(import.meta.dirname, "..");

function readSources(): Map<string, string> {
  const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((entry) => entry.isFile() && /(?<!\.test|-fixture)\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8")]),
  );
}

test("no source file breaks the import map", () => {
  expect(findBreaches(readSources())).toEqual([]);
});

describe("the import map catches", () => {
  const breaches: readonly [string, string, string][] = [
    [
      "a stage that imports another stage",
      "src/pipeline/routing/choose-model.ts",
      'import { x } from "../prompts/render.ts";',
    ],
    ["a stage that imports the pipeline", "src/pipeline/record.ts", 'import { x } from "./shape-answer.ts";'],
    ["a provider that imports another", "src/providers/gemini.ts", 'import { x } from "./local/local.ts";'],
    ["the server naming a concrete store", "src/server/server.ts", 'import { x } from "../store/connect.ts";'],
    [
      "a concrete provider outside the composition root",
      "src/cli/main.ts",
      'import { x } from "../providers/local/local.ts";',
    ],
    ["a word that imports machinery", "src/errors.ts", 'import { x } from "./outbound.ts";'],
    ["a lazy import across a border", "src/contract/answer.ts", 'const x = await import("../server/server.ts");'],
    ["a multi-line import across a border", "src/contract/answer.ts", 'import {\n  x,\n} from "../server/server.ts";'],
    ["a file without a row", "src/other/thing.ts", "export const x = 1;"],
    ["process.env outside config", "src/server/server.ts", "const port = process.env.PORT;"],
    ["JSON.parse outside json.ts", "src/server/server.ts", "const x = JSON.parse(text);"],
    ["undici outside outbound", "src/providers/gemini.ts", 'import { request } from "undici";'],
    ["fetch outside outbound", "src/server/server.ts", "await fetch(url);"],
    ["SQL outside the store", "src/server/server.ts", 'const rows = query("select id from headgate_keys");'],
    ["a barrel", "src/index.ts", 'export * from "./headgate.ts";'],
    ["a file that is too long", "src/server/server.ts", "const x = 1;\n".repeat(401)],
    ["a folder named by nothing", "src/server/utils/thing.ts", "export const x = 1;"],
  ];
  test.each(breaches)("%s", (_name, file, source) => {
    expect(findBreaches(new Map([[file, source]]))).toHaveLength(1);
  });

  test("and lets the allowed pass", () => {
    const allowed = new Map([
      ["src/pipeline/prompts/render.ts", 'import { x } from "./picoschema.ts";\nimport { y } from "../../errors.ts";'],
      ["src/gateway.ts", 'import { x } from "./providers/local/local.ts";\nimport { y } from "./store/connect.ts";'],
    ]);
    expect(findBreaches(allowed)).toEqual([]);
  });
});
