import { expect, test } from "vitest";
import { parseJson } from "../json.ts";
import { createRecord } from "../testing/store-conformance.ts";
import { insertRecordsSql, recordFields } from "./record-columns.ts";
import { toRecordJson } from "./record-json.ts";

test("every field of a record has a column to be written to and read from", () => {
  for (const field of Object.keys(createRecord())) {
    expect(insertRecordsSql).toContain(`"${field}"`);
    expect(recordFields).toContain(`as "${field}"`);
  }
});

test("a record's JSON is one line, whatever its text holds", () => {
  expect(toRecordJson(createRecord({ model: "two\r\nlines\u2028" }))).not.toMatch(/[\r\n]/);
});

test("NUL and half surrogate pairs are replaced, and only they", () => {
  const json = parseJson(toRecordJson(createRecord({ model: "\0 \ud83d \u{1f642} \u0001 \\u0000" })));
  expect(json).toMatchObject({ model: "\uFFFD \uFFFD \u{1f642} \u0001 \\u0000" });
});
