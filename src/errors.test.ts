import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCatalogue, HeadgateError } from "./errors.ts";

const page = readFileSync(new URL("../docs/reference/errors.md", import.meta.url), "utf8");

/** The rows of the page's tables: code to its cells. */
function readDocumented(): Map<string, string[]> {
  const rows = page.matchAll(/^\| `(\w+)` \|(.*)\|$/gm);
  return new Map([...rows].map(([, code = "", cells = ""]) => [code, cells.split("|").map((cell) => cell.trim())]));
}

test("every error of the catalogue is documented with its status, whether to retry, its meaning and what to do", () => {
  const documented = readDocumented();
  for (const [code, { status, retryable }] of Object.entries(errorCatalogue)) {
    const cells = documented.get(code);
    expect(cells, `${code} is missing in docs/reference/errors.md`).toBeDefined();
    expect(cells?.slice(0, 2), `the code ${code}`).toEqual([String(status), retryable ? "yes" : "no"]);
    expect(cells?.slice(2).every((cell) => cell.length > 5) && cells.length === 4, `the code ${code}`).toBe(true);
  }
});

test("the reference documents no error that is gone, and none twice", () => {
  const codes = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
  expect(codes).toEqual(Object.keys(errorCatalogue));
});

test("titles say nothing of the case at hand, and codes are snake case", () => {
  for (const [code, { title }] of Object.entries(errorCatalogue)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z][^.]*$/);
  }
});

test("an error of another loaded copy is recognised, and anything else is wrapped as internal with its cause", () => {
  const error = new HeadgateError("overloaded", { retryAfterMs: 5 });
  const foreign: Error = Object.defineProperty(new Error("x"), Symbol.for("headgate.error"), { value: true });
  expect(HeadgateError.is(error, "overloaded")).toBe(true);
  expect(HeadgateError.is(error, "internal")).toBe(false);
  expect(HeadgateError.is(foreign)).toBe(true);
  expect(HeadgateError.is({ code: "internal" })).toBe(false);
  const bug = new TypeError("x");
  expect(HeadgateError.from(bug)).toMatchObject({
    code: "internal",
    cause: bug,
    detail: undefined,
    status: 500,
    retryable: false,
  });
  expect(HeadgateError.from(error)).toBe(error);
});
