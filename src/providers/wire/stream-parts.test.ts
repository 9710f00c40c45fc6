import { expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { ByteStream } from "../../outbound.ts";
import type { Part } from "../../reply.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createChunkReader } from "../openai-chat/chunk-reader.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { createRelayReader } from "./relay-reader.ts";
import { streamParts } from "./stream-parts.ts";
import { createTypedReader } from "./typed-reader.ts";

const said = 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n';
const stopped = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n';
const done = "data: [DONE]\n\n";

/** A body that the test writes; it notes what becomes of it. */
function createBody() {
  const chunks: Buffer[] = [];
  const log: string[] = [];
  let waiting: { resolve: (chunk?: Buffer) => void; reject: (error: HeadgateError) => void } | undefined;
  let onWait = (): void => {};
  const body: ByteStream = {
    next: () => {
      const chunk = chunks.shift();
      if (chunk) return Promise.resolve(chunk);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        onWait();
      });
    },
    collect: () => Promise.reject(new Error("It is read in parts.")),
    release: () => {
      log.push("released");
      waiting?.resolve();
    },
    cancel: () => log.push("cancelled"),
  };
  return {
    body,
    log,
    write: (text: string): void => {
      if (waiting) waiting.resolve(Buffer.from(text));
      else chunks.push(Buffer.from(text));
      waiting = undefined;
    },
    fail: (error: HeadgateError): void => waiting?.reject(error),
    /** Resolves once the reader waits for bytes that are not there. */
    whenWaiting: () => new Promise<void>((resolve) => (waiting ? resolve() : (onWait = resolve))),
  };
}

const answerOf = (): AnswerReader => createChunkReader({ peer: "p", showsUsage: true, saysReason: true });
const readers = [
  ["typed", () => createTypedReader(answerOf())],
  ["relayed", () => createRelayReader(answerOf())],
] as const;

function read(createReader: (typeof readers)[number][1]) {
  const clock = createManualClock();
  const stream = createBody();
  const parts: Part[] = [];
  const ending = (async () => {
    for await (const part of streamParts(stream.body, createReader(), clock)) parts.push(part);
  })();
  // Whoever expects it to fail awaits it.
  ending.catch(() => {});
  return { ...stream, clock, parts, ending };
}

const finishes = (parts: readonly Part[]): Part[] => parts.filter(({ type }) => type === "finish");

test.each(readers)(
  "%s: a complete answer ends a second after its reason, though the server lingers",
  async (_, make) => {
    const { clock, parts, ending, write, whenWaiting, log } = read(make);
    write(said + stopped);
    await whenWaiting();
    expect(clock.waiting).toBe(1);
    clock.advance(999);
    expect(finishes(parts)).toEqual([]);
    clock.advance(1);
    await ending;
    expect(finishes(parts)).toHaveLength(1);
    expect(log[0]).toBe("released");
    expect(log).not.toContain("cancelled");
  },
);

test.each(readers)(
  "%s: what rounds an answer off within the second still counts, and no timer is left",
  async (_, make) => {
    const { clock, parts, ending, write, whenWaiting } = read(make);
    write(said + stopped);
    await whenWaiting();
    clock.advance(900);
    write(usage + done);
    await ending;
    expect(parts).toContainEqual({ type: "usage", usage: { inputTokens: 1, outputTokens: 2 } });
    expect(clock.waiting).toBe(0);
  },
);

test.each(readers)("%s: comments do not hold a complete answer back for longer", async (_, make) => {
  const { clock, parts, ending, write, whenWaiting } = read(make);
  write(said + stopped);
  for (let count = 0; count < 3; count++) {
    await whenWaiting();
    clock.advance(400);
    write(": ping\n\n");
    await Promise.resolve();
  }
  await ending;
  expect(finishes(parts)).toHaveLength(1);
});

test.each(readers)("%s: no time limit is set before the model has said why it stopped", async (_, make) => {
  const { clock, ending, write, whenWaiting } = read(make);
  write(said);
  await whenWaiting();
  expect(clock.waiting).toBe(0);
  write(stopped + done);
  await ending;
});

test.each(readers)("%s: a connection that breaks after the reason breaks nothing", async (_, make) => {
  const { parts, ending, write, whenWaiting, fail } = read(make);
  write(said + stopped);
  await whenWaiting();
  fail(new HeadgateError("provider_unavailable", { cause: new Error("ECONNRESET") }));
  await ending;
  expect(finishes(parts)).toHaveLength(1);
});

test.each(readers)("%s: a client that leaves after the reason has left", async (_, make) => {
  const { parts, ending, write, whenWaiting, fail } = read(make);
  write(said + stopped);
  await whenWaiting();
  fail(new HeadgateError("request_cancelled"));
  await expect(ending).rejects.toMatchObject({ code: "request_cancelled" });
  expect(finishes(parts)).toEqual([]);
});

test.each(readers)("%s: a connection that breaks before is a cut stream", async (_, make) => {
  const { ending, write, whenWaiting, fail, log } = read(make);
  write(said);
  await whenWaiting();
  fail(new HeadgateError("provider_unavailable", { cause: new Error("ECONNRESET") }));
  await expect(ending).rejects.toMatchObject({ code: "stream_cut" });
  expect(log).toEqual(["cancelled"]);
});
