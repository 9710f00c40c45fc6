import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Outcome } from "../../src/reply.ts";
import type { AnySchema } from "../../src/endpoint/define-endpoint.ts";
import { HeadgateError } from "../../src/errors.ts";
import { validateOutput } from "../../src/pipeline/validation/validate-output.ts";
import { answerFrom, createEndpointCall, receive } from "../fixtures/endpoint-call.ts";

const stage = validateOutput({
  resolveRoute: () => {
    throw new Error("No stronger model is declared.");
  },
});

const typed = z.object({ summary: z.string(), bullets: z.array(z.string()) });
const raw: AnySchema = {
  type: "object",
  properties: { summary: { type: "string" }, bullets: { type: "array", items: { type: "string" } } },
  required: ["summary", "bullets"],
};

const good = { summary: "It's \u201cfine\u201d.", bullets: ["one", "two"] };
const goodText = JSON.stringify(good);
const bare = '{"summary":"fine","bullets":["one","two"]}';
const bareOutput = { summary: "fine", bullets: ["one", "two"] };

type Ending = Outcome["output"] | "output_invalid";

// Random cuts that every run repeats: failures can be looked at again.
function chunkLengthsOf(seed: number): number[] {
  let state = seed;
  return Array.from({ length: 64 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 1 + (state % 97);
  });
}

async function endingOf(text: string, output: AnySchema, chunkLengths?: readonly number[]): Promise<Ending> {
  const call = createEndpointCall({ output, stream: chunkLengths !== undefined, validate: { reasks: 0 } });
  try {
    const reply = await stage(call, answerFrom([{ text, chunkLengths }]).next);
    if (!chunkLengths) return reply.whole!.outcome!.output;
    const received = await receive(reply);
    expect(received.built).toEqual(received.outcome!.output);
    return received.outcome!.output;
  } catch (error) {
    if (!HeadgateError.is(error, "output_invalid")) throw error;
    if (!error.issues?.length) throw new Error("The error names no field.", { cause: error });
    return "output_invalid";
  }
}

const mebibyte = 1024 * 1024;

// Expectations for both contracts, whole and in chunks.
const answers: readonly [name: string, text: string, ending: Ending][] = [
  ["clean JSON", goodText, good],
  ["prose before and after", `Sure! Here it is:\n\n${goodText}\n\nLet me know.`, good],
  ["a code fence", "```json\n" + goodText + "\n```", good],
  ["a fence without a language, and prose", "Here:\n```\n" + goodText + "\n```\nDone.", good],
  ["prose with braces and quotes of its own", `In {curly} or "quoted" words, [1] {"x": } ${goodText}`, good],
  ["a draft before the answer", `${bare}\n\nBetter:\n${goodText}`, good],
  ["an example object before the answer", `Like {"foo": 1}: ${goodText}`, good],
  ["JSON that was cut in a list", bare.slice(0, -2), { summary: "fine", bullets: ["one", "two"] }],
  ["JSON that was cut before a required field", '{"summary":"fi', "output_invalid"],
  ["trailing commas", '{"summary":"fine","bullets":["one","two",],}', bareOutput],
  ["single quotes", "{'summary':'fine','bullets':['one','two']}", bareOutput],
  ["keys without quotes", "{summary: 'fine', bullets: ['one', 'two']}", bareOutput],
  ["comments", '{"summary":"fine", // short\n"bullets":["one","two"] /* all */}', bareOutput],
  ["line breaks within text", '{"summary":"fi\nne","bullets":[]}', { summary: "fi\nne", bullets: [] }],
  ["a byte order mark", `\ufeff${goodText}`, good],
  ["a lone surrogate, escaped", '{"summary":"a\\ud800b","bullets":[]}', { summary: "a\ufffdb", bullets: [] }],
  ["a lone surrogate, raw", '{"summary":"a\ud800b","bullets":[]}', { summary: "a\ufffdb", bullets: [] }],
  ["a surrogate pair, escaped", '{"summary":"\\ud83d\\ude00","bullets":[]}', { summary: "\u{1f600}", bullets: [] }],
  ["__proto__", '{"__proto__":{"admin":true},"summary":"fine","bullets":["one","two"]}', bareOutput],
  ["__proto__, escaped", '{"\\u005f_proto__":{"admin":true},"summary":"fine","bullets":["one","two"]}', bareOutput],
  ["constructor", '{"constructor":{"prototype":{"admin":true}},"summary":"fine","bullets":["one","two"]}', bareOutput],
  ["the same field twice", '{"summary":"first","summary":"fine","bullets":["one","two"]}', bareOutput],
  ["a list around the answer", `[${goodText}]`, "output_invalid"],
  ["the answer as a string", JSON.stringify(goodText), "output_invalid"],
  ["nothing", "", "output_invalid"],
  ["spaces only", " \n ", "output_invalid"],
  ["prose only", "I'm sorry, I can't help with that.", "output_invalid"],
  ["a wrong type deep inside", '{"summary":"fine","bullets":["one",{"two":2}]}', "output_invalid"],
  [
    "10,000 lists in each other",
    `{"summary":"fine","bullets":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
    "output_invalid",
  ],
  ["10,000 objects in each other", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, "output_invalid"],
  ["10,000 opened lists", "[".repeat(10_000), "output_invalid"],
  ["10,000 opened objects", '{"a":'.repeat(10_000), "output_invalid"],
  ["10,000 calls in each other", `{"summary":${"f(".repeat(10_000)}`, "output_invalid"],
  ["10 MB of JSON", `{"summary":"${"x".repeat(10 * mebibyte)}","bullets":[]}`, "output_invalid"],
  ["10 MB of braces", "{".repeat(10 * mebibyte), "output_invalid"],
  ["a full mebibyte of braces", "{".repeat(mebibyte), "output_invalid"],
  ["a full mebibyte of opened keys", '{"'.repeat(mebibyte / 2), "output_invalid"],
  ["a full mebibyte of quotes", '"'.repeat(mebibyte), "output_invalid"],
  ["a full mebibyte of backslashes", `{"summary":"${"\\".repeat(mebibyte - 20)}`, "output_invalid"],
  ["a full mebibyte of fences", "```{\n".repeat(mebibyte / 5), "output_invalid"],
  ["a full mebibyte of small objects", '{"a":1} '.repeat(mebibyte / 8), "output_invalid"],
  ["100,000 items of the wrong type", `{"summary":"fine","bullets":[${"1,".repeat(100_000)}1]}`, "output_invalid"],
  [
    "100,000 unknown fields",
    `{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join()}}`,
    "output_invalid",
  ],
  [
    "missing commas, 60 KB of them",
    `{"summary":"fine","bullets":[${'"x" '.repeat(15_000)}`,
    { summary: "fine", bullets: Array<string>(15_000).fill("x") },
  ],
  [
    "a MB that repair would take minutes for",
    `{"summary":"fine","bullets":[${'"x" '.repeat(250_000)}`,
    "output_invalid",
  ],
];

describe.each([
  ["a typed contract", typed as AnySchema],
  ["a raw JSON Schema", raw],
])("against %s", (_kind, output) => {
  test.each(answers)("%s ends in a valid contract or a typed error", async (_name, text, ending) => {
    expect(await endingOf(text, output)).toEqual(ending);
    for (const seed of text.length > 100_000 ? [1] : [1, 2, 3])
      expect(await endingOf(text, output, chunkLengthsOf(seed))).toEqual(ending);
    expect({}).not.toHaveProperty("admin");
  });
});

test.each(answers.filter(([, text]) => text.length < 5000))(
  "%s ends in the same way when it comes in single characters",
  async (_name, text, ending) => {
    expect(await endingOf(text, typed, [1])).toEqual(ending);
  },
);

test("reading stops at a mebibyte, and the model's stream is closed", async () => {
  let chunks = 0;
  let isClosed = false;
  const call = createEndpointCall({ output: typed, stream: true });
  const reply = await stage(call, async () => ({
    parts: (async function* () {
      try {
        yield { type: "text", text: '{"summary":"' } as const;
        for (;;) {
          chunks++;
          yield { type: "text", text: "x".repeat(1024) } as const;
        }
      } finally {
        isClosed = true;
      }
    })(),
  }));
  await expect(receive(reply)).rejects.toMatchObject({ code: "output_invalid" });
  expect(chunks).toBeLessThan(1026);
  expect(isClosed).toBe(true);
});
