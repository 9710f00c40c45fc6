import { Webhook } from "standardwebhooks";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import type { Budget } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import { parseJson } from "../json.ts";
import { createOutbound } from "../outbound.ts";
import type { Outbound } from "../outbound.ts";
import { openStore } from "../store/connect.ts";
import type { BudgetReport } from "./list-budgets.ts";
import type { DueAlert } from "../store/budget-alert.ts";
import type { Store } from "../store/store.ts";
import { createHostileReceiver } from "../testing/hostile-provider/hostile-receiver.ts";
import type { Delivery, HostileReceiver } from "../testing/hostile-provider/hostile-receiver.ts";
import type { ManualClock } from "../testing/manual-clock.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import { createBudgetAlerts } from "./budget-alerts.ts";
import type { BudgetAlerts, BudgetAlertsOptions } from "./budget-alerts.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const startMs = Date.UTC(2026, 10, 24, 10);
const minuteMs = 60_000;
const outage = new HeadgateError("store_unavailable");

let folder: TemporaryFolder;
let store: Store;
let receiver: HostileReceiver;
let clock: ManualClock;
let outbound: Outbound;
let logged: Record<string, unknown>[];
const opened: BudgetAlerts[] = [];

beforeAll(async () => {
  folder = await createStoreFolder();
  store = await openStore({ folder: folder.path, clock: systemClock });
});
afterAll(async () => {
  await store.close();
  folder.remove();
});
beforeEach(async () => {
  await store.dropAlerts(startMs * 2);
  clock = createManualClock(startMs);
  receiver = await createHostileReceiver();
  outbound = createOutbound({ clock });
  logged = [];
});
afterEach(async () => {
  for (const alerts of opened.splice(0)) await alerts.close();
  await outbound.close();
  await receiver.close();
});

function createBudget(changes: Partial<Budget> = {}): Budget {
  return {
    name: "team-month",
    per: "team",
    window: "month",
    timeZone: "UTC",
    onExceeded: "stop",
    microUsd: 10_000_000,
    alertAt: [0.8, 1],
    alertUrl: `${receiver.url}/alerts`,
    alertSecretEnv: "ALERT_SECRET",
    ...changes,
  };
}

function open(budget = createBudget(), changes: Partial<BudgetAlertsOptions> = {}): BudgetAlerts {
  const alerts = createBudgetAlerts({
    store,
    outbound,
    clock,
    log: pino({ base: null }, { write: (line) => logged.push(parseJson(line) as Record<string, unknown>) }),
    secret: (name) => (name === "ALERT_SECRET" ? secret : undefined),
    listBudgets: () => [budget],
    ...changes,
  });
  opened.push(alerts);
  return alerts;
}

function toReport(spent: number, changes: Partial<BudgetReport> = {}): BudgetReport {
  return {
    name: "team-month",
    subject: "news",
    unit: "microUsd",
    limit: 10_000_000,
    spent,
    reserved: 0,
    free: 0,
    windowStartMs: Date.UTC(2026, 10, 1),
    resetMs: Date.UTC(2026, 11, 1),
    ...changes,
  };
}

const deliveries = (count: number): Promise<readonly Delivery[]> =>
  receiver.waitFor((list) => list.length >= count && list.slice(0, count));
const dataOf = ({ body }: Delivery): Record<string, unknown> =>
  (parseJson(body) as { data: Record<string, unknown> }).data;
const countLogged = (event: string): number => logged.filter((line) => line["event"] === event).length;
const waitForLogged = (event: string, count = 1): Promise<void> =>
  vi.waitFor(() => expect(countLogged(event)).toBe(count), { timeout: 5000 });
/** Until the next look is planned, where nothing is sent in between. */
const untilPaused = (): Promise<void> => vi.waitFor(() => expect(clock.waiting).toBe(1), { timeout: 5000 });
/** Whatever is due at any time. */
const listOpen = (): Promise<readonly DueAlert[]> =>
  store.takeDueAlerts({ nowMs: startMs * 2, leaseEndMs: startMs * 2, limit: 100 });

test("each threshold that is passed is told once, with what was spent, signed for the official library", async () => {
  const { onSpent } = open();
  onSpent(toReport(7_999_999));
  onSpent(toReport(8_000_000));
  const [first] = await deliveries(1);
  onSpent(toReport(9_000_000));
  onSpent(toReport(10_000_001));
  const [, second] = await deliveries(2);
  await waitForLogged("alert.delivered", 2);
  const common = {
    budget: "team-month",
    per: "team",
    subject: "news",
    unit: "microUsd",
    limit: 10_000_000,
    window: "month",
    windowStart: "2026-11-01T00:00:00.000Z",
    resetAt: "2026-12-01T00:00:00.000Z",
  };
  expect(dataOf(first!)).toEqual({ ...common, threshold: 0.8, share: 0.8, spent: 8_000_000 });
  expect(dataOf(second!)).toEqual({ ...common, threshold: 1, share: 1, spent: 10_000_001 });
  // The library looks at its own clock.
  vi.useFakeTimers({ now: startMs, toFake: ["Date"] });
  for (const { body, headers } of receiver.deliveries) {
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: "budget.threshold" });
  }
  vi.useRealTimers();
  expect(countLogged("budget.threshold")).toBe(2);
  expect(await listOpen()).toEqual([]);
  expect(receiver.deliveries).toHaveLength(2);
});

test("a jump over several thresholds tells them all, and other windows and subjects have their own", async () => {
  const { onSpent } = open();
  onSpent(toReport(10_000_000));
  onSpent(toReport(8_000_000, { subject: "sport" }));
  onSpent(toReport(8_000_000, { windowStartMs: Date.UTC(2026, 11, 1) }));
  const told = (await deliveries(4))
    .map(dataOf)
    .map(({ subject, threshold, windowStart }) => [subject, threshold, String(windowStart).slice(0, 10)].join(" "));
  expect(told.sort()).toEqual([
    "news 0.8 2026-11-01",
    "news 0.8 2026-12-01",
    "news 1 2026-11-01",
    "sport 0.8 2026-11-01",
  ]);
});

test("of several processes, one tells", async () => {
  const processes = [open(), open(), open()];
  for (const { onSpent } of processes) onSpent(toReport(8_000_000));
  await deliveries(1);
  for (const alerts of processes) await alerts.close();
  expect(receiver.deliveries).toHaveLength(1);
  expect(countLogged("budget.threshold")).toBe(1);
});

test("a budget without a webhook leaves a line in the log, and one that is not declared nothing", async () => {
  const { onSpent } = open(createBudget({ alertUrl: undefined, alertSecretEnv: undefined }));
  onSpent(toReport(8_000_000, { name: "gone" }));
  onSpent(toReport(8_000_000));
  await waitForLogged("budget.threshold");
  expect(logged).toEqual([
    expect.objectContaining({
      event: "budget.threshold",
      budget: "team-month",
      subject: "news",
      threshold: 0.8,
      share: 0.8,
    }),
  ]);
  expect(await listOpen()).toEqual([]);
});

test.each(["status?code=500", "redirect", "reset-after-read", "close-before-status", "rate-limit?s=1"])(
  "%s is no delivery: the same alert is sent again, later and later, signed anew",
  async (fault) => {
    receiver.setFault("alerts", fault);
    const { onSpent } = open();
    onSpent(toReport(8_000_000));
    await waitForLogged("alert.failed");
    clock.advance(4999);
    await store.ping();
    expect(receiver.deliveries).toHaveLength(1);
    clock.advance(1);
    await waitForLogged("alert.failed", 2);
    receiver.setFault("alerts", undefined);
    for (let looks = 0; looks < 2; looks++) {
      clock.advance(15_000);
      await untilPaused();
    }
    await waitForLogged("alert.delivered");
    const list = receiver.deliveries;
    expect(new Set(list.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(list.map(({ body }) => body)).size).toBe(1);
    expect(list.map(({ headers }) => Number(headers["webhook-timestamp"]) - startMs / 1000)).toEqual([0, 5, 35]);
    expect(list.every(({ entry }) => entry.path === "/alerts")).toBe(true);
  },
);

test("a receiver that asks for more time gets it", async () => {
  receiver.setFault("alerts", "rate-limit?s=600");
  open().onSpent(toReport(8_000_000));
  await waitForLogged("alert.failed");
  expect(logged.find(({ event }) => event === "alert.failed")).toMatchObject({ nextMs: startMs + 10 * minuteMs });
});

test("a receiver that answers and goes on talking has taken it", async () => {
  for (const [index, fault] of ["endless-response", "huge-response?mib=1", "slow-body"].entries()) {
    receiver.setFault("alerts", fault);
    open().onSpent(toReport(8_000_000, { subject: fault }));
    await waitForLogged("alert.delivered", index + 1);
  }
  expect(countLogged("alert.failed")).toBe(0);
});

test("a receiver that never answers is left after 15 seconds", async () => {
  receiver.setFault("alerts", "hang");
  open().onSpent(toReport(8_000_000));
  await deliveries(1);
  clock.advance(14_999);
  await store.ping();
  expect(countLogged("alert.failed")).toBe(0);
  clock.advance(1);
  await waitForLogged("alert.failed");
});

test("a receiver that is gone for good is not asked again", async () => {
  receiver.setFault("alerts", "gone");
  open().onSpent(toReport(8_000_000));
  await waitForLogged("alert.refused");
  expect(await listOpen()).toEqual([]);
});

test("after ten attempts within a day it is given up, loudly", async () => {
  receiver.setFault("alerts", "status?code=500");
  open().onSpent(toReport(8_000_000));
  for (let attempt = 1; attempt <= 10; attempt++) {
    await waitForLogged("alert.failed", Math.min(attempt, 9));
    if (attempt === 10) break;
    const next = logged.findLast(({ event }) => event === "alert.failed")?.["nextMs"] as number;
    clock.advance(next - clock.now());
  }
  await waitForLogged("alert.lost");
  expect(receiver.deliveries).toHaveLength(10);
  expect(clock.now() - startMs).toBeLessThan(24 * 60 * minuteMs);
  expect(await listOpen()).toEqual([]);
});

test("what could not be sent outlives the process", async () => {
  receiver.setFault("alerts", "hang");
  const first = open();
  first.onSpent(toReport(8_000_000));
  await deliveries(1);
  await first.close();
  receiver.setFault("alerts", undefined);
  clock.advance(minuteMs);
  open();
  await deliveries(2);
  await waitForLogged("alert.delivered");
  expect(new Set(receiver.deliveries.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
});

test("a threshold that was passed before the end is claimed before it", async () => {
  let isReachable = false;
  const wavering: Store = {
    ...store,
    claimAlert: (...alert) => (isReachable ? store.claimAlert(...alert) : Promise.reject(outage)),
  };
  const alerts = open(createBudget(), { store: wavering });
  alerts.onSpent(toReport(8_000_000));
  await waitForLogged("alert.waiting");
  isReachable = true;
  await alerts.close();
  expect(await listOpen()).toMatchObject([{ budget: "team-month", attempts: 1 }]);
});

test("a store that is out of reach is asked again", async () => {
  let failures = 2;
  const wavering: Store = {
    ...store,
    claimAlert: (...alert) => (failures-- > 0 ? Promise.reject(outage) : store.claimAlert(...alert)),
  };
  open(createBudget(), { store: wavering }).onSpent(toReport(8_000_000));
  for (let failed = 1; failed <= 2; failed++) {
    await waitForLogged("alert.waiting", failed);
    clock.advance(15_000);
  }
  await waitForLogged("alert.delivered");
  expect(receiver.deliveries).toHaveLength(1);
});

test("without its secret an alert waits, and says so", async () => {
  open(createBudget({ alertSecretEnv: "NOT_SET" })).onSpent(toReport(8_000_000));
  await waitForLogged("alert.failed");
  expect(receiver.deliveries).toEqual([]);
  expect(JSON.stringify(logged)).toContain("NOT_SET must be a webhook secret");
});
