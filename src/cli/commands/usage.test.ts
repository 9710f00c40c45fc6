import { renameSync } from "node:fs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { findWindow } from "../../calendar-window.ts";
import { systemClock } from "../../clock.ts";
import { readEnvironment } from "../../config.ts";
import type { Budget } from "../../endpoint/snapshot.ts";
import { parseJson } from "../../json.ts";
import { createFixture, testSnapshot } from "../../server/server-fixture.ts";
import { createServer } from "../../server/server.ts";
import { openStore } from "../../store/connect.ts";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createStoreFolder, createTemporaryFolder } from "../../testing/store-folder.ts";
import { createUsageRecord } from "../../testing/usage-record.ts";
import { configWith, goodProject, writeFiles } from "../../../test/sample-project.ts";
import type { OptionValues, Terminal } from "../command.ts";
import { toDataFolder, writeServerNote } from "../data-folder.ts";
import { usage } from "./usage.ts";

const startMs = Date.UTC(2025, 9, 24, 10);
const month = findWindow("month", "UTC", systemClock.now());
const budget: Budget = {
  name: "teams",
  per: "team",
  window: "month",
  timeZone: "UTC",
  onExceeded: "stop",
  alertAt: [],
  microUsd: 2_000_000,
  tokens: 10,
};
let project: TemporaryFolder;

beforeAll(async () => {
  project = createTemporaryFolder();
  writeFiles(project.path, {
    ...goodProject,
    ...configWith('budgets: { teams: { per: "team", usd: 2, tokens: 10, window: "month" } },'),
  });
  renameSync((await createStoreFolder()).path, toDataFolder(project.path));
  const store = await openStore({ folder: toDataFolder(project.path), clock: systemClock });
  await store.insertRecords([
    createUsageRecord(startMs + 0, { team: "news", model: "big", costMicroUsd: 1_234_567 }),
    createUsageRecord(startMs + 1, { team: "news", model: "small", costMicroUsd: 89, status: "error" }),
    createUsageRecord(startMs + 2, { model: "=small", costMicroUsd: null, savedMicroUsd: 500_000 }),
  ]);
  const window = { budget: "teams", subject: "news", windowStartMs: month.startMs, windowEndMs: month.endMs };
  await store.addSpending([
    { ...window, unit: "microUsd", amount: 500_000 },
    { ...window, unit: "tokens", amount: 5 },
  ]);
  await store.close();
});
afterAll(() => project.remove());

async function run(values: OptionValues): Promise<string> {
  let out = "";
  const terminal: Terminal = {
    cwd: project.path,
    environment: readEnvironment({}),
    stdin: (async function* (): AsyncGenerator<string> {})(),
    out: (text) => void (out += text),
    error: () => {},
    untilStopped: () => Promise.reject(new Error("It does not wait.")),
  };
  expect(await usage.run({ values, positionals: [] }, terminal)).toBe(0);
  return out;
}

/** A running server on the project's store. */
async function startServer(): Promise<void> {
  const adminToken = "t".repeat(43);
  const folder = toDataFolder(project.path);
  const store = await openStore({ folder, clock: systemClock });
  const { dependencies } = createFixture(
    { snapshot: { ...testSnapshot, budgets: [budget] } },
    { auth: "keys", adminToken, store },
  );
  const server = createServer(dependencies);
  onTestFinished(async () => {
    await server.close({ drainMs: 0, lameDuckMs: 0, endCalls: async () => {} });
    await store.close();
  });
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  // A note of this very process is taken for one that a killed server left.
  writeServerNote(folder, { url, adminToken, pid: process.ppid });
}

const october = { by: "team,model", month: "2025-10" };
const lines = (text: string): string[][] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

test("a table tells the groups, their sum and the running month", async () => {
  const table = lines(await run(october));
  expect(table.slice(0, 6)).toEqual([
    ["TEAM", "MODEL", "REQUESTS", "ERRORS", "INPUT TOKENS", "OUTPUT TOKENS", "COST", "SAVED"],
    ["news", "big", "1", "0", "100", "10", "$1.234567", "$0.000000"],
    ["news", "small", "1", "1", "100", "10", "$0.000089", "$0.000000"],
    ["-", "=small", "1", "0", "100", "10", "$0.000000 + 1 unpriced", "$0.500000"],
    ["total", "3", "1", "300", "30", "$1.234656 + 1 unpriced", "$0.500000"],
    [""],
  ]);
  expect(table[6]?.[0]).toMatch(/^\d{4}-\d\d: \$0\.000000 so far, .*\.$/);
});

test("windows, filters and a limit are passed on", async () => {
  const table = lines(await run({ by: "model", month: "2025-10", window: "day", limit: "1", only: "tenant=acme" }));
  expect(table.slice(1, 3).map((cells) => cells.slice(0, 3))).toEqual([
    ["2025-10-24", "big", "1"],
    ["2025-10-24", "(other)", "2"],
  ]);
  expect(parseJson(await run({ ...october, only: "model=a=b", json: true }))).toMatchObject({ rows: [] });
});

test("budgets are told with what they have left", async () => {
  const reset = new Date(month.endMs).toISOString();
  const table = lines(await run({ budgets: true }));
  expect(table).toEqual([
    ["BUDGET", "OF", "LIMIT", "SPENT", "RESERVED", "FREE", "FORECAST", "RESETS"],
    ["teams", "news", "10 tokens", "5 tokens", "0 tokens", "5 tokens", "-", reset],
    ["teams", "news", "$2.000000", "$0.500000", "$0.000000", "$1.500000", "-", reset],
  ]);
});

test("a running server tells the same", async () => {
  const forms = [
    { ...october, csv: true },
    { budgets: true, limit: "1" },
  ];
  const local = [];
  for (const form of forms) local.push(await run(form));
  await startServer();
  for (const [index, form] of forms.entries()) expect(await run(form)).toBe(local[index]);
  expect(local[0]).toContain("\r\n,'=small,1,0,100,10,0,0.000000,1,0,0,0.500000\r\n");
  expect(local[1]).toMatch(/\nand 1 more\n$/);
});

test.each([
  [{ month: "10/2026" }, "2026-11"],
  [{ only: "colour=red" }, "--only takes"],
  [{ since: "now" }, "2026-11-01"],
])("a mistake, %j, is answered with what is allowed", async (values, hint) => {
  const error: unknown = await run(values).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "request_invalid" });
  expect(JSON.stringify([(error as Error).message, (error as { issues?: unknown }).issues])).toContain(hint);
});
