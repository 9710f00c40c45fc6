import { describe, expect, test } from "vitest";
import type { BudgetAlert, DueAlert } from "../store/budget-alert.ts";
import type { Store } from "../store/store.ts";

const nowMs = Date.UTC(2026, 10, 24, 10, 20, 30, 456);
let made = 0;

function createAlert(changes: Partial<BudgetAlert> = {}): BudgetAlert {
  return {
    id: `msg_${++made}`,
    budget: `budget-${made}`,
    subject: "news",
    unit: "microUsd",
    windowStartMs: nowMs,
    threshold: 0.8,
    body: JSON.stringify({ text: "it's \u0000" }),
    claimedAtMs: nowMs,
    ...changes,
  };
}

/** What every store must do for alerts of budgets. Other tests may have claimed some of their own, and none are due. */
export function describeAlerts(store: () => Store): void {
  const take = (atMs: number, limit = 10): Promise<readonly DueAlert[]> =>
    store().takeDueAlerts({ nowMs: atMs, leaseEndMs: atMs + 60_000, limit });

  describe("alerts", () => {
    test("a threshold is claimed once for each window, subject, unit and share", async () => {
      const alert = createAlert();
      const others = [{ windowStartMs: nowMs + 1 }, { subject: "" }, { unit: "tokens" as const }, { threshold: 1 }];
      expect(await store().claimAlert(alert)).toBe(true);
      expect(await store().claimAlert({ ...alert, id: "msg_again" })).toBe(false);
      for (const changes of others) {
        expect(await store().claimAlert({ ...alert, ...changes, id: createAlert().id })).toBe(true);
      }
    });

    test("of many who claim it at once, one does", async () => {
      const alert = createAlert();
      const claims = Array.from({ length: 8 }, () => store().claimAlert({ ...alert, id: createAlert().id }));
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    });

    test("one without a webhook is never due", async () => {
      await store().claimAlert(createAlert());
      expect(await take(nowMs + 1e12)).toEqual([]);
    });

    test("one that is due is given out once until its lease ends, and then again", async () => {
      const { id, budget, body, claimedAtMs, ...rest } = createAlert();
      await store().claimAlert({ id, budget, body, claimedAtMs, ...rest }, nowMs + 5);
      expect(await take(nowMs + 4)).toEqual([]);
      expect(await take(nowMs + 5)).toEqual([{ id, budget, body, claimedAtMs, attempts: 1 }]);
      expect(await take(nowMs + 60_004)).toEqual([]);
      expect(await take(nowMs + 60_005)).toMatchObject([{ id, attempts: 2 }]);
      await store().scheduleAlert(id, nowMs + 100_000);
      expect(await take(nowMs + 99_999)).toEqual([]);
      expect(await take(nowMs + 100_000)).toMatchObject([{ id, attempts: 3 }]);
      await store().scheduleAlert(id);
      expect(await take(nowMs + 1e12)).toEqual([]);
    });

    test("those that have waited longest are given out first", async () => {
      const alerts = [createAlert(), createAlert(), createAlert()];
      for (const [index, alert] of alerts.entries()) await store().claimAlert(alert, nowMs - index);
      const taken = [...(await take(nowMs, 2)), ...(await take(nowMs, 2))].map(({ id }) => id);
      expect(taken.slice(0, 2).sort()).toEqual([alerts[1]!.id, alerts[2]!.id].sort());
      expect(taken[2]).toBe(alerts[0]!.id);
      for (const { id } of alerts) await store().scheduleAlert(id);
    });

    test("what is old enough is forgotten, and can be claimed anew", async () => {
      const alert = createAlert({ claimedAtMs: nowMs - 1000 });
      await store().claimAlert(alert);
      await store().dropAlerts(nowMs - 1000);
      expect(await store().claimAlert(alert)).toBe(false);
      await store().dropAlerts(nowMs - 999);
      expect(await store().claimAlert(alert)).toBe(true);
    });
  });
}
