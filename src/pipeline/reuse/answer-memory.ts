/** Answers in memory, the least recently used given up first. */
export interface AnswerMemory {
  /** What they take, in bytes. */
  readonly bytes: number;
  get(hash: string): string | undefined;
  /** Keeps `text` if it fits into `maxBytes`, which then holds for all. */
  set(hash: string, text: string, maxBytes: number): void;
}

interface Entry {
  readonly text: string;
  readonly bytes: number;
}

/** Of an entry's place in the map, its object and its key. Measured: 337 bytes in Node 24. */
export const entryBytes = 352;

export function createAnswerMemory(): AnswerMemory {
  // A Map keeps the order in which entries were put in.
  const entries = new Map<string, Entry>();
  let bytes = 0;

  function remove(hash: string): void {
    const entry = entries.get(hash);
    if (!entry) return;
    entries.delete(hash);
    bytes -= entry.bytes;
  }

  return {
    get bytes() {
      return bytes;
    },
    get: (hash) => {
      const entry = entries.get(hash);
      if (!entry) return undefined;
      entries.delete(hash);
      entries.set(hash, entry);
      return entry.text;
    },
    set: (hash, text, maxBytes) => {
      remove(hash);
      const entry = { text, bytes: entryBytes + measureText(text) };
      if (entry.bytes <= maxBytes) {
        entries.set(hash, entry);
        bytes += entry.bytes;
      }
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
  };
}

// The engine keeps a text with one byte a character, or with two as soon as one of them is beyond Latin-1.
function measureText(text: string): number {
  return latin1.test(text) ? text.length : text.length * 2;
}

// oxlint-disable-next-line no-control-regex
const latin1 = /^[\u0000-\u00ff]*$/;
