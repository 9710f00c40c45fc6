import { createRandom } from "../../src/testing/hostile-provider/known-text.ts";

/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A whole number from `from` to `to`, both included. */
export function whole(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** Log-normal: half of the numbers are below `median`; two thirds lie within a factor of e^sigma of it. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** The name of one entry, by their weights. */
export function pickWeighted<Name extends string>(random: Random, weights: Readonly<Record<Name, number>>): Name {
  const entries = Object.entries<number>(weights) as [Name, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const found = entries.find(([, weight]) => (left -= weight) < 0);
  return (found ?? entries.at(-1)!)[0];
}

/** Ranks from 0 to `size` - 1, of which rank r comes in proportion to 1 / (r + 1)^exponent. */
export function createZipf(size: number, exponent: number): (random: Random) => number {
  const sums: number[] = [];
  for (let rank = 1; rank <= size; rank++) sums.push((sums.at(-1) ?? 0) + rank ** -exponent);
  return (random) => {
    const at = random() * sums.at(-1)!;
    return sums.findIndex((sum) => at < sum);
  };
}

/** A number in [0, 1) that hangs on the text alone. */
export function drawFrom(text: string): number {
  return createRandom(text)();
}
