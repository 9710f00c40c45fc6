/** What a window of a budget has left to give, in its unit. */
export interface WindowBalance {
  readonly limit: number;
  readonly spent: number;
  /** What processes hold together. */
  readonly held: number;
}

/** A process's wish to hold more or less of a window. */
export interface LeaseWish {
  /** What calls wait for: granted whole, or not at all. 0: none does. */
  readonly need: number;
  /** On top, for calls to come: granted as far as it is there. Below 0: given back. */
  readonly slack: number;
}

/** By how much the process's lease changes: never more than the window has left, so no budget is ever overdrawn. */
export function grantLease({ limit, spent, held }: WindowBalance, own: number, { need, slack }: LeaseWish): number {
  const free = Math.max(0, limit - spent - held);
  const needed = need <= free ? need : 0;
  if (slack < 0) return needed - Math.min(-slack, own);
  return needed + Math.min(slack, free - needed);
}
