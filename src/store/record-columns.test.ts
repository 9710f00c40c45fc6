import { expect, test } from "vitest";
import { createRequestId } from "../ids.ts";
import { createRecord } from "../testing/store-conformance.ts";
import { readRows, readStart, recordFields, rowColumns, toRow } from "./record-columns.ts";
import type { CallRecord } from "./store.ts";

test("every field of a record has a column to be written to and read from", () => {
  const record = createRecord();
  for (const field of Object.keys(record)) expect(recordFields).toContain(`as "${field}"`);
  const cells = toRow(record).split("\t");
  expect(cells).toHaveLength(rowColumns.split(",").length);
  expect(cells.slice(0, -1)).toEqual(expect.arrayContaining([record.requestId, record.tenant, record.status]));
});

test("a row is one line of the record's cells, whatever its text holds", () => {
  const model = "two\r\nlines,\ta tab, a \\ and \\N, \u2028";
  const row = toRow(createRecord({ model }));
  expect(row).toMatch(/^[^\r\n]*\n$/);
  expect(row.split("\t")).toHaveLength(rowColumns.split(",").length);
  expect(row).toContain("two\\r\\nlines,\\ta tab, a \\\\ and \\\\N, \u2028");
});

test("NUL and half surrogate pairs are replaced, and only they", () => {
  expect(toRow(createRecord({ model: "\0 \ud83d \u{1f642} \u0001" }))).toContain("\t\uFFFD \uFFFD \u{1f642} \u0001\t");
});

test("a start keeps its microseconds", () => {
  const startedAtMs = Date.UTC(2026, 10, 24, 10, 20, 30, 456) + 0.007;
  expect(toRow(createRecord({ startedAtMs }))).toContain("\t2026-11-24T10:20:30.456007Z\t");
  expect(readStart(toRow(createRecord({ startedAtMs })))).toBe(Math.floor(startedAtMs));
  expect(readStart("of a nobody")).toBeUndefined();
});

const written: CallRecord = {
  requestId: createRequestId(Date.UTC(2026, 4, 1)),
  startedAtMs: Date.UTC(2026, 4, 1, 12, 30, 15, 250) + 0.125,
  durationMs: 12.5,
  surface: "chat",
  tenant: "tab\there, \\n is no break, and\na break",
  team: "\\N",
  model: "modèle",
  snapshotId: "s",
  status: "ok",
  isStream: true,
  inputTokens: 2 ** 40,
  outputTokens: 0,
  costMicroUsd: null,
  cache: "hit",
  savedMicroUsd: 7,
  attempts: 0,
};

test("a row says of its record what is counted", () => {
  const [read, ...others] = readRows(Buffer.from(toRow(written) + toRow({ ...written, costMicroUsd: 3 })), rowColumns);
  const { durationMs: _, snapshotId: _id, isStream: _is, attempts: _attempts, ...told } = written;
  expect(read).toEqual({ ...told, cachedInputTokens: 0 });
  expect(others).toEqual([{ ...told, cachedInputTokens: 0, costMicroUsd: 3 }]);
});

test("a row of an older version, with fewer columns, says as much as it has", () => {
  const [read] = readRows(Buffer.from("r\t2026-05-01T12:30:15.250125Z\tacme\n"), "request_id,started_at,tenant");
  expect(read).toEqual({ requestId: "r", startedAtMs: written.startedAtMs, tenant: "acme", costMicroUsd: null });
});
