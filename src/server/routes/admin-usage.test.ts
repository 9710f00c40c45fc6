import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../store/connect.ts";
import type { CallRecord, Store } from "../../store/store.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createStoreFolder } from "../../testing/store-folder.ts";
import { createUsageRecord } from "../../testing/usage-record.ts";
import type { ForecastBudget } from "../../usage/report-budgets.ts";
import type { ReportedUsage, UsageReport } from "../../usage/report-usage.ts";
import { createApp } from "../app.ts";
import type { App } from "../app.ts";
import { createFixture, testSnapshot } from "../server-fixture.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
// A Tuesday.
const nowMs = Date.UTC(2026, 10, 24, 10, 30);
const clock = createManualClock(nowMs);
const adminToken = "t".repeat(43);
const waiting: CallRecord[] = [];

let folder: TemporaryFolder;
let store: Store;
let app: App;

beforeAll(async () => {
  folder = await createStoreFolder();
  store = await openStore({ folder: folder.path, clock });
  const declared = { window: "month", timeZone: "UTC", onExceeded: "stop", alertAt: [] } as const;
  const snapshot = {
    ...testSnapshot,
    budgets: [
      { ...declared, name: "team-month", per: "team" as const, microUsd: 10_000_000 },
      { ...declared, name: "all-tokens", per: "all" as const, tokens: 1000, microUsd: 9_000_000 },
      { ...declared, name: "hourly", per: "team" as const, window: "hour" as const, microUsd: 10_000_000 },
    ],
  };
  const { dependencies } = createFixture(
    { snapshot },
    {
      auth: "keys",
      adminToken,
      store,
      clock,
      flushRecords: () => store.insertRecords(waiting.splice(0)),
    },
  );
  app = createApp(dependencies);
  await store.insertRecords([
    createUsageRecord(nowMs - hourMs, { team: "news", model: "big", costMicroUsd: 2_000_000 }),
    createUsageRecord(nowMs - 2 * hourMs, { team: "news", model: "small", costMicroUsd: 5, status: "error" }),
    createUsageRecord(nowMs - 2 * dayMs, { team: "=cmd", model: "small", costMicroUsd: 1_500_000, savedMicroUsd: 7 }),
    createUsageRecord(nowMs - 3 * dayMs, { costMicroUsd: null }),
    createUsageRecord(nowMs - 30 * dayMs, { team: "news", costMicroUsd: 9 }),
  ]);
});
afterAll(async () => {
  app.context.keys.close();
  app.context.guard.close();
  await app.http.close();
  await store.close();
  folder.remove();
});

const get = (path: string, token = adminToken): Promise<Awaited<ReturnType<App["http"]["inject"]>>> =>
  app.http.inject({ method: "GET", url: `/admin/v1/${path}`, headers: { authorization: `Bearer ${token}` } });

async function report(query: string): Promise<UsageReport> {
  const response = await get(`usage${query}`);
  expect(response.statusCode).toBe(200);
  return response.json();
}

const brief = ({ start, names, isOther, requests, costMicroUsd }: ReportedUsage): unknown[] => [
  ...(start === undefined ? [] : [start]),
  isOther ? "other" : Object.values(names).join("/"),
  requests,
  costMicroUsd,
];

test("without a word, all of the running month is told", async () => {
  const { rows, total, forecast: _forecast, ...rest } = await report("");
  expect(rest).toEqual({ fromMs: Date.UTC(2026, 10, 1), toMs: nowMs, timeZone: "UTC", by: [] });
  expect(rows).toEqual([{ names: {}, ...total }]);
  expect(total).toEqual({
    requests: 4,
    errors: 1,
    inputTokens: 400,
    outputTokens: 40,
    cachedInputTokens: 0,
    costMicroUsd: 3_500_005,
    unpricedRequests: 1,
    savedInputTokens: 0,
    savedOutputTokens: 0,
    savedMicroUsd: 7,
  });
});

test("by several names and by windows, what costs most is first, and what the limit leaves out is one", async () => {
  expect((await report("?by=team,model")).rows.map(brief)).toEqual([
    ["news/big", 1, 2_000_000],
    ["=cmd/small", 1, 1_500_000],
    ["news/small", 1, 5],
    ["/", 1, 0],
  ]);
  const byDay = await report("?by=team&window=day&limit=1&from=2026-11-20");
  expect(byDay.rows.map(brief)).toEqual([
    ["2026-11-21", "other", 1, 0],
    ["2026-11-22", "other", 1, 1_500_000],
    ["2026-11-24", "news", 2, 2_000_005],
  ]);
  expect(byDay.total.costMicroUsd).toBe(3_500_005);
});

test("a day is that of the time zone, and so are dates and months", async () => {
  // 23:30 UTC of the 31st is the 1st of November in Berlin.
  await store.insertRecords([createUsageRecord(Date.UTC(2026, 9, 31, 23, 30), { tenant: "berlin", costMicroUsd: 1 })]);
  const inBerlin = "tenant=berlin&timeZone=Europe/Berlin";
  expect((await report(`?${inBerlin}&window=day`)).rows.map(brief)).toEqual([["2026-11-01", "", 1, 1]]);
  expect((await report(`?${inBerlin}&window=hour&from=2026-11-01`)).rows.map(brief)).toEqual([
    ["2026-11-01T00:00+01:00", "", 1, 1],
  ]);
  expect((await report(`?${inBerlin}&month=2026-10`)).rows).toEqual([]);
  expect((await report("?tenant=berlin&month=2026-10")).rows.map(brief)).toEqual([["", 1, 1]]);
  const whole = await report("?month=2026-10&timeZone=Europe/Berlin");
  expect([whole.fromMs, whole.toMs]).toEqual([Date.UTC(2026, 8, 30, 22), Date.UTC(2026, 9, 31, 23)]);
});

test("only what is asked for counts", async () => {
  expect((await report("?team=news&model=small")).total).toMatchObject({ requests: 1, costMicroUsd: 5 });
  expect((await report("?team=nobody")).total.requests).toBe(0);
  expect((await report("?from=24h")).total.requests).toBe(2);
  expect((await report("?from=31d&to=2026-11-01T00:00:00Z")).total.requests).toBe(2);
});

test("calls that are not yet in the store are told too", async () => {
  waiting.push(createUsageRecord(nowMs, { tenant: "late" }));
  expect((await report("?tenant=late")).total.requests).toBe(1);
});

test("CSV has money in dollars, and nothing that a spreadsheet would run", async () => {
  const response = await get("usage?by=team&from=2026-11-22&format=csv&tenant=acme");
  expect(response.headers["content-type"]).toContain("text/csv");
  expect(response.headers["content-disposition"]).toContain("usage.csv");
  expect(response.body.split("\r\n")).toEqual([
    "team,requests,errors,inputTokens,outputTokens,cachedInputTokens,costUsd,unpricedRequests,savedInputTokens,savedOutputTokens,savedUsd",
    "news,2,1,200,20,0,2.000005,0,0,0,0.000000",
    "'=cmd,1,0,100,10,0,1.500000,0,0,0,0.000007",
    "",
  ]);
});

test("the month's forecast goes on as the last seven days did, and names what it leaves out", async () => {
  const { forecast } = await report("?tenant=acme");
  // What the 24 hours from the 22nd took comes again on the 29th, and then 13.5 hours of what the last 24 did.
  expect(forecast).toEqual({
    month: "2026-11",
    spentMicroUsd: 3_500_005,
    forecastMicroUsd: 3_500_005 + 1_500_000 + 1_125_003,
    unpricedRequests: 1,
  });
  expect((await report("?tenant=late")).forecast.forecastMicroUsd).toBeNull();
});

test.each([
  ["by=colour", "/by/0", "tenant, key, team"],
  ["by=team,team", "/by", "once"],
  ["from=yesterday", "/from", "2026-11-01"],
  ["from=2026-02-30", "/from", "2026-11-01"],
  ["to=2026-11-01T25:00:00Z", "/to", "2026-11-01"],
  ["month=2026-13", "/month", "2026-11"],
  ["month=2026-11&from=7d", "/month", "either"],
  ["window=minute", "/window", "hour"],
  ["timeZone=Mars", "/timeZone", "IANA"],
  ["limit=0", "/limit", "1"],
  ["limit=1001", "/limit", "1000"],
  ["format=xml", "/format", "json"],
  ["colour=red", "", "colour"],
  ["team=", "/team", ""],
])("the query %s is refused, with what is allowed", async (query, path, hint) => {
  const response = await get(`usage?${query}`);
  expect(response.json()).toMatchObject({ status: 400, code: "request_invalid" });
  const { issues } = response.json<{ issues: { path: string; message: string }[] }>();
  expect(issues).toEqual([expect.objectContaining({ path, message: expect.stringContaining(hint) as string })]);
});

test.each(["from=2026-11-24T11:00:00Z", "from=2000-01-01&window=hour", "from=90d&window=hour&by=team&limit=100"])(
  "the query %s asks for nothing, or for more than a report holds",
  async (query) => {
    expect((await get(`usage?${query}`)).json()).toMatchObject({ status: 400, code: "request_invalid" });
  },
);

test("usage and budgets are for administrators", async () => {
  for (const path of ["usage", "budgets"]) expect((await get(path, "x".repeat(43))).statusCode).toBe(401);
});

test("budgets are told with a forecast, those with the least left first", async () => {
  const month = { unit: "microUsd", windowStartMs: Date.UTC(2026, 10, 1), windowEndMs: Date.UTC(2026, 11, 1) } as const;
  const hour = { windowStartMs: nowMs - hourMs / 2, windowEndMs: nowMs + hourMs / 2 };
  await store.addSpending([
    { ...month, budget: "team-month", subject: "news", amount: 2_000_000 },
    { ...month, budget: "team-month", subject: "=cmd", amount: 1_500_000 },
    { ...month, budget: "all-tokens", subject: "", unit: "tokens", amount: 500 },
    { ...month, ...hour, budget: "hourly", subject: "news", amount: 3_000_000 },
    { ...month, budget: "gone", subject: "news", amount: 1 },
    { ...month, budget: "team-month", subject: "news", amount: 1, windowStartMs: Date.UTC(2026, 9, 1) },
  ]);
  const wish = { limit: 1000, need: 0, slack: 300, holds: 0, reserved: 100 };
  await store.changeLeases("other", [{ ...month, ...wish, budget: "all-tokens", subject: "", unit: "tokens" }]);
  const response = await get("budgets?limit=4");
  const body = response.json<{ budgets: ForecastBudget[]; others: number }>();
  expect(body.budgets.map(({ name, subject, forecast }) => [name, subject, forecast])).toEqual([
    ["all-tokens", "", 500 + 344],
    ["hourly", "news", null],
    ["team-month", "news", 2_000_000 + 1_125_003],
    // Known for two days: the mean of both for five, and then the first of them.
    ["team-month", "=cmd", 1_500_000 + 5 * 750_000 + 1_500_000],
  ]);
  // Nothing was spent of the other limit of all calls.
  expect(body.others).toBe(1);
  expect(body.budgets[0]).toMatchObject({ unit: "tokens", limit: 1000, spent: 500, reserved: 100, free: 400 });
  expect(body.budgets[0]).toMatchObject({ windowStartMs: month.windowStartMs, resetMs: month.windowEndMs });
});
