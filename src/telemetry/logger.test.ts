import { describe, expect, test } from "vitest";
import type { LogLevel } from "../config.ts";
import { HeadgateError } from "../errors.ts";
import { parseJson } from "../json.ts";
import { createRecord } from "../testing/store-conformance.ts";
import { createLogger } from "./logger.ts";
import type { Logs } from "./logger.ts";

function setup(level: LogLevel = "info"): { readonly logs: Logs; readonly read: () => unknown[] } {
  const lines: string[] = [];
  const logs = createLogger({ level, destination: { write: (line) => void lines.push(line) } });
  return { logs, read: () => lines.map(parseJson) };
}

describe("a call's log line", () => {
  const record = createRecord({ endpoint: 'with "quotes"', status: "ok" });

  test("is its record, with level, time and event, on one line of JSON", () => {
    const { logs, read } = setup();
    logs.logCall(record, undefined);
    expect(read()).toEqual([
      { level: 30, time: expect.stringMatching(/^\d{4}-.*Z$/), event: "call.finished", ...record },
    ]);
  });

  test("of a failure on our side is an error and says what failed; a bug brings its stack", () => {
    const { logs, read } = setup();
    logs.logCall(record, new HeadgateError("output_invalid", { detail: 'It has "issues".' }));
    logs.logCall(record, new HeadgateError("internal", { cause: new TypeError("x is not a function") }));
    logs.logCall(record, new HeadgateError("input_invalid", { detail: "The client's mistake." }));
    const [failure, bug, mistake] = read();
    expect(failure).toMatchObject({ level: 50, error: 'It has "issues".' });
    expect(bug).toMatchObject({ level: 50, error: expect.stringContaining("TypeError: x is not a function\n    at ") });
    expect(mistake).toMatchObject({ level: 30 });
    expect(mistake).not.toHaveProperty("error");
  });

  test("is left out below the level", () => {
    const { logs, read } = setup("error");
    logs.logCall(record, undefined);
    logs.logCall(record, new HeadgateError("internal"));
    expect(read()).toMatchObject([{ level: 50 }]);
  });
});
