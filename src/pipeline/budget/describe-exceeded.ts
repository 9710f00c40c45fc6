import { HeadgateError } from "../../errors.ts";
import type { Account } from "./account.ts";

/** The refusal of a call that its budget has no room for: whose budget, how much of it is gone, and when it begins anew. */
export function describeExceeded(account: Account, nowMs: number): HeadgateError {
  const { budget, subject, limit, spent, reserved, unit, window } = account;
  const owner = subject === "" ? "" : ` of ${budget.per} "${subject}"`;
  const format = unit === "tokens" ? formatTokens : formatUsd;
  const setAside = reserved > 0 ? `, ${format(reserved)} set aside for calls under way` : "";
  const detail = `The budget "${budget.name}"${owner} has no room for this call: ${format(spent)} of ${format(limit)} spent this ${budget.window}${setAside}. It begins anew at ${new Date(window.endMs).toISOString()}.`;
  return new HeadgateError("budget_exceeded", { detail, retryAfterMs: Math.max(1000, window.endMs - nowMs) });
}

function formatUsd(microUsd: number): string {
  return `${(microUsd / 1_000_000).toFixed(microUsd % 10_000 === 0 ? 2 : 6)} USD`;
}

function formatTokens(tokens: number): string {
  return `${tokens.toLocaleString("en-US")} tokens`;
}
