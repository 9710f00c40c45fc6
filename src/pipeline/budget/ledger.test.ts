import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import { BudgetWorld, finish, most, pass, watch } from "./budget-fixture.ts";

describe("a budget", () => {
  test("admits what fits, and refuses the rest at once when it is spent", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    for (let index = 0; index < 2; index++) {
      const call = world.createCall();
      await budgets.ledger.reserve(call, most(50));
      await finish(budgets, call, 50);
    }
    const refused = budgets.ledger.reserve(world.createCall(), most(1));
    await expect(refused).rejects.toMatchObject({
      code: "budget_exceeded",
      retryAfterMs: 12 * 3_600_000,
      detail:
        'The budget "budget-0" has no room for this call, which may take 0.000001 USD: 0.000100 USD of 0.000100 USD spent this day. It begins anew at 2026-01-16T00:00:00.000Z.',
    });
    await budgets.close({ isStored: true });
  });

  test("lets a call wait for what others have set aside, and admits it when they cost less", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    const first = world.createCall();
    await budgets.ledger.reserve(first, most(90));
    const second = watch(budgets.ledger.reserve(world.createCall(), most(90)));
    const third = watch(budgets.ledger.reserve(world.createCall(), most(5)));
    await world.settle();
    expect([second.state, third.state]).toEqual(["waiting", "waiting"]);
    await finish(budgets, first, 4);
    await pass(world, 200);
    expect([second.state, third.state]).toEqual(["reserved", "reserved"]);
    await budgets.close({ isStored: true });
  });

  test("refuses after 3 s what others do not settle, and at once what is cancelled", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    await budgets.ledger.reserve(world.createCall(), most(90));
    const late = watch(budgets.ledger.reserve(world.createCall(), most(20)));
    const cancel = new AbortController();
    const left = watch(budgets.ledger.reserve(world.createCall({ signal: cancel.signal }), most(20)));
    await world.settle();
    cancel.abort({ code: "request_cancelled" });
    await world.settle();
    expect(left.state).toBe("request_cancelled");
    await pass(world, 2900);
    expect(late.state).toBe("waiting");
    await pass(world, 200);
    expect(late.state).toBe("budget_exceeded");
    await budgets.close({ isStored: true });
  });

  test("of a key, a team or an endpoint is each one's own", async () => {
    const world = new BudgetWorld([
      { per: "key", only: new Set(["batch"]), microUsd: 10 },
      { per: "team", microUsd: 15 },
    ]);
    const budgets = world.open("a");
    await world.settle();
    const reserve = (fields: Partial<Call>): { state: string } =>
      watch(budgets.ledger.reserve(world.createCall(fields), most(10)));
    const byName = { keyId: "k1", keyName: "batch" };
    const asked = [
      reserve({ ...byName, team: "blue" }),
      reserve({ keyId: "k2", keyName: "web", team: "red" }),
      reserve({ keyId: "k3", keyName: "web" }),
      reserve({ ...byName }),
      reserve({ keyId: "k2", keyName: "web", team: "blue" }),
    ];
    await world.settle();
    await pass(world, 3100);
    expect(asked.map(({ state }) => state)).toEqual([
      "reserved",
      "reserved",
      "reserved",
      "budget_exceeded",
      "budget_exceeded",
    ]);
    await budgets.close({ isStored: true });
  });

  test("in money refuses a model without a price; one in tokens takes it", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    const unpriced = { microUsd: null, tokens: 10 };
    expect(() => budgets.ledger.reserve(world.createCall(), unpriced)).toThrow(
      expect.objectContaining({ code: "price_unknown" }),
    );
    const tokens = new BudgetWorld([{ tokens: 100 }]);
    const inTokens = tokens.open("a");
    await tokens.settle();
    await inTokens.ledger.reserve(tokens.createCall(), unpriced);
    await budgets.close({ isStored: true });
    await inTokens.close({ isStored: true });
  });

  test("takes a call whose price was not known in the end for as dear as it could be", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    const call = world.createCall();
    await budgets.ledger.reserve(call, most(60));
    await finish(budgets, call, null);
    expect(world.store.balances).toMatchObject([{ spent: 60 }]);
    await budgets.close({ isStored: true });
  });

  test("begins anew with its window, in its own time zone", async () => {
    const world = new BudgetWorld([{ microUsd: 100, timeZone: "America/New_York" }]);
    const budgets = world.open("a");
    await world.settle();
    const call = world.createCall();
    await budgets.ledger.reserve(call, most(100));
    await finish(budgets, call, 100);
    await world.settle();
    world.clock.advance(16 * 3_600_000);
    await pass(world, 2000);
    const early = watch(budgets.ledger.reserve(world.createCall(), most(100)));
    await world.settle();
    expect(early.state).toBe("budget_exceeded");
    world.clock.advance(2 * 3_600_000);
    await pass(world, 2000);
    const late = watch(budgets.ledger.reserve(world.createCall(), most(100)));
    await world.settle();
    expect(late.state).toBe("reserved");
    await budgets.close({ isStored: true });
  });

  test("that downgrades names its tier once it has no room, at once, and refuses nobody", async () => {
    const world = new BudgetWorld([{ microUsd: 100, onExceeded: "downgrade", downgradeTo: "fast" }]);
    const budgets = world.open("a");
    await world.settle();
    const call = world.createCall();
    expect(await budgets.ledger.reserve(call, most(70))).toBeUndefined();
    expect(await budgets.ledger.reserve(world.createCall(), most(70))).toBe("fast");
    await finish(budgets, call, 20);
    expect(await budgets.ledger.reserve(world.createCall(), most(70))).toBeUndefined();
    const downgraded = world.createCall();
    expect(await budgets.ledger.reserve(downgraded, most(70))).toBe("fast");
    expect(budgets.ledger.reserve(downgraded, most(70), { isDowngraded: true })).toBeUndefined();
    await finish(budgets, downgraded, 60);
    expect(world.store.balances).toMatchObject([{ spent: 80 }]);
    await budgets.close({ isStored: true });
  });

  test("that downgrades gives way to one that stops", async () => {
    const world = new BudgetWorld([{ microUsd: 100, onExceeded: "downgrade", downgradeTo: "fast" }, { microUsd: 150 }]);
    const budgets = world.open("a");
    await world.settle();
    await budgets.ledger.reserve(world.createCall(), most(90));
    expect(await budgets.ledger.reserve(world.createCall(), most(50))).toBe("fast");
    await expect(budgets.ledger.reserve(world.createCall(), most(200))).rejects.toMatchObject({
      code: "budget_exceeded",
    });
    await budgets.close({ isStored: true });
  });

  test("lets no small call overtake a large one that waits", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    const [first, second] = [world.createCall(), world.createCall()];
    await budgets.ledger.reserve(first, most(50));
    await budgets.ledger.reserve(second, most(20));
    const large = watch(budgets.ledger.reserve(world.createCall(), most(90)));
    await pass(world, 200);
    const small = watch(budgets.ledger.reserve(world.createCall(), most(30)));
    await finish(budgets, first, 0);
    await pass(world, 200);
    expect([large.state, small.state]).toEqual(["waiting", "waiting"]);
    await finish(budgets, second, 0);
    await pass(world, 200);
    expect([large.state, small.state]).toEqual(["reserved", "waiting"]);
    await budgets.close({ isStored: true });
  });

  test("tells who comes too late for what others have set aside to come back soon", async () => {
    const world = new BudgetWorld([{ microUsd: 100, window: "month" }]);
    const budgets = world.open("a");
    await world.settle();
    await budgets.ledger.reserve(world.createCall(), most(90));
    const late = budgets.ledger.reserve(world.createCall(), most(50))!.catch((error: unknown) => error);
    await pass(world, 3100);
    expect(await late).toMatchObject({ code: "budget_exceeded", retryAfterMs: 3000 });
    await budgets.close({ isStored: true });
  });

  test("that only warns is known as long as calls count in it, and is never held", async () => {
    const world = new BudgetWorld([{ microUsd: 100, onExceeded: "warn" }]);
    const budgets = world.open("a");
    await world.settle();
    const call = world.createCall();
    expect(budgets.ledger.reserve(call, most(25))).toBeUndefined();
    await finish(budgets, call, 120);
    await pass(world, 60_000);
    expect(budgets.ledger.listLeft(world.createCall())).toEqual({ "budget-0": 0 });
    expect(world.store.balances).toEqual([{ spent: 120, held: 0 }]);
    await budgets.close({ isStored: true });
  });

  test("tells the share that is left", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }, { tokens: 50, onExceeded: "warn" }]);
    const budgets = world.open("a");
    await world.settle();
    const call = world.createCall();
    await budgets.ledger.reserve(call, most(25, 10));
    await finish(budgets, call, 20, 10);
    expect(budgets.ledger.listLeft(world.createCall())).toEqual({ "budget-0": 0.8, "budget-1": 0.8 });
    await budgets.close({ isStored: true });
  });
});
