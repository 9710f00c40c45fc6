import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatDollars } from "./format-dollars.ts";
import { writeCsv } from "./write-csv.ts";

test("cells with commas, quotes and line ends are quoted, each row ends in CRLF", () => {
  expect(
    writeCsv([
      ["a", 'say "b"', "c,d"],
      ["e\nf", "g\rh", 7],
    ]),
  ).toBe('a,"say ""b""","c,d"\r\n"e\nf","g\rh",7\r\n');
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")'])(
  "a text that a spreadsheet would run, %j, is one that it shows",
  (text) => {
    expect(readCsv(writeCsv([[text]]))).toEqual([[`'${text}`]]);
  },
);

test("numbers of our own stay numbers", () => {
  expect(writeCsv([[-1, 0, 12]])).toBe("-1,0,12\r\n");
});

test("any cells come back as they were, but for the apostrophe", () => {
  const cell = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "=", "a") }),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1 }), { minLength: 1 }), (rows) => {
      const read = readCsv(writeCsv(rows)).map((row) => row.map((text) => text.replace(/^'(?=[=+\-@\t\r\n])/, "")));
      expect(read).toEqual(rows.map((row) => row.map((text) => text.replace(/^'(?=[=+\-@\t\r\n])/, ""))));
    }),
  );
});

test.each([
  [0, "0.000000"],
  [1, "0.000001"],
  [999_999, "0.999999"],
  [1_000_000, "1.000000"],
  [-1_234_567, "-1.234567"],
  [9_007_199_254_740_991, "9007199254.740991"],
])("%i micro-dollars are %s dollars", (microUsd, dollars) => {
  expect(formatDollars(microUsd)).toBe(dollars);
});

test("dollars are the very amount", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (microUsd) => {
      expect(BigInt(formatDollars(microUsd).replace(".", ""))).toBe(BigInt(microUsd));
    }),
  );
});

/** By the grammar of RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g);
  for (const [, quoted, plain, end] of cells) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
