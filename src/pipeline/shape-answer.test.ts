import { describe, expect, test } from "vitest";
import { wholeReply } from "../reply.ts";
import type { Call } from "../call.ts";
import type { Completion, Part } from "../reply.ts";
import { applyDelta } from "../contract/apply-delta.ts";
import { defaultResilience } from "../endpoint/default-resilience.ts";
import type { LoadedEndpoint } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { createRequestId } from "../ids.ts";
import { compileSchema } from "../endpoint/compile-schema.ts";
import { shapeAnswer } from "./shape-answer.ts";

const output = compileSchema(
  { type: "object", properties: { summary: { type: "string" } }, required: ["summary"], additionalProperties: false },
  "output",
);
const input = compileSchema({ type: "object" }, "input");

function createCall(options: { readonly stream?: boolean; readonly fallback?: LoadedEndpoint["fallback"] }): Call {
  return {
    requestId: createRequestId(0),
    startedAtMs: 0,
    deadlineMs: 1000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot: {
      id: "s1",
      endpoints: new Map(),
      providers: new Map(),
      models: new Map(),
      tiers: new Map(),
      resilience: defaultResilience,
    },
    endpoint: {
      name: "summarize",
      contract: 1,
      description: "",
      input,
      output,
      prompts: new Map(),
      release: "1.0.0",
      route: { use: "standard" },
      normalize: { html: false, whitespace: "collapse", overflow: "reject" },
      validate: { reasks: 2 },
      fallback: options.fallback,
      timeoutMs: 1000,
    },
    input: { text: " A text. " },
    messages: [],
    settings: {},
    stream: options.stream ?? false,
    notes: {
      checkedInput: { text: "A text." },
      nextReason: "first",
      attempts: [],
      providerWarnings: [],
      rungs: [],
      warnings: ["input_truncated"],
    },
  };
}

const stage = shapeAnswer();
const good: Completion = {
  text: "",
  toolCalls: [],
  finishReason: "stop",
  outcome: { status: "ok", output: { summary: "Short." }, warnings: [] },
};
const fallback = (): Record<string, unknown> => ({ summary: "None." });

async function fail(code: ErrorCode): Promise<never> {
  throw new HeadgateError(code);
}

test("warnings noted on the way are part of the answer", async () => {
  const reply = await stage(createCall({}), async () => wholeReply(good));
  expect(reply.whole?.outcome).toEqual({ status: "ok", output: { summary: "Short." }, warnings: ["input_truncated"] });
});

describe("the fallback", () => {
  test.each([
    "output_invalid",
    "provider_unavailable",
    "provider_overloaded",
    "provider_silent",
    "provider_spent",
    "provider_model_unknown",
    "stream_stalled",
    "stream_cut",
    "deadline_exceeded",
    "overloaded",
  ] as const)("answers for the model on %s and says why", async (code) => {
    const call = createCall({ fallback });
    const reply = await stage(call, () => fail(code));
    expect(reply.whole?.outcome).toEqual({
      status: "fallback",
      output: { summary: "None." },
      warnings: ["input_truncated", `fallback:${code}`],
    });
    expect(call.notes.rungs).toEqual([{ rung: "fallback", ok: true, attempt: 0 }]);
  });

  test.each(["input_invalid", "request_cancelled", "internal", "model_not_found"] as const)(
    "does not hide %s",
    async (code) => {
      await expect(stage(createCall({ fallback }), () => fail(code))).rejects.toMatchObject({ code });
    },
  );

  test("may be computed from the input", async () => {
    const call = createCall({ fallback: (given) => ({ summary: (given as { text: string }).text }) });
    const reply = await stage(call, () => fail("output_invalid"));
    expect(reply.whole?.outcome?.output).toEqual({ summary: "A text." });
  });

  test("that breaks the contract itself is not sent: the model's failure is", async () => {
    const call = createCall({ fallback: () => ({ summary: 5 }) });
    await expect(stage(call, () => fail("output_invalid"))).rejects.toMatchObject({ code: "output_invalid" });
  });

  test("that throws gives way to the model's failure", async () => {
    const call = createCall({
      fallback: () => {
        throw new TypeError("A text.");
      },
    });
    await expect(stage(call, () => fail("output_invalid"))).rejects.toMatchObject({ code: "output_invalid" });
  });

  test("is absent when none is declared", async () => {
    await expect(stage(createCall({}), () => fail("output_invalid"))).rejects.toMatchObject({ code: "output_invalid" });
  });

  test("of a stream voids what was sent, and its deltas add up to it", async () => {
    async function* broken(): AsyncGenerator<Part> {
      yield { type: "delta", path: "/summary", append: "Half an" };
      throw new HeadgateError("stream_cut");
    }
    const reply = await stage(createCall({ stream: true, fallback }), async () => ({ parts: broken() }));
    const seen: Part[] = [];
    let grown: Record<string, unknown> = {};
    for await (const part of reply.parts) {
      seen.push(part);
      if (part.type === "delta") applyDelta(grown, part);
      else if (part.type === "reset") grown = {};
    }
    expect(seen.map(({ type }) => type)).toEqual(["delta", "reset", "delta", "finish"]);
    expect(grown).toEqual({ summary: "None." });
    expect(seen.at(-1)).toMatchObject({ outcome: { status: "fallback", output: { summary: "None." } } });
  });

  test("of a stream that failed before anything was sent needs no reset", async () => {
    const reply = await stage(createCall({ stream: true, fallback }), () => fail("provider_unavailable"));
    const types: string[] = [];
    for await (const part of reply.parts) types.push(part.type);
    expect(types).toEqual(["delta", "finish"]);
  });
});
