import { HeadgateError } from "../../errors.ts";
import type { Account } from "./account.ts";

/** What a model call costs, or may cost at most. */
export interface Amounts {
  /** Null: its price is unknown. */
  readonly microUsd: number | null;
  readonly tokens: number;
}

/** @throws HeadgateError `price_unknown` */
export function toAmount({ unit, budget }: Account, { microUsd, tokens }: Amounts): number {
  if (unit === "tokens") return tokens;
  if (microUsd !== null) return microUsd;
  throw new HeadgateError("price_unknown", {
    detail: `The budget "${budget.name}" is in money, and the price of the model is not known. Set models.<name>.price in headgate.config.ts.`,
  });
}

/** @throws HeadgateError `price_unknown` */
export function hasRoomFor(account: Account, most: Amounts): boolean {
  return account.available >= toAmount(account, most);
}
