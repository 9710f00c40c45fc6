import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { DatabaseError } from "pg";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeadgateError } from "../errors.ts";
import type { ManualClock } from "../testing/manual-clock.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createRecord } from "../testing/store-conformance.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createTemporaryFolder } from "../testing/store-folder.ts";
import type { Journal, JournalOptions } from "./journal.ts";
import { openJournal } from "./journal.ts";
import { rowColumns, toRow } from "./record-columns.ts";

/** A store that can be down, and shows in which batches records came. */
interface Sink {
  readonly batches: string[][];
  isDown: boolean;
  insertRecordRows: (rows: Uint8Array, columns: string) => Promise<void>;
}

let folder: TemporaryFolder;
let clock: ManualClock;
let sink: Sink;
let journals: Journal[];

beforeEach(() => {
  folder = createTemporaryFolder();
  clock = createManualClock();
  journals = [];
  sink = {
    batches: [],
    isDown: false,
    insertRecordRows: async (rows) => {
      if (sink.isDown) throw new HeadgateError("store_unavailable");
      const lines = Buffer.from(rows).toString().trimEnd().split("\n");
      sink.batches.push(lines.map((line) => line.slice(0, line.indexOf("\t"))));
    },
  };
});
afterEach(async () => {
  for (const journal of journals) await passTimeUntil(journal.close(1000));
  folder.remove();
});

async function passTimeUntil(ended: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  void ended.finally(() => over.abort());
  while (!over.signal.aborted) {
    clock.advance(100);
    await nextTurn();
  }
}

async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal({ folder: folder.path, store: sink, clock, ...options });
  journals.push(journal);
  return journal;
}

function listSegments(): string[] {
  return readdirSync(join(folder.path, "journal")).filter((name) => name.endsWith(".rows"));
}

function readSegments(): string {
  return listSegments()
    .map((name) => readFileSync(join(folder.path, "journal", name), "utf8"))
    .join("");
}

test("a record is in the file when its append resolves, long before it is moved", async () => {
  const journal = await open();
  const record = createRecord();
  await journal.append(record);
  expect(readSegments()).toBe(`#${rowColumns}\n${toRow(record)}`);
  expect(journal.pending).toBe(1);
  expect(sink.batches).toEqual([]);
});

test("records move together after the interval, in their order, and their file goes", async () => {
  const journal = await open();
  const records = [createRecord(), createRecord(), createRecord()];
  for (const record of records) await journal.append(record);
  clock.advance(499);
  expect(sink.batches).toEqual([]);
  clock.advance(1);
  await vi.waitFor(() => expect(journal.pending).toBe(0));
  expect(sink.batches).toEqual([records.map(({ requestId }) => requestId)]);
  await vi.waitFor(() => expect(listSegments()).toEqual([]));
});

test("appends of one turn share a write, and each is told", async () => {
  const journal = await open();
  const records = Array.from({ length: 100 }, () => createRecord());
  await Promise.all(records.map((record) => journal.append(record)));
  expect(readSegments().trimEnd().split("\n")).toHaveLength(1 + 100);
  await journal.flush();
  expect(sink.batches.flat()).toEqual(records.map(({ requestId }) => requestId));
});

test("records that come while others are moved are moved too", async () => {
  const journal = await open();
  const late = createRecord();
  let appending: Promise<void> | undefined;
  const take = sink.insertRecordRows;
  sink.insertRecordRows = async (...rows) => {
    appending ??= journal.append(late);
    await appending;
    await take(...rows);
  };
  await journal.append(createRecord());
  await journal.flush();
  await journal.flush();
  expect(sink.batches.at(-1)).toEqual([late.requestId]);
  expect(journal.pending).toBe(0);
});

test("much is moved in several batches, across several files", async () => {
  const journal = await open({ maxSegmentBytes: 100_000 });
  const records = Array.from({ length: 3000 }, () => createRecord());
  for (let at = 0; at < records.length; at += 50) {
    await Promise.all(records.slice(at, at + 50).map((record) => journal.append(record)));
  }
  expect(listSegments().length).toBeGreaterThan(5);
  await journal.flush();
  expect(sink.batches.flat()).toEqual(records.map(({ requestId }) => requestId));
  expect(listSegments()).toEqual([]);
});

describe("a store that is down", () => {
  test("leaves records on disk, is tried again after growing pauses, and gets them all", async () => {
    const slept: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      slept.push(ms);
      await nextTurn();
    };
    const journal = await open({ clock: { ...clock, sleep } });
    const take = sink.insertRecordRows;
    sink.isDown = true;
    sink.insertRecordRows = (...rows) => {
      sink.isDown = slept.length < 9;
      return take(...rows);
    };
    await journal.append(createRecord());
    await vi.waitFor(() => expect(journal.pending).toBe(0));
    // The clock's random is 0.5: three quarters of 500 ms and its doubles, and the usual interval after each.
    expect(slept).toEqual([500, 375, 500, 750, 500, 1500, 500, 3000, 500]);
    expect(sink.batches.flat()).toHaveLength(1);
  });

  test("makes a flush reject, and closing leave the records for the next start", async () => {
    const journal = await open();
    sink.isDown = true;
    const record = createRecord();
    await journal.append(record);
    await expect(journal.flush()).rejects.toMatchObject({ code: "store_unavailable" });
    await journal.close(1000);
    sink.isDown = false;
    const next = await open();
    expect(next.pending).toBe(1);
    await next.flush();
    expect(sink.batches).toEqual([[record.requestId]]);
    expect(listSegments()).toEqual([]);
  });

  test("gets none of what was left behind before the journal is open, so that others can follow it", async () => {
    const journal = await open({ maxSegmentBytes: 100_000 });
    sink.isDown = true;
    const records = Array.from({ length: 3000 }, () => createRecord());
    for (let at = 0; at < records.length; at += 50) {
      await Promise.all(records.slice(at, at + 50).map((record) => journal.append(record)));
    }
    await journal.close(1000);
    sink.isDown = false;
    let early: number | undefined;
    const opening = open().then((next) => {
      early = sink.batches.length;
      return next;
    });
    await passTimeUntil(opening);
    expect(early).toBe(0);
    const next = await opening;
    await passTimeUntil(next.flush());
    expect(sink.batches.flat()).toHaveLength(3000);
  });

  test("that hangs does not keep closing from ending in time", async () => {
    const journal = await open();
    const hanging = Promise.withResolvers<void>();
    sink.insertRecordRows = () => hanging.promise;
    await journal.append(createRecord());
    await passTimeUntil(journal.close(1000));
    expect(listSegments()).toHaveLength(1);
    hanging.resolve();
  });

  test("for too long makes appends reject instead of filling the disk", async () => {
    const journal = await open({ maxSegmentBytes: 1000, maxBytes: 5000 });
    sink.isDown = true;
    for (let count = 0; count < 6; count++) await journal.append(createRecord());
    await expect(journal.append(createRecord())).rejects.toMatchObject({ code: "store_unavailable" });
    sink.isDown = false;
    await journal.flush();
    await expect(journal.append(createRecord())).resolves.toBeUndefined();
  });
});

describe("what a process left behind", () => {
  // A slot that nobody holds: its process is dead.
  function leave(rows: string, slot = 0, head = `#${rowColumns}\n`): void {
    mkdirSync(join(folder.path, "journal"), { recursive: true });
    writeFileSync(join(folder.path, "journal", `slot-${slot}-4242-abcdef01-000001.rows`), head + rows);
  }

  test("is moved by the next, from any slot", async () => {
    const records = [createRecord(), createRecord()];
    leave(toRow(records[0]!));
    leave(toRow(records[1]!), 7);
    const journal = await open();
    expect(journal.pending).toBe(2);
    await nextTurn();
    clock.advance(500);
    await vi.waitFor(() => expect(journal.pending).toBe(0));
    expect(sink.batches.flat().sort()).toEqual(records.map(({ requestId }) => requestId).sort());
    await vi.waitFor(() => expect(listSegments()).toEqual([]));
  });

  test("loses a cut last line, with a word in the log, and nothing before it", async () => {
    const record = createRecord();
    leave(toRow(record) + toRow(createRecord()).slice(0, 100));
    const lines: string[] = [];
    const journal = await open({ log: pino({}, { write: (line) => void lines.push(line) }) });
    await journal.flush();
    expect(sink.batches).toEqual([[record.requestId]]);
    expect(lines.join("")).toContain("journal.torn");
    expect(listSegments()).toEqual([]);
  });

  test("may be nothing but a cut line, or a head, or half of one, or nothing", async () => {
    leave("01939a4c-");
    leave("", 3);
    leave("", 4, "#request_id,star");
    leave("", 5, "");
    const journal = await open();
    await journal.flush();
    expect(sink.batches).toEqual([]);
    expect(listSegments()).toEqual([]);
  });

  test("is set aside if nobody can tell what its rows hold", async () => {
    const text = `\0\0\0\n${toRow(createRecord())}`;
    mkdirSync(join(folder.path, "journal"));
    writeFileSync(join(folder.path, "journal", "slot-0-1-00000000-000001.rows"), text);
    const journal = await open();
    await journal.flush();
    expect(journal.pending).toBe(0);
    expect(sink.batches).toEqual([]);
    expect(listSegments()).toEqual(["rejected.rows"]);
    expect(readSegments()).toBe(text);
  });

  test("never keeps the journal from opening, even if it cannot be read", async () => {
    mkdirSync(join(folder.path, "journal", "slot-0-4242-abcdef01-000001.rows"), { recursive: true });
    const record = createRecord();
    leave(toRow(record), 7);
    const journal = await open();
    await journal.flush();
    expect(sink.batches).toEqual([[record.requestId]]);
  });

  test("is left alone while its process lives, and found later when it is dead", async () => {
    const first = await open();
    const record = createRecord();
    await first.append(record);
    const second = await open();
    expect(second.pending).toBe(0);
    await second.flush();
    expect(sink.batches).toEqual([]);
    sink.isDown = true;
    await first.close(1000);
    sink.isDown = false;
    clock.advance(60_000);
    await vi.waitFor(() => expect(second.pending).toBe(1));
    await second.flush();
    expect(sink.batches).toEqual([[record.requestId]]);
  });
});

describe("a store that takes a part", () => {
  /** What the real store reports of rows that it cannot read. */
  function createUnstorable(): HeadgateError {
    const cause = Object.assign(new DatabaseError("bad", 3, "error"), { code: "22P02" });
    return new HeadgateError("internal", { cause });
  }

  test("and then goes down is not given that part again", async () => {
    const journal = await open();
    const records = Array.from({ length: 4 }, () => createRecord());
    for (const record of records) await journal.append(record);
    const { insertRecordRows } = sink;
    let isUp = false;
    sink.insertRecordRows = async (rows, columns) => {
      if (rows.filter((byte) => byte === 0x0a).length > 1) throw createUnstorable();
      if (!isUp && toRow(records[2]!) === Buffer.from(rows).toString()) throw new HeadgateError("store_unavailable");
      await insertRecordRows(rows, columns);
    };
    await expect(journal.flush()).rejects.toMatchObject({ code: "store_unavailable" });
    expect(journal.pending).toBe(2);
    isUp = true;
    await journal.flush();
    expect(journal.pending).toBe(0);
    expect(sink.batches).toEqual(records.map(({ requestId }) => [requestId]));
  });

  test("but not one segment still gets the segments behind it", async () => {
    const record = createRecord();
    mkdirSync(join(folder.path, "journal"));
    const strange = join(folder.path, "journal", "slot-0-1-00000000-000001.rows");
    writeFileSync(strange, `#of_a_later_version\n${toRow(createRecord())}`);
    writeFileSync(strange.replace("000001", "000002"), `#${rowColumns}\n${toRow(record)}`);
    const { insertRecordRows } = sink;
    sink.insertRecordRows = async (rows, columns) => {
      if (columns !== rowColumns) throw new HeadgateError("internal", { detail: "There is no such column." });
      await insertRecordRows(rows, columns);
    };
    const journal = await open();
    await expect(journal.flush()).rejects.toMatchObject({ detail: "There is no such column." });
    expect(sink.batches).toEqual([[record.requestId]]);
    expect(listSegments()).toEqual([basename(strange)]);
    expect(journal.pending).toBe(1);
  });
});

describe("a disk that refuses", () => {
  test("leaves no file and no descriptor behind, however often it is tried", async () => {
    const paths = ["journal/segment-file.ts", "record-columns.ts"];
    const [segmentFile, recordColumns] = paths.map((path) => JSON.stringify(new URL(path, import.meta.url).href));
    const program = `
      import { readdirSync } from "node:fs";
      import { createSegmentFile } from ${segmentFile};
      import { rowColumns } from ${recordColumns};
      const openFiles = () => readdirSync("/dev/fd").length;
      const before = openFiles();
      const codes = [1, 2, 3].map((number) => {
        try {
          createSegmentFile(\`\${process.argv[1]}/\${number}.rows\`, rowColumns);
        } catch ({ code }) {
          return code;
        }
      });
      console.log(JSON.stringify({ codes, kept: openFiles() - before, files: readdirSync(process.argv[1]) }));`;
    // The kernel refuses every byte of a file then, as a full disk does.
    const command = 'ulimit -f 0 && exec "$0" "$@"';
    const node = [process.execPath, "--input-type=module", "--eval", program, folder.path];
    const { stdout } = await promisify(execFile)("sh", ["-c", command, ...node]);
    expect(JSON.parse(stdout)).toEqual({ codes: ["EFBIG", "EFBIG", "EFBIG"], kept: 0, files: [] });
  });

  test("makes the append reject, and the next one works when the disk does", async () => {
    const journal = await open();
    rmSync(join(folder.path, "journal"), { recursive: true });
    await expect(journal.append(createRecord())).rejects.toMatchObject({ code: "store_unavailable" });
    expect(journal.pending).toBe(0);
    mkdirSync(join(folder.path, "journal"));
    const record = createRecord();
    await journal.append(record);
    await journal.flush();
    expect(sink.batches).toEqual([[record.requestId]]);
  });

  test("at the start is an error that names the folder", async () => {
    writeFileSync(join(folder.path, "journal"), "a file");
    await expect(open()).rejects.toMatchObject({
      code: "store_unavailable",
      detail: expect.stringContaining(folder.path),
    });
  });
});

test("a closed journal refuses records", async () => {
  const journal = await open();
  await journal.close(1000);
  await journal.close(1000);
  await expect(journal.append(createRecord())).rejects.toMatchObject({ code: "store_unavailable" });
});

test("an append just before closing is still moved", async () => {
  const journal = await open();
  const appending = journal.append(createRecord());
  await journal.close(1000);
  await appending;
  expect(sink.batches.flat()).toHaveLength(1);
  expect(listSegments()).toEqual([]);
});
