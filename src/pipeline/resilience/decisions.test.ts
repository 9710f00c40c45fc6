import { expect, test } from "vitest";
import { errorCatalogue, HeadgateError, type ErrorCode } from "../../errors.ts";
import { decide, describeDecisions } from "./decisions.ts";

test("no error is retried that the catalogue calls final", () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const retried = codes.filter((code) => decide(new HeadgateError(code)) === "retry");
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
  const leadsOn = codes.filter((code) => decide(new HeadgateError(code)) !== "stop");
  for (const code of leadsOn)
    expect(rows).toContainEqual(expect.objectContaining({ code, decision: decide(new HeadgateError(code)) }));
  expect(rows.every(({ code, decision }) => decide(new HeadgateError(code)) === decision)).toBe(true);
});

test("what is said to be of no use to retry goes elsewhere", () => {
  const of = (code: ErrorCode, shouldRetry?: boolean): string => decide(new HeadgateError(code, { shouldRetry }));
  expect(of("provider_unavailable", false)).toBe("rotate");
  expect(of("provider_unavailable", true)).toBe("retry");
  expect(of("content_filtered", true)).toBe("stop");
  expect(of("context_too_long", false)).toBe("larger-context");
});
