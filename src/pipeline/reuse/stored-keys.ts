/** Which answers the store may have, for a process that alone writes to it: it need not be asked for the others. */
export interface StoredKeys {
  /** False: the store surely has none by this hash. */
  mayHave(hash: string): boolean;
  add(hash: string): void;
}

/** Some 100 bytes each. With more, every answer is asked for. */
export const mostStoredKeys = 200_000;

/** @param listKeys at most `limit` hashes of what is stored, the newest first */
export function createStoredKeys(listKeys: (limit: number) => Promise<readonly string[]>): StoredKeys {
  const hashes = new Set<string>();
  let isComplete = false;
  listKeys(mostStoredKeys).then(
    (stored) => {
      for (const hash of stored) hashes.add(hash);
      isComplete = hashes.size < mostStoredKeys;
    },
    // Then every answer is asked for, as it is until they are known.
    () => {},
  );
  return {
    mayHave: (hash) => !isComplete || hashes.has(hash),
    add: (hash) => {
      hashes.add(hash);
      if (hashes.size < mostStoredKeys) return;
      isComplete = false;
      hashes.clear();
    },
  };
}
