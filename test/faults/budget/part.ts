/** What a part of the drill has found. */
export interface PartResult {
  readonly line: string;
  readonly faults: readonly string[];
}

export interface PartOptions {
  readonly databaseUrl: string;
  readonly isShort: boolean;
}

/** Those of the expectations that do not hold. */
export function listFaults(expectations: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(expectations).flatMap(([fault, isMet]) => (isMet ? [] : [fault]));
}
