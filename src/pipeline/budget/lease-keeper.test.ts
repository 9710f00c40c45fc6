import { describe, expect, test } from "vitest";
import { BudgetWorld, createRecord, most, pass, watch } from "./budget-fixture.ts";

describe("over two processes", () => {
  test("what one holds and does not need goes to the other when it asks", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const [one, other] = [world.open("a"), world.open("b")];
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(1));
    await world.settle();
    const waiting = watch(other.ledger.reserve(world.createCall(), most(99)));
    await pass(world, 2500);
    expect(waiting.state).toBe("reserved");
    await one.close({ isStored: true });
    await other.close({ isStored: true });
  });

  test("one that comes later has its part of this window and the next before it needs them", async () => {
    const world = new BudgetWorld([{ microUsd: 1000, window: "minute" }]);
    const one = world.open("a");
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(1));
    await pass(world, 2000);
    const other = world.open("b");
    await world.settle();
    const first = watch(other.ledger.reserve(world.createCall(), most(1)));
    await pass(world, 10_000);
    expect(first.state).toBe("reserved");
    world.store.isDown = true;
    for (const budgets of [one, other]) {
      expect(budgets.ledger.tryReserve(world.createCall(), most(200))).toBe(true);
      expect(budgets.ledger.tryReserve(world.createCall(), most(200))).toBe(false);
    }
    await pass(world, 55_000);
    // Each has told so once.
    expect(world.failures).toHaveLength(2);
    for (const budgets of [one, other]) expect(budgets.ledger.tryReserve(world.createCall(), most(200))).toBe(true);
    await one.close({ isStored: false });
    await other.close({ isStored: false });
  });

  test("what an ended one holds comes back once others notice", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const one = world.open("a");
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(80));
    await world.settle();
    const other = world.open("b");
    await world.settle();
    expect(world.store.balances).toEqual([{ spent: 0, held: expect.any(Number) }]);
    // It says nothing any more, and gives nothing back.
    await one.close({ isStored: false });
    world.ended.add("a");
    const late = world.createCall();
    await pass(world, 15_000);
    const waiting = watch(other.ledger.reserve({ ...late, deadlineMs: Infinity }, most(100)));
    await world.settle();
    expect(waiting.state).toBe("reserved");
    await other.close({ isStored: true });
  });

  test("while the store is out of reach each spends what it holds, and not more", async () => {
    const world = new BudgetWorld([{ microUsd: 1000 }]);
    const [one, other] = [world.open("a"), world.open("b")];
    await world.settle();
    const firsts = [one, other].map(({ ledger }) => watch(ledger.reserve(world.createCall(), most(1))));
    await pass(world, 10_000);
    expect(firsts.map(({ state }) => state)).toEqual(["reserved", "reserved"]);
    world.store.isDown = true;
    let admitted = 2;
    for (const budgets of [one, other]) {
      for (let index = 0; index < 1000; index++) {
        if (budgets.ledger.tryReserve(world.createCall(), most(1))) admitted++;
        else break;
      }
    }
    expect(admitted).toBeGreaterThan(500);
    expect(admitted).toBeLessThanOrEqual(1000);
    const late = watch(one.ledger.reserve(world.createCall(), most(1)));
    await world.settle();
    await pass(world, 3100);
    expect(late.state).toBe("store_unavailable");
    world.clock.advance(70_000);
    await world.settle();
    await expect(other.ledger.reserve(world.createCall(), most(1))).rejects.toMatchObject({
      code: "store_unavailable",
      detail: expect.stringContaining("not sure any more"),
    });
    expect(other.ledger.tryReserve(world.createCall(), most(1))).toBe(false);
    await one.close({ isStored: false });
    await other.close({ isStored: false });
  });

  test("a store that does not answer at all is out of reach as well", async () => {
    const world = new BudgetWorld([{ microUsd: 1000 }]);
    const budgets = world.open("a");
    await world.settle();
    world.store.beforeAnswer = () => world.clock.sleep(15_000);
    const waiting = watch(budgets.ledger.reserve(world.createCall(), most(1)));
    await pass(world, 3100);
    expect(waiting.state).toBe("store_unavailable");
    world.store.beforeAnswer = async () => {};
    await pass(world, 15_000);
    await budgets.close({ isStored: false });
  });

  test("what an ended one of this machine holds comes back to the next one at once", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const one = world.open("a");
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(80));
    await world.settle();
    await one.close({ isStored: false });
    world.ended.add("a");
    const next = world.open("b");
    const waiting = watch(next.ledger.reserve(world.createCall(), most(100)));
    await world.settle();
    expect(waiting.state).toBe("reserved");
    await next.close({ isStored: true });
  });

  test("nobody is taken for dead after an outage of the store that was everybody's", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    world.isOneMachine = false;
    const one = world.open("a");
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(80));
    await world.settle();
    world.store.isDown = true;
    const other = world.open("b");
    await pass(world, 200_000);
    world.store.isDown = false;
    await one.close({ isStored: false });
    await pass(world, 5000);
    expect(world.store.heldBy("a")).toBe(100);
    await pass(world, 80_000);
    expect(world.store.heldBy("a")).toBe(0);
    await other.close({ isStored: true });
  });

  test("what an ended one holds stays held while its records cannot be read", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const [one, other] = [world.open("a"), world.open("b")];
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(80));
    await world.settle();
    await one.close({ isStored: false });
    world.ended.add("a");
    world.adopt = async () => {
      throw new Error("unreadable");
    };
    await pass(world, 100_000);
    expect(world.store.heldBy("a")).toBeGreaterThanOrEqual(80);
    // The store is there, and what is left of the budget can be spent.
    expect(watch(other.ledger.reserve(world.createCall(), most(5))).state).not.toBe("store_unavailable");
    await other.close({ isStored: true });
  });

  test("answers of the store that are lost lose nothing of the budget", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const [one, other] = [world.open("a"), world.open("b")];
    await world.settle();
    await one.ledger.reserve(world.createCall(), most(1));
    world.store.beforeAnswer = async () => {
      throw new Error("lost");
    };
    const cancel = new AbortController();
    const waiting = watch(other.ledger.reserve(world.createCall({ signal: cancel.signal }), most(60)));
    await pass(world, 2000);
    cancel.abort({ code: "request_cancelled" });
    await world.settle();
    expect(waiting.state).toBe("request_cancelled");
    world.store.beforeAnswer = async () => {};
    const all = watch(other.ledger.reserve(world.createCall(), most(99)));
    await pass(world, 2500);
    expect(all.state).toBe("reserved");
    await one.close({ isStored: true });
    await other.close({ isStored: true });
  });

  test("a record that was stored without this process being told is counted once", async () => {
    const world = new BudgetWorld([{ microUsd: 100 }]);
    const budgets = world.open("a");
    await world.settle();
    const call = world.createCall();
    await budgets.ledger.reserve(call, most(50));
    const record = createRecord(call, 50);
    budgets.ledger.settle(call, record);
    await budgets.count([record], "own");
    (await budgets.count([], "own", [record]))();
    await pass(world, 2000);
    const rest = watch(budgets.ledger.reserve(world.createCall(), most(50)));
    await world.settle();
    expect(rest.state).toBe("reserved");
    expect(world.store.balances).toEqual([{ spent: 50, held: 50 }]);
    await budgets.close({ isStored: true });
  });
});
