import type { Oracle } from "./oracle.ts";

/** Every AI SDK provider that ours are held against. */
export const oracles: readonly Oracle[] = [];
