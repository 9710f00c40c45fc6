import { HeadgateError } from "../errors.ts";

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of an age such as `30m`, `12h` or `7d`. @throws HeadgateError `request_invalid` */
export function parseAge(text: string, name: string): number {
  const [, amount, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) return Number(amount) * unitMs[unit as keyof typeof unitMs];
  throw new HeadgateError("request_invalid", { detail: `${name} is an age such as 30m, 12h or 7d.` });
}
