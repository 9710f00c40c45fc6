import { describe, expect, test } from "vitest";
import { HeadgateError } from "./errors.ts";
import { maxJsonDepth, parseJson, toPointer } from "./json.ts";

function failure(text: string): HeadgateError {
  try {
    parseJson(text);
  } catch (error) {
    if (HeadgateError.is(error)) return error;
    throw error;
  }
  throw new Error("parsed");
}

describe("parseJson", () => {
  test("a byte order mark is skipped", () => {
    expect(parseJson('\uFEFF{"a":1}')).toEqual({ a: 1 });
  });

  test("a __proto__ key is removed, however it is escaped, and pollutes nothing", () => {
    for (const key of ["__proto__", "\\u005f_proto__", "_\\u005Fproto__"]) {
      const value = parseJson(`{"${key}":{"polluted":true},"a":1}`) as object;
      expect(Object.keys(value)).toEqual(["a"]);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    }
  });

  test("the deepest allowed document parses and one level more is refused", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(parseJson(nested(maxJsonDepth))).toBeInstanceOf(Array);
    expect(failure(nested(maxJsonDepth + 1)).code).toBe("json_invalid");
    expect(failure(nested(100_000)).code).toBe("json_invalid");
  });

  test("brackets inside strings do not count as depth", () => {
    const text = JSON.stringify({ text: "[{".repeat(500) + '\\"' });
    expect(parseJson(text)).toEqual({ text: "[{".repeat(500) + '\\"' });
  });

  test("the error says where and never what", () => {
    expect(failure("{password: hunter2}").message).toBe("The text is not valid JSON at position 1.");
    expect(failure('{"password": hunter2}').message).not.toContain("hunter");
  });
});

test("a pointer escapes tildes and slashes", () => {
  expect(toPointer(["a/b", 0, "c~d"])).toBe("/a~1b/0/c~0d");
});
