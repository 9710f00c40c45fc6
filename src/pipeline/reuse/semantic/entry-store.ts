import type { Clock } from "../../../clock.ts";
import type { Reading } from "./reading/read-text.ts";

export interface Entry {
  readonly tenant: string;
  /** Of the kept answer. */
  readonly key: string;
  /** Scope and reading: entries of another place are never compared. */
  readonly place: string;
  readonly texts: readonly string[];
  readonly readings: readonly Reading[];
  readonly expiresAtMs: number;
  /** Made when the entry is first compared: most never are. */
  vectors?: readonly Float32Array[];
}

export interface EntryStoreOptions {
  readonly clock: Pick<Clock, "now">;
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** Entries by tenant and place. The least recently used go first, and a tenant's own before others'. */
export interface EntryStore {
  /** Those that have not expired, in no order. */
  readonly list: (tenant: string, place: string) => readonly Entry[];
  readonly put: (entry: Entry) => void;
  /** Says that the entry was used; false if it is gone by now. */
  readonly touch: (entry: Entry) => boolean;
  readonly remove: (tenant: string, key: string) => void;
  readonly size: number;
}

interface Partition {
  /** By key, in the order of their use. */
  readonly entries: Map<string, Entry>;
  readonly places: Map<string, Set<Entry>>;
  bytes: number;
}

/** Of the whole, in the hands of one tenant. */
const maxTenantShare = 0.5;
/** Answers of one place mean the same by their words; more than a few are of no use. */
const maxOfPlace = 8;
const bytesOfEntry = 600;
/** A vector of 384 numbers of 4 bytes, and its object. */
const bytesOfVector = 1_700;

export function createEntryStore({ clock, maxEntries, maxBytes }: EntryStoreOptions): EntryStore {
  const partitions = new Map<string, Partition>();
  /** All entries, in the order of their use. */
  const all = new Set<Entry>();
  let bytes = 0;

  const drop = (entry: Entry): void => {
    const partition = partitions.get(entry.tenant);
    if (!partition || !all.delete(entry)) return;
    takeOut(partition, entry);
    if (partition.entries.size === 0) partitions.delete(entry.tenant);
    bytes -= estimateBytes(entry);
  };
  const dropFirst = (entries: Iterable<Entry>): void => {
    for (const entry of entries) return drop(entry);
  };
  const isFull = (): boolean => all.size > maxEntries || bytes > maxBytes;
  const makeRoom = (partition: Partition): void => {
    const isOverShare = (): boolean =>
      partition.entries.size > maxEntries * maxTenantShare || partition.bytes > maxBytes * maxTenantShare;
    while (isOverShare()) dropFirst(partition.entries.values());
    while (isFull()) dropFirst(all);
  };
  const remove = (tenant: string, key: string): void => {
    const entry = partitions.get(tenant)?.entries.get(key);
    if (entry) drop(entry);
  };

  return {
    remove,
    list(tenant, place) {
      const found = [...(partitions.get(tenant)?.places.get(place) ?? [])];
      for (const entry of found) if (entry.expiresAtMs <= clock.now()) drop(entry);
      return found.filter((entry) => all.has(entry));
    },
    put(entry) {
      remove(entry.tenant, entry.key);
      const partition = partitions.get(entry.tenant) ?? { entries: new Map(), places: new Map(), bytes: 0 };
      partitions.set(entry.tenant, partition);
      all.add(entry);
      bytes += estimateBytes(entry);
      const place = putIn(partition, entry);
      if (place.size > maxOfPlace) dropFirst(place);
      makeRoom(partition);
    },
    touch(entry) {
      if (!all.delete(entry)) return false;
      all.add(entry);
      const { entries } = partitions.get(entry.tenant)!;
      entries.delete(entry.key);
      entries.set(entry.key, entry);
      return true;
    },
    get size() {
      return all.size;
    },
  };
}

function putIn(partition: Partition, entry: Entry): ReadonlySet<Entry> {
  const place = partition.places.get(entry.place) ?? new Set();
  partition.places.set(entry.place, place.add(entry));
  partition.entries.set(entry.key, entry);
  partition.bytes += estimateBytes(entry);
  return place;
}

function takeOut(partition: Partition, entry: Entry): void {
  const place = partition.places.get(entry.place);
  place?.delete(entry);
  if (place?.size === 0) partition.places.delete(entry.place);
  partition.entries.delete(entry.key);
  partition.bytes -= estimateBytes(entry);
}

// Two bytes a character, in the texts, in their readings and in the place.
function estimateBytes({ texts, place }: Entry): number {
  const characters = texts.reduce((sum, text) => sum + text.length, 0) + 2 * place.length;
  return bytesOfEntry + texts.length * bytesOfVector + 2 * characters;
}
