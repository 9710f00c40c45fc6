import type { HostileEntry, HostileLedger } from "../../../src/testing/hostile-provider/hostile-ledger.ts";

/** Finds a provider's entries by the `mark-<uuid>` in their bodies, without reading any body twice. */
export function createMarkIndex(ledger: Pick<HostileLedger, "entries">): {
  find(mark: string): readonly HostileEntry[];
} {
  const byMark = new Map<string, HostileEntry[]>();
  let next = 0;
  return {
    find: (mark) => {
      for (; next < ledger.entries.length; next++) {
        const entry = ledger.entries[next]!;
        const found = /mark-[0-9a-f-]{36}/.exec(JSON.stringify(entry.json))?.[0];
        if (found === undefined) continue;
        const known = byMark.get(found);
        if (known) known.push(entry);
        else byMark.set(found, [entry]);
      }
      return byMark.get(mark) ?? [];
    },
  };
}
