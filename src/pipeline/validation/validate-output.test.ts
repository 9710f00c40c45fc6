import { expect, test } from "vitest";
import { z } from "zod";
import {
  answerFrom,
  createEndpointCall,
  receive,
  type EndpointCallOptions,
  type ScriptedAnswer,
} from "../../../test/fixtures/endpoint-call.ts";
import type { Call } from "../../call.ts";
import type { Reply } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { validateOutput } from "./validate-output.ts";

const stage = validateOutput({
  resolveRoute: (snapshot, name, rule) => ({
    candidates: snapshot.tiers.get(name)!.map((model) => snapshot.models.get(model)!),
    tier: name,
    rule,
  }),
});

const output = z.object({ summary: z.string().min(3), bullets: z.array(z.string()).max(3) });
const good = { summary: "All is well.", bullets: ["one", "two"] };
const goodText = JSON.stringify(good);

async function run(script: readonly (string | ScriptedAnswer)[], options: EndpointCallOptions = {}): Promise<Ran> {
  const call = createEndpointCall({ output, ...options });
  const answers = script.map((answer) => (typeof answer === "string" ? { text: answer } : answer));
  const { next, calls } = answerFrom(answers);
  return { call, calls, reply: await stage(call, next) };
}

interface Ran {
  readonly call: Call;
  readonly calls: readonly Call[];
  readonly reply: Reply;
}

async function fail(work: Promise<unknown>): Promise<HeadgateError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!HeadgateError.is(error)) throw new Error("It did not fail with a HeadgateError.", { cause: error });
  return error;
}

function chunked(text: string, finishReason?: ScriptedAnswer["finishReason"]): ScriptedAnswer {
  return { text, chunkLengths: [4], finishReason };
}

test("a valid answer becomes the outcome, with one rung and without the model's text", async () => {
  const { reply, call } = await run([goodText]);
  expect(reply.whole).toEqual({
    text: "",
    toolCalls: [],
    finishReason: "stop",
    usage: { inputTokens: 10, outputTokens: 5 },
    outcome: { status: "ok", output: good, warnings: [] },
  });
  expect(call.notes.rungs).toEqual([{ rung: "native", ok: true, attempt: 1 }]);
});

test("invalid JSON, then a broken contract, then a good answer take three attempts, and each rung is noted in order", async () => {
  const { reply, call } = await run(["I cannot do JSON", '{"summary":"fine","bullets":"none"}', goodText]);
  expect(reply.whole?.outcome?.output).toEqual(good);
  expect(call.notes.attempts.map((attempt) => attempt.reason)).toEqual(["first", "reask", "reask"]);
  expect(call.notes.rungs.map(({ rung, ok, attempt }) => `${attempt} ${rung} ${ok}`)).toEqual([
    "1 native false",
    "1 extract false",
    "1 repair false",
    "2 native false",
    "2 reask false",
    "3 native true",
    "3 reask true",
  ]);
  expect(call.notes.rungs[4]?.issues).toEqual([{ path: "/bullets", message: "must be an array" }]);
});

test("a re-ask quotes the bad answer and lists what is wrong with it", async () => {
  const { calls } = await run(['{"summary":"fine","bullets":"none"}', goodText]);
  const [question, quoted, complaint, ...rest] = calls[1]!.messages;
  expect(rest).toEqual([]);
  expect(question).toEqual({ role: "user", content: "Question" });
  expect(quoted).toEqual({ role: "assistant", content: '{"summary":"fine","bullets":"none"}' });
  expect(complaint?.role).toBe("user");
  expect(complaint?.content).toContain("- /bullets must be an array");
});

test("a second re-ask holds only the newest answer", async () => {
  const { calls } = await run(["first nonsense", "second nonsense", goodText]);
  expect(calls[2]!.messages.map((message) => message.content)).not.toContain("first nonsense");
  expect(calls[2]!.messages).toHaveLength(3);
});

test("a long bad answer is quoted shortened", async () => {
  const { calls } = await run(["x".repeat(500_000), goodText]);
  expect(JSON.stringify(calls[1]!.messages).length).toBeLessThan(13_000);
});

test("three bad answers end in output_invalid, which names the fields and holds nothing of the answers", async () => {
  const bad = '{"summary":"SECRET","bullets":"SECRET","SECRET":1}';
  const error = await fail(run([bad, bad, bad]));
  expect(error.code).toBe("output_invalid");
  expect(error.issues).toEqual([{ path: "/bullets", message: "must be an array" }]);
  expect(JSON.stringify([error.message, error.detail, error.issues])).not.toContain("SECRET");
});

test("without re-asks and without a stronger model, one bad answer is the end", async () => {
  const error = await fail(run(["no"], { validate: { reasks: 0 } }));
  expect(error.code).toBe("output_invalid");
});

test("after the re-asks a stronger model gets one try", async () => {
  const { calls, call, reply } = await run(["no", "no", goodText], { validate: { reasks: 1, escalateTo: "smart" } });
  expect(reply.whole?.outcome?.output).toEqual(good);
  expect(calls[2]!.route).toMatchObject({
    candidates: [{ name: "large" }],
    tier: "smart",
    rule: "validate.escalateTo",
  });
  expect(call.notes.attempts.map((attempt) => attempt.reason)).toEqual(["first", "reask", "escalate"]);
  expect(call.notes.rungs.at(-1)).toEqual({ rung: "escalate", ok: true, attempt: 3 });
});

test("the stronger model's bad answer is the end", async () => {
  const error = await fail(run(["no", "no"], { validate: { reasks: 0, escalateTo: "smart" } }));
  expect(error.code).toBe("output_invalid");
});

test("an answer that was cut off is asked for again, not repaired into something shorter", async () => {
  const cut: ScriptedAnswer = { text: '{"summary":"All is well.","bullets":["one', finishReason: "length" };
  const { reply, call } = await run([cut, goodText]);
  expect(reply.whole?.outcome?.output).toEqual(good);
  expect(call.notes.rungs[0]).toMatchObject({ rung: "native", ok: false, attempt: 1 });
  expect(call.notes.rungs.map(({ rung }) => rung)).not.toContain("repair");
});

test("what a content filter stopped is not asked for again", async () => {
  const { next, calls } = answerFrom([{ text: "I", finishReason: "content_filter" }, { text: goodText }]);
  const error = await fail(stage(createEndpointCall({ output }), next));
  expect(error.code).toBe("output_invalid");
  expect(calls).toHaveLength(1);
});

test.each(["[1]", '"text"', "null", "12", JSON.stringify([good])])(
  "the answer %s is no object and so not valid",
  async (text) => {
    const error = await fail(run([text], { validate: { reasks: 0 } }));
    expect(error.issues).toEqual([{ path: "", message: "must be an object" }]);
  },
);

test("fields that belong to the contract's envelope are taken out of the output", async () => {
  const { reply } = await run(['{"requestId":"x","status":"ok","warnings":[],"citations":[],"a":1}'], {
    output: { type: "object", additionalProperties: true },
  });
  expect(reply.whole?.outcome?.output).toEqual({ a: 1 });
});

test("defaults and transforms of the schema shape the output", async () => {
  const typed = z.object({
    name: z.string().transform((name) => name.toUpperCase()),
    tone: z.string().default("calm"),
  });
  const { reply } = await run(['{"name":"ada"}'], { output: typed });
  expect(reply.whole?.outcome?.output).toEqual({ name: "ADA", tone: "calm" });
});

test("warnings of earlier stages are part of the outcome", async () => {
  const call = createEndpointCall({ output });
  call.notes.warnings.push("input_truncated");
  const reply = await stage(call, answerFrom([{ text: goodText }]).next);
  expect(reply.whole?.outcome?.warnings).toEqual(["input_truncated"]);
});

test("chat calls pass untouched", async () => {
  const { endpoint: _endpoint, ...chat } = createEndpointCall({});
  const reply = await stage(chat, answerFrom([{ text: "Hello" }]).next);
  expect(reply.whole?.text).toBe("Hello");
});

test("a streamed answer grows field by field and ends in the same outcome", async () => {
  const { reply } = await run([chunked(goodText)], { stream: true });
  const received = await receive(reply);
  expect(received.parts.slice(0, 4)).toEqual([
    { type: "delta", path: "/summary", append: "All " },
    { type: "delta", path: "/summary", append: "is w" },
    { type: "delta", path: "/summary", append: "ell." },
    { type: "delta", path: "/bullets", set: [] },
  ]);
  expect(received.parts.at(-2)).toEqual({ type: "usage", usage: { inputTokens: 10, outputTokens: 5 } });
  expect(received.outcome).toEqual({ status: "ok", output: good, warnings: [] });
  expect(received.built).toEqual(good);
});

test("a stream falls silent at the violation, resets, and streams the next answer", async () => {
  const { reply, call } = await run([chunked('{"summary":"fine","bullets":"SECRET"}'), chunked(goodText)], {
    stream: true,
  });
  const received = await receive(reply);
  expect(received.resets).toEqual(["reask"]);
  expect(received.built).toEqual(good);
  expect(JSON.stringify(received.parts)).not.toContain("SECRET");
  expect(call.notes.attempts.map((attempt) => attempt.reason)).toEqual(["first", "reask"]);
});

test("no reset is sent when nothing was", async () => {
  const { reply } = await run([chunked("no JSON here"), chunked(goodText)], { stream: true });
  expect((await receive(reply)).resets).toEqual([]);
});

test("a repair that only completes what was sent needs no reset", async () => {
  const { reply, call } = await run([chunked('```json\n{"summary":"All is well.","bullets":["one","two",]}\n```')], {
    stream: true,
  });
  const received = await receive(reply);
  expect(received.resets).toEqual([]);
  expect(received.built).toEqual(good);
  expect(call.notes.rungs.at(-1)).toEqual({ rung: "repair", ok: true, attempt: 1 });
});

test("an output that differs from what was sent is sent anew after a reset", async () => {
  const trimmed = z.object({ name: z.string().trim() });
  const { reply } = await run([chunked('{"name":"  Ada  "}')], { stream: true, output: trimmed });
  const received = await receive(reply);
  expect(received.resets).toEqual(["corrected"]);
  expect(received.built).toEqual({ name: "Ada" });
});

test("an answer that comes whole although a stream was asked for is sent as deltas", async () => {
  const { reply } = await run([goodText], { stream: true });
  const received = await receive(reply);
  expect(received.built).toEqual(good);
  expect(received.outcome?.output).toEqual(good);
});

test("a provider that starts its stream anew takes back what was sent", async () => {
  const call = createEndpointCall({ output, stream: true });
  const reply = await stage(call, async () => ({
    parts: (async function* () {
      yield { type: "text", text: '{"summary":"Half a' } as const;
      yield { type: "reset", reason: "retry" } as const;
      yield { type: "text", text: goodText } as const;
      yield { type: "finish", reason: "stop" } as const;
    })(),
  }));
  const received = await receive(reply);
  expect(received.resets).toEqual(["retry"]);
  expect(received.built).toEqual(good);
});

test("a stream that is cut fails with the provider's error", async () => {
  const call = createEndpointCall({ output, stream: true });
  const reply = await stage(call, async () => ({
    parts: (async function* () {
      yield { type: "text", text: '{"summary":"Half' } as const;
      throw new HeadgateError("stream_cut");
    })(),
  }));
  expect((await fail(receive(reply))).code).toBe("stream_cut");
});

test("three bad streamed answers end in output_invalid after the resets", async () => {
  const bad = chunked('{"summary":"fine","bullets":[1]}');
  const { reply } = await run([bad, bad, bad], { stream: true });
  const error = await fail(receive(reply));
  expect(error.code).toBe("output_invalid");
  expect(error.issues).toEqual([{ path: "/bullets/0", message: "must be a string" }]);
});

test.each(["before the first part", "after it"])("a client that leaves %s closes the model's stream", async (when) => {
  let isClosed = false;
  const source = {
    next: () => Promise.resolve({ done: false, value: { type: "text", text: '{"summary":"Half' } as const }),
    return: () => {
      isClosed = true;
      return Promise.resolve({ done: true as const, value: undefined });
    },
  };
  const reply = await stage(createEndpointCall({ output, stream: true }), async () => ({
    parts: { [Symbol.asyncIterator]: () => source },
  }));
  const reader = reply.parts[Symbol.asyncIterator]();
  if (when === "after it") await reader.next();
  await reader.return?.();
  expect(isClosed).toBe(true);
});
