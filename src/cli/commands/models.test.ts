import { expect, test } from "vitest";
import { readEnvironment } from "../../config.ts";
import { parseJson } from "../../json.ts";
import { configWith, goodProject, writeProject } from "../../../test/sample-project.ts";
import type { Terminal } from "../command.ts";
import { models } from "./models.ts";

async function run(folder: string, json = false): Promise<{ readonly code: number; readonly out: string }> {
  let out = "";
  const terminal: Terminal = {
    cwd: folder,
    environment: readEnvironment({}),
    stdin: (async function* (): AsyncGenerator<string> {})(),
    out: (text) => void (out += text),
    error: () => {},
    untilStopped: () => Promise.reject(new Error("It does not wait.")),
  };
  const code = await models.run({ values: { json }, positionals: [] }, terminal);
  return { code, out };
}

const declared = configWith(
  "providers: {",
  '  openai: { type: "openai-chat", vendor: "openai" },',
  '  mine: { type: "openai-chat", baseUrl: "http://127.0.0.1:1/v1" },',
  '  local: { type: "local" },',
  "},",
  "models: {",
  '  "gpt-4o-mini": { provider: "openai" },',
  '  embed: { provider: "openai", model: "text-embedding-3-small" },',
  '  big: { provider: "mine", model: "big-1", contextWindow: 32000, capabilities: ["tools"],',
  "    price: { inputPerMillionUsd: 1.5, outputPerMillionUsd: 6 } },",
  '  odd: { provider: "mine" },',
  '  offline: { provider: "local" },',
  "},",
  'tiers: { standard: "gpt-4o-mini", fast: "gpt-4o-mini", smart: "big" },',
);

test("lists models with tiers, prices, context windows and capabilities, with no server running and no key set", async () => {
  const { code, out } = await run(writeProject({ ...goodProject, ...declared }));
  expect(code).toBe(0);
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(rows).toEqual([
    ["MODEL", "TIERS", "PROVIDER", "PROVIDER'S NAME", "INPUT", "OUTPUT", "CONTEXT", "CAPABILITIES"],
    ["gpt-4o-mini", "standard,fast", "openai", "gpt-4o-mini", "$0.15", "$0.6", "128,000", "caching"],
    ["embed", "-", "openai", "text-embedding-3-small", "$0.02", "-", "8,192", "embeddings"],
    ["big", "smart", "mine", "big-1", "$1.5", "$6", "32,000", "tools"],
    ["odd", "-", "mine", "odd", "?", "?", "?", "-"],
    ["offline", "-", "local", "offline", "$0", "$0", "?", "-"],
  ]);
});

test("lists a model at each of its deployments, with the price there and its share of the calls", async () => {
  const config = configWith(
    'providers: { openai: { type: "openai-chat", vendor: "openai" }, mine: { type: "openai-chat", baseUrl: "http://127.0.0.1:1/v1" } },',
    'models: { "gpt-4o-mini": { deployments: [{ provider: "openai", weight: 3 }, { provider: "mine", model: "copy" }] }, odd: { provider: "mine" } },',
    'tiers: { standard: "gpt-4o-mini", smart: ["odd", "gpt-4o-mini"] },',
  );
  const { out } = await run(writeProject({ ...goodProject, ...config }));
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(rows.map((row) => row.slice(0, 5).concat(row.at(-1)!))).toEqual([
    ["MODEL", "TIERS", "PROVIDER", "PROVIDER'S NAME", "INPUT", "WEIGHT"],
    ["gpt-4o-mini", "standard,smart", "openai", "gpt-4o-mini", "$0.15", "3"],
    ["gpt-4o-mini", "standard,smart", "mine", "copy", "?", "1"],
    ["odd", "smart", "mine", "odd", "?", "1"],
  ]);
});

test("gives the same as JSON, with null for what is unknown", async () => {
  const { out } = await run(writeProject({ ...goodProject, ...declared }), true);
  const listed = parseJson(out) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual(["gpt-4o-mini", "embed", "big", "odd", "offline"]);
  expect(listed[0]).toEqual({
    name: "gpt-4o-mini",
    provider: "openai",
    model: "gpt-4o-mini",
    weight: 1,
    tiers: ["standard", "fast"],
    price: { from: "list", inputPerMillionUsd: 0.15, outputPerMillionUsd: 0.6, cachedInputPerMillionUsd: 0.075 },
    contextWindow: 128_000,
    capabilities: ["caching"],
  });
  expect(listed[2]).toMatchObject({ price: { from: "config", outputPerMillionUsd: 6 } });
  expect(listed[3]).toMatchObject({ price: null, contextWindow: null, capabilities: [] });
});

test("says that longer inputs cost more where they do", async () => {
  const config = configWith(
    'providers: { g: { type: "gemini" } }, models: { "gemini-2.5-pro": { provider: "g" } },',
    'tiers: { standard: "gemini-2.5-pro" },',
  );
  const { out } = await run(writeProject({ ...goodProject, ...config }));
  expect(out).toContain("$1.25+");
  expect(out).toContain("+ Long inputs cost more.");
});

test("says so where nothing is declared, and reports mistakes", async () => {
  expect((await run(writeProject(goodProject))).out).toContain("The project declares no models.");
  const broken = writeProject({ ...goodProject, ...configWith('models: { m: { provider: "none" } },') });
  const { code, out } = await run(broken);
  expect(code).toBe(1);
  expect(out).toContain("models.m.provider");
  expect(parseJson((await run(broken, true)).out)).toMatchObject({ ok: false });
});
