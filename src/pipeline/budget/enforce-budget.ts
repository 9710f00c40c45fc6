import type { Call, Route, Target } from "../../call.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import type { Stage } from "../stage.ts";
import type { PriceOf } from "../sum-cost.ts";
import { findMost, listPlaces } from "./find-most.ts";
import type { Ledger } from "./ledger.ts";

export interface EnforceBudgetOptions {
  readonly ledger: Pick<Ledger, "reserve" | "tryReserve">;
  readonly priceOf: PriceOf;
  readonly resolveRoute: (snapshot: Snapshot, name: string, rule: string) => Route;
}

/**
 * Sets aside what the model call may cost at most, before a model is asked. A call that a downgrading budget has no room
 * for goes to its cheaper tier. What is set aside is settled when the call's record is written.
 */
export function enforceBudget({ ledger, priceOf, resolveRoute }: EnforceBudgetOptions): Stage {
  return async (call, next) => {
    if (!call.snapshot.budgets?.length || !call.route || call.task?.type === "count-tokens") return next(call);
    const most = await findMost(call, listPlaces(call.route.candidates), priceOf);
    const cheaper = await ledger.reserve(call, most);
    if (cheaper === undefined) return next(call);
    const route = resolveRoute(call.snapshot, cheaper, `${call.route.rule}, downgraded`);
    await ledger.reserve(call, await findMost(call, listPlaces(route.candidates), priceOf), { isDowngraded: true });
    return next({ ...call, route });
  };
}

/** Whether a call's budgets have room for one more model call, which failures have led to: it is set aside then. */
export function createMayAskMore({ ledger, priceOf }: Pick<EnforceBudgetOptions, "ledger" | "priceOf">) {
  return async (call: Call, target: Target): Promise<boolean> => {
    if (!call.snapshot.budgets?.length || call.task?.type === "count-tokens") return true;
    return ledger.tryReserve(call, await findMost(call, [target], priceOf));
  };
}
