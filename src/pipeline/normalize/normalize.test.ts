import { expect, test } from "vitest";
import { z } from "zod";
import { createEndpointCall, type EndpointCallOptions } from "../../../test/fixtures/endpoint-call.ts";
import type { Call } from "../../call.ts";
import { wholeReply, type Outcome, type Reply } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import type { Next } from "../stage.ts";
import { normalize } from "./normalize.ts";

const countWords = async (text: string): Promise<number> => text.match(/\S+/g)?.length ?? 0;

// surelyFits looks at bytes, so that limits below are far under the texts' lengths.
const stage = normalize({ countTokens: countWords });

const input = z.object({ text: z.string().min(1), tags: z.array(z.string()).optional(), note: z.string().optional() });

function reply(output: Outcome["output"]): Reply {
  return wholeReply({ text: "", toolCalls: [], finishReason: "stop", outcome: { status: "ok", output, warnings: [] } });
}

interface Ran {
  readonly call: Call;
  readonly calls: Call[];
  readonly reply: Reply;
}

async function run(
  options: EndpointCallOptions,
  answer: (call: Call) => Reply | Promise<Reply> = () => reply({}),
): Promise<Ran> {
  const call = createEndpointCall({ input, ...options });
  const calls: Call[] = [];
  const next: Next = async (passed) => {
    calls.push(passed);
    passed.notes.attempts.push({ provider: "test", model: "m", reason: passed.notes.nextReason, durationMs: 1 });
    return answer(passed);
  };
  return { call, calls, reply: await stage(call, next) };
}

const words = (count: number, word = "word"): string =>
  Array.from({ length: count }, (_, index) => `${word}${index}.`).join(" ");

test("every text of the input is cleaned at any depth, and keys are not", async () => {
  const { calls } = await run({ value: { text: " a\u200b  b ", tags: ["x\r\ny"] } });
  expect(calls[0]!.input).toEqual({ text: "a b", tags: ["x\ny"] });
  const odd = await run({ input: { type: "object" }, value: { "k\u200b": { "  ": ["\u0000v"] } } });
  expect(odd.calls[0]!.input).toEqual({ "k\u200b": { "  ": ["v"] } });
});

test("HTML becomes text only where the endpoint says so", async () => {
  const value = { text: "<p>a &lt; b</p>" };
  expect((await run({ value })).calls[0]!.input).toEqual(value);
  expect((await run({ value, normalize: { html: true } })).calls[0]!.input).toEqual({ text: "a < b" });
});

test("the cleaned input is what the contract checks and what goes on", async () => {
  await expect(run({ value: { text: "\u200b " } })).rejects.toMatchObject({
    code: "input_invalid",
    issues: [{ path: "/text", message: "must have at least 1 characters" }],
  });
  const shout = z.object({ text: z.string().transform((text) => text.toUpperCase()) });
  expect((await run({ input: shout, value: { text: " hi " } })).calls[0]!.input).toEqual({ text: "HI" });
});

test("an invalid input names the fields and none of its values", async () => {
  const error: unknown = await run({ value: { text: 5, tags: ["ok", { SECRET: "SECRET" }] } }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code: "input_invalid",
    issues: [
      { path: "/text", message: "must be a string" },
      { path: "/tags/1", message: "must be a string" },
    ],
  });
  expect(JSON.stringify(error)).not.toContain("SECRET");
});

test("an input within the limit passes", async () => {
  const { calls, call } = await run({ value: { text: words(50) }, normalize: { maxTokens: 50 } });
  expect(calls).toHaveLength(1);
  expect(call.notes.warnings).toEqual([]);
});

test("a longer one is refused with both numbers", async () => {
  await expect(run({ value: { text: words(51) }, normalize: { maxTokens: 50 } })).rejects.toMatchObject({
    code: "input_too_long",
    detail: "The input has 51 tokens; 50 are allowed.",
  });
});

test("all texts of the input count", async () => {
  const value = { text: words(30), tags: [words(30)] };
  await expect(run({ value, normalize: { maxTokens: 50 } })).rejects.toMatchObject({ code: "input_too_long" });
});

test.each([
  ["truncate-tail", /^word0\..*$/s],
  ["truncate-head", /^.*word99\.$/s],
  ["truncate-middle", /^word0\..*\n\[\.\.\.\]\n.*word99\.$/s],
] as const)("%s shortens the longest text and warns", async (overflow, expected) => {
  const { calls, call } = await run({
    value: { text: words(100), note: "keep me" },
    normalize: { maxTokens: 40, overflow },
  });
  const { text, note } = calls[0]!.input as { text: string; note: string };
  expect(text).toMatch(expected);
  expect(await countWords(text)).toBeLessThanOrEqual(38);
  expect(note).toBe("keep me");
  expect(call.notes.warnings).toEqual(["input_truncated"]);
});

test("the declared field is shortened even if another is longer", async () => {
  const value = { text: words(30), note: words(40) };
  const { calls } = await run({ value, normalize: { maxTokens: 60, overflow: "truncate-tail", field: "/text" } });
  expect(await countWords((calls[0]!.input as typeof value).text)).toBeLessThanOrEqual(20);
  expect((calls[0]!.input as typeof value).note).toBe(value.note);
});

test("if the other fields alone are too long, nothing is cut", async () => {
  const value = { text: words(30), note: words(60) };
  await expect(
    run({ value, normalize: { maxTokens: 50, overflow: "truncate-tail", field: "/text" } }),
  ).rejects.toMatchObject({
    code: "input_too_long",
  });
});

test("map-reduce asks for each chunk and then once for their answers", async () => {
  const {
    call,
    calls,
    reply: last,
  } = await run(
    { value: { text: words(100), note: "n" }, normalize: { maxTokens: 31, overflow: "map-reduce" } },
    (passed) => reply({ summary: `S${(passed.input as { text: string }).text.slice(0, 6)}`, bullets: ["b"] }),
  );
  const chunks = calls.slice(0, -1).map((passed) => (passed.input as { text: string }).text);
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks.join(" ").split(" ")).toEqual(words(100).split(" "));
  for (const chunk of chunks) expect(await countWords(chunk)).toBeLessThanOrEqual(30);
  const reduced = calls.at(-1)!.input as { text: string; note: string };
  expect(reduced.note).toBe("n");
  expect(reduced.text).toContain("summary: Sword0.\nbullets: \n- b");
  expect(last.whole?.outcome?.status).toBe("ok");
  expect(call.notes.warnings).toEqual([`input_split:${chunks.length}`]);
  expect(call.notes.attempts.map((attempt) => attempt.reason)).toEqual(calls.map(() => "chunk"));
});

test("of a streamed map-reduce only the last call streams", async () => {
  const { calls } = await run(
    { value: { text: words(100) }, stream: true, normalize: { maxTokens: 40, overflow: "map-reduce" } },
    () => reply({ summary: "s" }),
  );
  expect(calls.map((passed) => passed.stream)).toEqual([...calls.slice(1).map(() => false), true]);
});

test("at most three chunks are under way at once, and their notes come together in whole attempts", async () => {
  let underWay = 0;
  let most = 0;
  const { call } = await run(
    { value: { text: words(300) }, normalize: { maxTokens: 40, overflow: "map-reduce" } },
    async (passed) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      passed.notes.rungs.push({ rung: "native", ok: true, attempt: passed.notes.attempts.length });
      underWay--;
      return reply({ s: "x" });
    },
  );
  expect(most).toBe(3);
  const attempts = call.notes.attempts.length;
  expect(call.notes.rungs.map((rung) => rung.attempt)).toEqual(
    Array.from({ length: attempts }, (_, index) => index + 1),
  );
});

test("answers that are still too long are split and reduced again", async () => {
  const { calls, call } = await run(
    { value: { text: words(400) }, normalize: { maxTokens: 40, overflow: "map-reduce" } },
    () => reply({ s: words(12, "short") }),
  );
  const [split, ...others] = call.notes.warnings;
  expect(others).toEqual([]);
  const firstRound = Number(split!.split(":")[1]);
  expect(calls.length).toBeGreaterThan(firstRound + 1);
  expect(await countWords((calls.at(-1)!.input as { text: string }).text)).toBeLessThanOrEqual(40);
});

test("answers that do not get shorter end the splitting", async () => {
  const work = run({ value: { text: words(200) }, normalize: { maxTokens: 40, overflow: "map-reduce" } }, (passed) =>
    reply({ s: (passed.input as { text: string }).text }),
  );
  await expect(work).rejects.toMatchObject({ code: "input_too_long" });
});

test("a text of more than 64 chunks is refused before any call", async () => {
  const { next, calls } = countCalls();
  const call = createEndpointCall({
    input,
    value: { text: words(5000) },
    normalize: { maxTokens: 40, overflow: "map-reduce" },
  });
  await expect(stage(call, next)).rejects.toMatchObject({ code: "input_too_long" });
  expect(calls()).toBe(0);
});

test("a chunk that fails ends the whole call with its error and cancels the others", async () => {
  const signals: AbortSignal[] = [];
  const work = run(
    { value: { text: words(300) }, normalize: { maxTokens: 40, overflow: "map-reduce" } },
    async (passed) => {
      signals.push(passed.signal);
      if (signals.length === 2) throw new HeadgateError("provider_unavailable");
      await new Promise((_resolve, reject) => {
        passed.signal.addEventListener("abort", () => reject(passed.signal.reason as Error));
      });
      return reply({});
    },
  );
  await expect(work).rejects.toMatchObject({ code: "provider_unavailable" });
  expect(signals).toHaveLength(3);
  expect(signals.every((signal) => signal.aborted)).toBe(true);
});

test("a call that is cancelled asks for no more chunks", async () => {
  const controller = new AbortController();
  const { next, calls } = countCalls(() => controller.abort(new HeadgateError("deadline_exceeded")));
  const call = createEndpointCall({
    input,
    value: { text: words(300) },
    signal: controller.signal,
    normalize: { maxTokens: 40, overflow: "map-reduce" },
  });
  await expect(stage(call, next)).rejects.toMatchObject({ code: "deadline_exceeded" });
  expect(calls()).toBeLessThanOrEqual(3);
});

test("chat calls pass untouched", async () => {
  const { endpoint: _endpoint, ...chat } = createEndpointCall({ value: " a " });
  let passed: Call | undefined;
  await stage(chat, async (seen) => {
    passed = seen;
    return reply({});
  });
  expect(passed).toBe(chat);
});

function countCalls(onCall?: () => void): { next: Next; calls: () => number } {
  let count = 0;
  return {
    calls: () => count,
    next: async () => {
      count++;
      onCall?.();
      return reply({ s: "x" });
    },
  };
}
