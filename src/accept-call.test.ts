import { describe, expect, test } from "vitest";
import { acceptCalls } from "./accept-call.ts";
import type { CallAcceptor } from "./accept-call.ts";
import { wholeReply } from "./reply.ts";
import type { Call } from "./call.ts";
import type { Part, Reply } from "./reply.ts";
import { defaultResilience } from "./endpoint/default-resilience.ts";
import type { Snapshot } from "./endpoint/snapshot.ts";
import { HeadgateError } from "./errors.ts";
import type { ModelCall } from "./gateway.ts";
import { createRequestId } from "./ids.ts";
import type { Next } from "./pipeline/stage.ts";
import { createManualClock } from "./testing/manual-clock.ts";

const snapshot: Snapshot = {
  id: "s1",
  endpoints: new Map(),
  providers: new Map(),
  models: new Map(),
  tiers: new Map(),
  resilience: defaultResilience,
};
const completion = { text: "Hello.", toolCalls: [], finishReason: "stop" } as const;

function setup(run: Next): { readonly gateway: CallAcceptor; readonly clock: ReturnType<typeof createManualClock> } {
  const clock = createManualClock();
  return { gateway: acceptCalls({ currentSnapshot: () => snapshot, run, clock }), clock };
}

function chat(options: Partial<ModelCall> = {}): ModelCall {
  return {
    tenant: "t",
    requestId: createRequestId(0),
    signal: new AbortController().signal,
    stream: false,
    model: "m",
    messages: [],
    settings: {},
    foreign: { dialect: "openai-chat", body: {} },
    ...options,
  };
}

function untilAborted(call: Call): Promise<never> {
  return new Promise((_resolve, reject) => {
    call.signal.addEventListener("abort", () => reject(call.signal.reason as Error));
  });
}

test("calls of one moment with one request id still have starts of their own", async () => {
  const starts: number[] = [];
  const { gateway } = setup(async (call) => {
    starts.push(call.startedAtMs);
    return wholeReply(completion);
  });
  const requestId = createRequestId(0);
  for (let turn = 0; turn < 100; turn++) await gateway.callModel(chat({ requestId }));
  const microseconds = starts.map((start) => Math.round(start * 1000));
  expect(new Set(microseconds).size).toBe(100);
});

test("an unknown endpoint is refused with those that exist", async () => {
  const { gateway } = setup(() => Promise.reject(new Error("Nobody runs this.")));
  const request = { ...chat(), endpoint: "nonesuch", contract: 1, input: {} };
  await expect(gateway.callEndpoint(request)).rejects.toMatchObject({ code: "endpoint_not_found" });
});

describe("the call's signal", () => {
  test("aborts with deadline_exceeded when the time is up", async () => {
    const { gateway, clock } = setup(untilAborted);
    const calling = gateway.callModel(chat());
    clock.advance(600_000);
    await expect(calling).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  test("aborts with request_cancelled when the client leaves, and at once for one that has left", async () => {
    const { gateway } = setup((call) =>
      call.signal.aborted ? Promise.reject(call.signal.reason as Error) : untilAborted(call),
    );
    const client = new AbortController();
    const calling = gateway.callModel(chat({ signal: client.signal }));
    client.abort();
    await expect(calling).rejects.toMatchObject({ code: "request_cancelled" });
    await expect(gateway.callModel(chat({ signal: client.signal }))).rejects.toMatchObject({
      code: "request_cancelled",
    });
  });

  test("outlives the head of a stream and is let go of at its end", async () => {
    const seen: { call?: Call } = {};
    async function* parts(): AsyncGenerator<Part> {
      yield { type: "text", text: "Hello." };
      yield { type: "finish", reason: "stop" };
    }
    const { gateway, clock } = setup(async (call): Promise<Reply> => {
      seen.call = call;
      return { parts: parts() };
    });
    const reply = await gateway.callModel(chat({ stream: true }));
    const types: string[] = [];
    for await (const part of reply.parts) types.push(part.type);
    expect(types).toEqual(["text", "finish"]);
    clock.advance(600_000);
    expect(seen.call?.signal.aborted).toBe(false);
  });
});

test("a failure of the pipeline reaches the caller as it is", async () => {
  const failure = new HeadgateError("output_invalid");
  const { gateway } = setup(() => Promise.reject(failure));
  await expect(gateway.callModel(chat())).rejects.toBe(failure);
});

describe("closing", () => {
  test("ends the calls at work, waits until they have unwound, and refuses new ones", async () => {
    const log: string[] = [];
    const { gateway } = setup(async (call) => {
      try {
        return await untilAborted(call);
      } finally {
        await Promise.resolve();
        log.push("recorded");
      }
    });
    const calling = gateway.callModel(chat());
    const closed = gateway.close(1000).then(() => log.push("closed"));
    await expect(calling).rejects.toMatchObject({ code: "shutting_down" });
    await closed;
    expect(log).toEqual(["recorded", "closed"]);
    await expect(gateway.callModel(chat())).rejects.toMatchObject({ code: "shutting_down" });
  });

  test("waits for a stream's reader to see the end, but no longer than it may", async () => {
    async function* parts(signal: AbortSignal): AsyncGenerator<Part> {
      yield { type: "text", text: "Hello." };
      signal.throwIfAborted();
      throw new Error("Nothing has ended this stream.");
    }
    const { gateway, clock } = setup(async (call): Promise<Reply> => ({ parts: parts(call.signal) }));
    const reply = await gateway.callModel(chat({ stream: true }));
    const reader = reply.parts[Symbol.asyncIterator]();
    await reader.next();
    const unread = gateway.close(1000);
    clock.advance(1000);
    await unread;
    const closed = gateway.close(1000);
    await expect(reader.next()).rejects.toMatchObject({ code: "shutting_down" });
    await closed;
  });
});

test("whoever calls can be told by the call what it has used", async () => {
  const told: number[] = [];
  const { gateway } = setup(async (call) => {
    call.onUsed?.(42);
    return wholeReply(completion);
  });
  await gateway.callModel(chat({ onUsed: (tokens) => told.push(tokens) }));
  expect(told).toEqual([42]);
});
