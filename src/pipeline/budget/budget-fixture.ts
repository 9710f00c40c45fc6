import type { Call } from "../../call.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { Budget, Snapshot } from "../../endpoint/snapshot.ts";
import type { CallRecord } from "../../store/store.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { MemoryBudgetStore } from "../../testing/memory-budget-store.ts";
import type { Amounts } from "./amounts.ts";
import { createBudgets, type Budgets } from "./budgets.ts";

/** Processes over one store of budgets, on a clock that moves when told to. */
export class BudgetWorld {
  readonly clock: ManualClock = createManualClock();
  readonly store = new MemoryBudgetStore(this.clock);
  readonly snapshot: Snapshot;
  readonly ended = new Set<string>();
  /** What processes have told of a store that is out of reach. */
  readonly failures: unknown[] = [];
  /** False: no process can tell whether another has ended. */
  isOneMachine = true;
  /** Brings what ended processes have left into the store. */
  adopt = async (): Promise<void> => {};
  #calls = 0;

  constructor(budgets: readonly Partial<Budget>[]) {
    this.snapshot = {
      id: "s",
      endpoints: new Map(),
      providers: new Map(),
      models: new Map(),
      tiers: new Map(),
      resilience: defaultResilience,
      budgets: budgets.map((budget, index) => createBudget(`budget-${index}`, budget)),
    };
  }

  open(processId: string): Budgets {
    return createBudgets({
      store: Object.assign(this.store, { listKeys: async () => [] }),
      clock: this.clock,
      processId,
      currentSnapshot: () => this.snapshot,
      watch: { hasEnded: (id) => (this.isOneMachine ? this.ended.has(id) : undefined), adopt: () => this.adopt() },
      onFailure: (error) => this.failures.push(error),
    });
  }

  createCall(fields: Partial<Call> = {}): Call {
    this.#calls++;
    const startedAtMs = this.clock.now() + this.#calls / 1e6;
    return {
      requestId: `r${this.#calls}`,
      startedAtMs,
      deadlineMs: startedAtMs + 60_000,
      signal: new AbortController().signal,
      tenant: "t",
      snapshot: this.snapshot,
      messages: [],
      settings: {},
      stream: false,
      notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
      ...fields,
    };
  }

  /** Lets what is under way go on, without moving the clock. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 24; turn++) await Promise.resolve();
  }
}

export function createBudget(name: string, fields: Partial<Budget>): Budget {
  return { name, per: "all", window: "day", timeZone: "UTC", onExceeded: "stop", alertAt: [], ...fields };
}

export function createRecord(call: Call, costMicroUsd: number | null, tokens = 0): CallRecord {
  return {
    requestId: call.requestId,
    startedAtMs: call.startedAtMs,
    durationMs: 1,
    surface: "chat",
    tenant: call.tenant,
    keyId: call.keyId,
    team: call.team,
    snapshotId: call.snapshot.id,
    status: "ok",
    isStream: false,
    inputTokens: tokens,
    outputTokens: 0,
    costMicroUsd,
    cache: "none",
    attempts: 1,
  };
}

export const most = (microUsd: number, tokens = 0): Amounts => ({ microUsd, tokens });

/** Settles, and stores the record. */
export async function finish(budgets: Budgets, call: Call, cost: number | null, tokens = 0): Promise<void> {
  const record = createRecord(call, cost, tokens);
  budgets.ledger.settle(call, record);
  (await budgets.count([record], "own"))();
}

/** Time goes on in small steps, and what comes of it happens. */
export async function pass(world: BudgetWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    world.clock.advance(Math.min(100, left));
    await world.settle();
  }
}

/** How a reservation ended, once it has. */
export function watch(reserving: Promise<unknown> | undefined): { state: string } {
  const seen = { state: reserving ? "waiting" : "reserved" };
  reserving?.then(
    () => (seen.state = "reserved"),
    (error: { code: string }) => (seen.state = error.code),
  );
  return seen;
}
