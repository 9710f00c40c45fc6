import { expect, test } from "vitest";
import { errorCatalogue, type ErrorCode } from "../../errors.ts";
import { decide, describeDecisions } from "./decisions.ts";

test("no error is retried that the catalogue calls final", () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const retried = codes.filter((code) => decide(code) === "retry");
  expect(retried.every((code) => errorCatalogue[code].retryable)).toBe(true);
  expect(retried).toEqual([
    "provider_rate_limited",
    "provider_overloaded",
    "provider_unavailable",
    "provider_protocol",
    "stream_cut",
  ]);
});

test("every failure that leads on stands in the table, with what is done about it", () => {
  const rows = describeDecisions();
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const leadsOn = codes.filter((code) => decide(code) !== "stop");
  for (const code of leadsOn) expect(rows).toContainEqual(expect.objectContaining({ code, decision: decide(code) }));
  expect(rows.every(({ code, decision }) => decide(code) === decision)).toBe(true);
});
