const pattern = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Semantic Versioning 2.0.0; build metadata is allowed and, as it says, does not count in comparisons. */
export function isVersion(text: string): boolean {
  return pattern.test(text);
}

export function isPrerelease(version: string): boolean {
  return pattern.exec(version)?.[4] !== undefined;
}

/** The order of precedence of Semantic Versioning 2.0.0, section 11. */
export function compareVersions(a: string, b: string): number {
  const [coreA, prereleaseA] = splitVersion(a);
  const [coreB, prereleaseB] = splitVersion(b);
  const core = compareLists(coreA, coreB);
  if (core !== 0) return core;
  if (prereleaseA.length === 0 || prereleaseB.length === 0) return prereleaseB.length - prereleaseA.length;
  return compareLists(prereleaseA, prereleaseB);
}

/** The version that is served when no release table says otherwise: the highest release, else the highest prerelease. */
export function pickRelease(versions: Iterable<string>): string | undefined {
  const sorted = [...versions].sort(compareVersions);
  return sorted.findLast((version) => !isPrerelease(version)) ?? sorted.at(-1);
}

function splitVersion(version: string): [string[], string[]] {
  const [, major = "0", minor = "0", patch = "0", prerelease] = pattern.exec(version) ?? [];
  return [[major, minor, patch], prerelease?.split(".") ?? []];
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareIdentifiers(a[at]!, b[at]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return Number(a) - Number(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
