import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cut } from "../../../test/fixtures/endpoint-call.ts";
import { parseJson } from "../../json.ts";
import { JsonReader, type JsonListener } from "./json-reader.ts";

interface Container {
  readonly value: Record<string, unknown> | unknown[];
  key: string;
}

/** Builds the value again from what the reader tells; numbers, booleans and null are held. */
function createBuilder(): { listener: JsonListener; built: () => unknown } {
  const open: Container[] = [];
  let text: string | undefined;
  let root: unknown;
  const put = (value: unknown): void => {
    const parent = open.at(-1);
    if (!parent) root = value;
    else if (Array.isArray(parent.value)) parent.value.push(value);
    else parent.value[parent.key] = value;
  };
  return {
    built: () => root,
    listener: {
      begin: (kind) => {
        if (kind === "scalar") return "hold";
        if (kind === "string") text = "";
        else {
          const value = kind === "array" ? [] : {};
          put(value);
          open.push({ value, key: "" });
        }
        return "stream";
      },
      key: (name) => {
        open.at(-1)!.key = name;
        return true;
      },
      text: (piece) => {
        if (!piece.isWellFormed()) throw new Error("A piece ends in half a surrogate pair.");
        text = (text ?? "") + piece;
      },
      end: () => {
        if (text === undefined) open.pop();
        else put(text);
        text = undefined;
        return true;
      },
      held: (raw) => {
        if (!/^(?:true|false|null|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.test(raw)) return false;
        put(parseJson(raw));
        return true;
      },
    },
  };
}

function read(chunks: readonly string[]): { status: string; built: unknown } {
  const { listener, built } = createBuilder();
  const reader = new JsonReader(listener);
  for (const chunk of chunks) reader.write(chunk);
  return { status: reader.status, built: built() };
}

const document = fc.dictionary(
  fc.string({ unit: "binary" }).filter((key) => key !== "__proto__"),
  fc.jsonValue({ stringUnit: "binary", maxDepth: 4 }),
  { noNullPrototype: true },
);

function escapeAll(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

test("any cutting of any document gives what the whole document gives", () => {
  fc.assert(
    fc.property(
      document,
      fc.constantFrom(undefined, 1, "\t"),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (value, space, isEscaped, lengths) => {
        const plain = JSON.stringify(value, null, space);
        const text = `Sure {so}: ${isEscaped ? escapeAll(plain) : plain}\n\`\`\``;
        const { status, built } = read([...cut(text, lengths)]);
        expect(status).toBe("closed");
        expect(JSON.stringify(built)).toBe(JSON.stringify(parseJson(plain)));
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ['{"a":1 "b":2}', "two values without a comma"],
  ["{'a':1}", "single quotes"],
  ['{"a":[1,}', "a wrong closing bracket"],
  ['{"a":x}', "a bare word"],
  ['{"a":"\\x"}', "an unknown escape"],
  ['{"a":"\\u12g4"}', "an escape that is no number"],
  ['{"a":"\u0001"}', "a control character"],
  ['[{"a":1}]', "a list of objects"],
  [`{"a":${"[".repeat(100)}`, "more levels than JSON may have"],
  ['{"a":1.e}', "a held value that the listener refuses"],
])("%s stops the reader: %s", (text) => {
  expect(read([text]).status).toBe("stopped");
});

test("text is told as it comes, not when it is complete", () => {
  const pieces: string[] = [];
  const { listener } = createBuilder();
  const reader = new JsonReader({ ...listener, text: (piece) => pieces.push(piece) });
  for (const chunk of ['{"a":"He', "ll", "o \\u00", "e4\\", "n", "\ud83d", "\ude00"]) reader.write(chunk);
  expect(pieces).toEqual(["He", "ll", "o ", "\u00e4", "\n", "\u{1f600}"]);
});

test("half a surrogate pair that stays alone becomes the replacement character", () => {
  expect(read(['{"a":"x\\ud83d', 'y\\ude00","b":"\\ud83d"}']).built).toEqual({ a: "x\ufffdy\ufffd", b: "\ufffd" });
});

test("a skipped value is passed over whatever it holds", () => {
  const keys: string[] = [];
  const { listener } = createBuilder();
  const begin: JsonListener["begin"] = (kind) => (kind === "object" && keys.length === 0 ? "stream" : "skip");
  const key = (name: string): boolean => keys.push(name) > 0;
  const reader = new JsonReader({ ...listener, begin, key });
  reader.write('{"a":{"x":["}",{"\\"":1}]},"b":"\\"}","c":-1.5e3,"d":[]}');
  expect(keys).toEqual(["a", "b", "c", "d"]);
  expect(reader.status).toBe("closed");
});
