import type { Oracle } from "./oracle.ts";
import { geminiOracle } from "./oracles/gemini.ts";
import { anthropicOracle } from "./oracles/anthropic.ts";

/** Every AI SDK provider that ours are held against. */
export const oracles: readonly Oracle[] = [anthropicOracle, geminiOracle];
