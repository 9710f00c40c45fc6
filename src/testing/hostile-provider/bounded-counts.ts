/** Counts by key; the keys that were not counted for the longest time are forgotten. */
export interface BoundedCounts {
  /** The count with this time. */
  count(key: string): number;
  clear(): void;
}

export function createBoundedCounts(mostKeys: number): BoundedCounts {
  const counts = new Map<string, number>();
  return {
    count: (key) => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.delete(key);
      counts.set(key, count);
      if (counts.size > mostKeys) counts.delete(counts.keys().next().value!);
      return count;
    },
    clear: () => counts.clear(),
  };
}
