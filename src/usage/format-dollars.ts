/** Whole micro-dollars as dollars with all six places, without a float in between: `1.234567`. */
export function formatDollars(microUsd: number): string {
  const digits = String(Math.abs(microUsd)).padStart(7, "0");
  return `${microUsd < 0 ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
