import { HeadgateError } from "../../errors.ts";
import type { Account } from "./account.ts";

/** A call that does not wait any longer for what others have set aside may come back that soon. */
const soonMs = 3000;

/** The refusal of a call that its budget has no room for: whose budget, how much of it is gone, and when it begins anew. */
export function describeExceeded(
  account: Account,
  { amount, nowMs }: { readonly amount: number; readonly nowMs: number },
): HeadgateError {
  const { budget, subject, limit, spent, left, reserved, unit, window } = account;
  const owner = subject === "" ? "" : ` of ${budget.per} "${subject}"`;
  const format = unit === "tokens" ? formatTokens : formatUsd;
  const setAside = reserved > 0 ? `, ${format(reserved)} set aside for calls under way` : "";
  const detail = `The budget "${budget.name}"${owner} has no room for this call, which may take ${format(amount)}: ${format(spent)} of ${format(limit)} spent this ${budget.window}${setAside}. It begins anew at ${new Date(window.endMs).toISOString()}.`;
  const untilNextMs = Math.max(1000, window.endMs - nowMs);
  return new HeadgateError("budget_exceeded", {
    detail,
    retryAfterMs: left < amount ? untilNextMs : Math.min(soonMs, untilNextMs),
  });
}

function formatUsd(microUsd: number): string {
  return `${(microUsd / 1_000_000).toFixed(microUsd % 10_000 === 0 ? 2 : 6)} USD`;
}

function formatTokens(tokens: number): string {
  return `${tokens.toLocaleString("en-US")} tokens`;
}
