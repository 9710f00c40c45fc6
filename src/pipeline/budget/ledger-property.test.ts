import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  double,
  integer,
  nat,
  oneof,
  record as shape,
} from "fast-check";
import type { Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import { findWindow } from "../../calendar-window.ts";
import { HeadgateError } from "../../errors.ts";
import type { Call } from "../../call.ts";
import type { CallRecord } from "../../store/store.ts";
import { BudgetWorld, createRecord } from "./budget-fixture.ts";
import type { Budgets } from "./budgets.ts";

/**
 * For any interleaving of reservations, endings, records that reach the store, crashes, outages, answers of the store that
 * come late or never, and windows that change:
 * what calls have cost and what others have set aside never pass a window's limit together, and in the end the store knows
 * what finished calls have cost, each once.
 */
type Step =
  | { readonly type: "reserve"; readonly process: number; readonly most: number }
  | { readonly type: "end"; readonly process: number; readonly costShare: number }
  | { readonly type: "store"; readonly process: number }
  | { readonly type: "crash"; readonly process: number }
  | { readonly type: "outage" }
  | { readonly type: "answers"; readonly come: "at once" | "late" | "never" }
  | { readonly type: "pass"; readonly steps: number };

const limit = 1000;
const processCount = 3;
const process = nat(processCount - 1);

const step: Arbitrary<Step> = oneof(
  {
    weight: 12,
    arbitrary: shape({ type: constant("reserve" as const), process, most: integer({ min: 1, max: 400 }) }),
  },
  {
    weight: 9,
    arbitrary: shape({
      type: constant("end" as const),
      process,
      costShare: double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 3, arbitrary: shape({ type: constant("store" as const), process }) },
  { weight: 2, arbitrary: shape({ type: constant("crash" as const), process }) },
  { weight: 1, arbitrary: constant({ type: "outage" as const }) },
  {
    weight: 2,
    arbitrary: shape({
      type: constant("answers" as const),
      come: constantFrom("at once" as const, "late" as const, "never" as const),
    }),
  },
  { weight: 8, arbitrary: shape({ type: constant("pass" as const), steps: integer({ min: 1, max: 300 }) }) },
);

interface Reservation {
  readonly call: Call;
  readonly most: number;
}

/** One process, its calls under way, and its records that are not in the store yet. */
interface Process {
  readonly id: string;
  readonly budgets: Budgets;
  readonly open: Reservation[];
  records: CallRecord[];
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function add(amounts: Map<number, number>, { startedAtMs }: Call, amount: number): void {
  const { startMs } = findWindow("minute", "UTC", startedAtMs);
  amounts.set(startMs, (amounts.get(startMs) ?? 0) + amount);
}

class Run {
  readonly world = new BudgetWorld([{ microUsd: limit, window: "minute" }]);
  readonly processes: Process[] = [];
  /** Records of crashed processes. */
  left: CallRecord[] = [];
  /** By the beginning of the window, what calls have cost. */
  readonly costs = new Map<number, number>();
  #opened = 0;

  constructor() {
    this.world.adopt = () => this.#adopt();
    for (let index = 0; index < processCount; index++) this.#open(index);
  }

  async take(taken: Step): Promise<void> {
    if (taken.type === "pass") await this.#pass(taken.steps);
    else if (taken.type === "outage") this.world.store.isDown = !this.world.store.isDown;
    else if (taken.type === "answers") this.#answer(taken.come);
    else await this.#act(taken, this.processes[taken.process]!);
    await this.world.settle();
  }

  /** What is wrong now. */
  findFault(): string | undefined {
    const used = new Map(this.costs);
    for (const { open } of this.processes) {
      for (const { call, most } of open) add(used, call, most);
    }
    for (const amount of used.values()) if (amount > limit) return `${amount} are spent or set aside`;
    for (const { spent, held } of this.world.store.balances) {
      if (held < 0) return `${held} are held`;
      if (spent > limit) return `${spent} are spent`;
    }
    return undefined;
  }

  /** Everything ends, and all that is known reaches the store. */
  async end(): Promise<void> {
    this.world.store.isDown = false;
    this.#answer("at once");
    await this.#pass(5);
    for (const each of this.processes) {
      while (each.open.length > 0) this.#end(each, 1);
      await this.#store(each);
      await each.budgets.close({ isStored: true });
    }
    await this.#adopt();
  }

  /** By the store, and by the calls. */
  get sums(): readonly [number, number] {
    const spent = this.world.store.balances.map((balance) => balance.spent);
    return [sum(spent), sum([...this.costs.values()])];
  }

  async #act(taken: Exclude<Step, { type: "pass" | "outage" | "answers" }>, each: Process): Promise<void> {
    if (taken.type === "reserve") this.#reserve(each, taken.most);
    else if (taken.type === "end") this.#end(each, taken.costShare);
    else if (taken.type === "store") await this.#store(each);
    else await this.#crash(taken.process);
  }

  #answer(come: Extract<Step, { type: "answers" }>["come"]): void {
    this.world.store.beforeAnswer = async () => {
      if (come === "late") await this.world.clock.sleep(150);
      if (come === "never") throw new HeadgateError("store_unavailable");
    };
  }

  #reserve(each: Process, most: number): void {
    const call = this.world.createCall();
    const amounts = { microUsd: most, tokens: 0 };
    let reserving: Promise<unknown> | undefined;
    try {
      reserving = each.budgets.ledger.reserve(call, amounts);
    } catch {
      return;
    }
    if (!reserving) each.open.push({ call, most });
    else
      reserving.then(
        () => each.open.push({ call, most }),
        () => {},
      );
  }

  #end(each: Process, costShare: number): void {
    const reservation = each.open.shift();
    if (!reservation) return;
    const cost = Math.floor(reservation.most * costShare);
    const record = createRecord(reservation.call, cost);
    each.budgets.ledger.settle(reservation.call, record);
    each.records.push(record);
    add(this.costs, reservation.call, cost);
  }

  async #store(each: Process): Promise<void> {
    const { records } = each;
    if (records.length === 0 || this.world.store.isDown) return;
    each.records = [];
    (await each.budgets.count(records, "own"))();
  }

  async #crash(index: number): Promise<void> {
    const each = this.processes[index]!;
    const closing = each.budgets.close({ isStored: false });
    await this.#pass(3);
    await closing;
    this.world.ended.add(each.id);
    this.left.push(...each.records);
    // What it still answered is lost with it: its calls have no record.
    each.open.length = 0;
    this.#open(index);
  }

  #open(index: number): void {
    const id = `p${this.#opened++}`;
    this.processes[index] = { id, budgets: this.world.open(id), open: [], records: [] };
  }

  async #adopt(): Promise<void> {
    const { left } = this;
    if (left.length === 0) return;
    this.left = [];
    (await this.processes[0]!.budgets.count(left, "adopted"))();
  }

  async #pass(steps: number): Promise<void> {
    for (let count = 0; count < steps; count++) {
      this.world.clock.advance(100);
      await this.world.settle();
    }
  }
}

test("no interleaving overdraws a budget, or counts anything twice", async () => {
  await assert(
    asyncProperty(array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const run = new Run();
      for (const taken of steps) {
        await run.take(taken);
        expect(run.findFault()).toBeUndefined();
      }
      await run.end();
      expect(run.findFault()).toBeUndefined();
      const [stored, cost] = run.sums;
      expect(stored).toBe(cost);
    }),
    { numRuns: 300 },
  );
});
