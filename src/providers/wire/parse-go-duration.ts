/** A duration as Go writes it, such as `6m0s`, in whole milliseconds. Undefined if it is none, or not above zero. */
export function parseGoDuration(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length > 40 || !goDuration.test(value)) return undefined;
  let waitMs = 0;
  for (const [, number, unit] of value.matchAll(goStep)) waitMs += Number(number) * (unitMs[unit!] ?? 0);
  return waitMs > 0 ? Math.ceil(waitMs) : undefined;
}

const goDuration = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/;
const goStep = /(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g;
const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};
