import type { LeaseAnswer, LeaseRequest } from "./store.ts";

/** What a window of a budget has spent, and what processes hold of it together, in its unit. */
export interface WindowBalance {
  readonly spent: number;
  readonly held: number;
}

export interface GrantedLease extends Omit<LeaseAnswer, "wantedByOthers"> {
  /** By how much the lease, as the store has it, changes. */
  readonly change: number;
  /** What calls still wait for. */
  readonly unmet: number;
}

/**
 * How a process's lease changes: never by more than the window has left, so no budget is ever overdrawn.
 * @param own what the store has as the process's lease
 */
export function grantLease(
  { spent, held }: WindowBalance,
  own: number,
  { limit, holds, need, slack }: Pick<LeaseRequest, "limit" | "holds" | "need" | "slack">,
): GrantedLease {
  const known = Math.min(own, holds);
  const heldNow = held - (own - known);
  const free = Math.max(0, limit - spent - heldNow);
  const needed = need <= free ? need : 0;
  const more = slack < 0 ? -Math.min(-slack, known) : Math.min(slack, free - needed);
  const granted = needed + more;
  return { granted, change: granted - (own - known), unmet: need - needed, spent, held: heldNow + granted };
}
