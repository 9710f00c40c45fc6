import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { openBench, openFakeModel, toFakeUsage, toFinishPart, toStream, type FakeModel } from "./fake-model-fixture.ts";

const never = (): Promise<never> => new Promise(() => {});
const text = { type: "text-delta", id: "0", delta: "Well, " };

/** A stream that says this and then nothing more. */
function hangAfter(...parts: readonly unknown[]): {
  readonly stream: ReadableStream<unknown>;
  readonly isCancelled: () => boolean;
} {
  let isCancelled = false;
  const stream = new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part);
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  return { stream, isCancelled: () => isCancelled };
}

const stuck: readonly (readonly [string, FakeModel, boolean])[] = [
  ["that never answers", { generate: never }, false],
  ["that never begins its stream", { stream: never }, true],
  ["that never streams a part", { stream: () => hangAfter() }, true],
  ["that never says what it fetches", { supportedUrls: never() }, false],
];

describe("a model that ignores its signal,", () => {
  test.each(stuck)("one %s, ends at the deadline", async (_what, fake, stream) => {
    const clock = createManualClock();
    const bench = openFakeModel(fake, clock);
    const call = bench.generate({ stream }, { deadlineMs: clock.now() + 5000 });
    clock.advance(4999);
    clock.advance(1);
    await expect(call).rejects.toMatchObject({
      code: "deadline_exceeded",
      detail: "The provider fake did not answer in time.",
    });
    expect(clock.waiting).toBe(0);
  });

  test.each(stuck)("one %s, ends when the call is cancelled", async (_what, fake, stream) => {
    const controller = new AbortController();
    const bench = openFakeModel(fake);
    const call = bench.generate({ stream }, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "request_cancelled" });
  });

  test("one that stops in the middle of its stream, ends at the deadline, after what came", async () => {
    const clock = createManualClock();
    const hanging = hangAfter({ type: "stream-start", warnings: [] }, text);
    const bench = openFakeModel({ stream: () => hanging }, clock);
    const reply = await bench.generate({ stream: true }, { deadlineMs: clock.now() + 5000 });
    const iterator = reply.parts[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: { type: "text", text: "Well, " } });
    const next = iterator.next();
    clock.advance(5000);
    await expect(next).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(hanging.isCancelled()).toBe(true);
    expect(bench.calls[0]).toMatchObject({ abortSignal: { aborted: true } });
  });

  test("one whose stream nobody reads, is let go at the deadline", async () => {
    const clock = createManualClock();
    const bench = openFakeModel({ stream: () => hangAfter(text) }, clock);
    await bench.generate({ stream: true }, { deadlineMs: clock.now() + 5000 });
    expect(bench.calls[0]).toMatchObject({ abortSignal: { aborted: false } });
    clock.advance(5000);
    expect(bench.calls[0]).toMatchObject({ abortSignal: { aborted: true } });
  });

  test("one whose stream begins too late, has it closed", async () => {
    const hanging = hangAfter(text);
    let begin: (answer: unknown) => void = () => {};
    const controller = new AbortController();
    const bench = openFakeModel({ stream: () => new Promise((resolve) => (begin = resolve)) });
    const call = bench.generate({ stream: true }, { signal: controller.signal });
    await expect.poll(() => bench.calls.length).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "request_cancelled" });
    begin(hanging);
    await expect.poll(() => hanging.isCancelled()).toBe(true);
  });
});

describe("a call", () => {
  test("that is cancelled before it begins does not reach the model", async () => {
    const bench = openFakeModel({});
    const call = bench.generate({}, { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ code: "request_cancelled" });
    expect(bench.calls).toEqual([]);
  });

  test("that is cancelled for a reason of Headgate's says it", async () => {
    const reason = new HeadgateError("shutting_down");
    const call = openFakeModel({}).generate({}, { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });

  test("that has ended leaves no timer and no listener", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const bench = openFakeModel({ stream: () => ({ stream: toStream([text, toFinishPart("v4")]) }) }, clock);
    await bench.generate({}, { signal: controller.signal });
    for await (const _part of (await bench.generate({ stream: true }, { signal: controller.signal })).parts);
    expect(clock.waiting).toBe(0);
    controller.abort();
    expect(bench.calls.map((call) => (call["abortSignal"] as AbortSignal).aborted)).toEqual([false, false]);
  });

  test("whose stream is left early closes it, and aborts the model", async () => {
    const hanging = hangAfter(text, text);
    const bench = openFakeModel({ stream: () => hanging });
    for await (const part of (await bench.generate({ stream: true })).parts) {
      expect(part).toEqual({ type: "text", text: "Well, " });
      break;
    }
    expect(hanging.isCancelled()).toBe(true);
    expect(bench.calls[0]).toMatchObject({ abortSignal: { aborted: true } });
  });
});

describe("a stream", () => {
  test("may be any that can be iterated", async () => {
    async function* iterate() {
      yield text;
      yield toFinishPart("v4");
    }
    const bench = openFakeModel({ stream: () => ({ stream: iterate() }) });
    expect(await bench.complete({ stream: true })).toMatchObject({ text: "Well, ", finishReason: "stop" });
  });

  test.each([
    ["without a stream", {}],
    ["of nothing", undefined],
    ["of text", { stream: "text" }],
  ])("%s breaks the protocol", async (_what, answer) => {
    const { error } = await openFakeModel({ stream: () => answer }).read();
    expect(error).toMatchObject({ code: "provider_protocol" });
  });

  test.each([
    ["ends", "v4", []],
    ["says that it was interrupted", "v4", [toFinishPart("v4", "interrupted")]],
    [
      "gives neither a reason nor usage, as v3 does,",
      "v3",
      [{ type: "finish", finishReason: { unified: "other", raw: undefined }, usage: {} }],
    ],
    ["gives neither a reason nor usage, as v2 does,", "v2", [{ type: "finish", finishReason: "unknown", usage: {} }]],
  ] as const)("that %s without its finish is cut", async (_what, version, ending) => {
    const bench = openFakeModel({ version, stream: () => ({ stream: toStream([text, ...ending]) }) });
    expect(await bench.read()).toMatchObject({
      parts: [{ type: "text", text: "Well, " }],
      error: { code: "stream_cut", detail: "The provider fake ended its stream in the middle of the answer." },
    });
  });

  test.each([
    ["v3", { type: "finish", finishReason: { unified: "other", raw: undefined }, usage: toFakeUsage("v3") }],
    ["v2", { type: "finish", finishReason: "unknown", usage: toFakeUsage("v2") }],
  ] as const)("of %s that gives usage and no reason is whole", async (version, finish) => {
    const bench = openFakeModel({ version, stream: () => ({ stream: toStream([text, finish]) }) });
    expect(await bench.complete({ stream: true })).toMatchObject({ text: "Well, ", finishReason: "other" });
  });

  test.each([
    ["a connection that breaks", Object.assign(new TypeError("x"), { code: "UND_ERR_SOCKET" }), "stream_cut"],
    ["a status", Object.assign(new Error("x"), { statusCode: 503 }), "provider_overloaded"],
    ["data that makes no sense", Object.assign(new Error("x"), { name: "AI_JSONParseError" }), "provider_protocol"],
  ])("that fails for %s says so, after what came before", async (_what, failure, code) => {
    const parts = [text];
    const stream = new ReadableStream({
      pull: (controller) => {
        const part = parts.shift();
        if (part) controller.enqueue(part);
        else controller.error(failure);
      },
    });
    const { parts: read, error } = await openFakeModel({ stream: () => ({ stream }) }).read();
    expect(read).toHaveLength(1);
    expect(error).toMatchObject({ code });
  });
});

describe("the config's function", () => {
  const model = { specificationVersion: "v4", doGenerate: () => {}, doStream: () => {} };
  const made = "The provider fake: languageModel";
  const table: readonly (readonly [unknown, string])[] = [
    [undefined, `${made} made no language model of the AI SDK, but nothing.`],
    [null, `${made} made no language model of the AI SDK, but nothing.`],
    ["openai/gpt-5", `${made} made no language model of the AI SDK, but a name: call a provider with it.`],
    [() => model, `${made} made no language model of the AI SDK, but a function: call it with a model's name.`],
    [5, `${made} made no language model of the AI SDK, but a number.`],
    [
      { ...model, specificationVersion: "v1" },
      `${made} made a language model of the specification v1; v2, v3 and v4 can be used.`,
    ],
    [{}, `${made} made a language model without a specification; v2, v3 and v4 can be used.`],
    [{ ...model, doStream: 5 }, `${made} made no language model of the AI SDK: it has no doStream.`],
  ];
  test.each(table)("that makes %o is told so", async (value, detail) => {
    const bench = openBench({ languageModel: () => value });
    await expect(bench.generate()).rejects.toMatchObject({ code: "provider_rejected", detail });
  });

  test.each([
    ["AI_LoadAPIKeyError", "provider_auth"],
    ["AI_NoSuchModelError", "provider_model_unknown"],
    ["TypeError", "provider_rejected"],
  ])("that throws %s is told so, without its words", async (name, code) => {
    const bench = openBench({
      languageModel: () => {
        throw Object.assign(new Error("secret"), { name });
      },
    });
    await expect(bench.generate()).rejects.toMatchObject({ code, detail: `The provider fake failed (${name}).` });
  });

  test("may make a promise of a model, and gets the model's name", async () => {
    const names: string[] = [];
    const doGenerate = () => ({ content: [], finishReason: "stop", usage: {} });
    const bench = openBench({
      languageModel: (name) => {
        names.push(name);
        return Promise.resolve({ ...model, specificationVersion: "v2", provider: "p", doGenerate });
      },
    });
    expect(await bench.complete({ model: "big" })).toMatchObject({ text: "", finishReason: "stop" });
    expect(names).toEqual(["big"]);
  });

  test.each([[undefined], [{}], [{ content: "x" }]])("whose model answers %o breaks the protocol", async (answer) => {
    const bench = openFakeModel({ generate: () => answer });
    await expect(bench.complete()).rejects.toMatchObject({ code: "provider_protocol" });
  });
});
