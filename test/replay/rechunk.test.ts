import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Part } from "../../src/reply.ts";
import type { ReplayAdapter } from "./adapter.ts";
import { replayAdapters } from "./adapters.ts";
import { createCannedOutbound } from "./canned-outbound.ts";
import { bodyOf, isStream, loadRecordings, type Recording } from "./recording.ts";

/** For each dialect, over all of its streams. */
const chunkings = 10_000;
const largestChunk = 64 * 1024;

const recordings = loadRecordings();

function listStreams(adapter: ReplayAdapter): readonly Recording[] {
  const covered = recordings?.filter((recording) => adapter.covers(recording)) ?? adapter.handWritten;
  return covered.filter((recording) => isStream(recording) && adapter.expect(recording).type === "answer");
}

/** A small generator with a seed: the same cuts in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ends of pieces from 1 byte to 64 KiB; small ones as likely as large ones. */
function cut(length: number, random: () => number): number[] {
  const ends: number[] = [];
  const exponent = Math.log2(largestChunk) * random();
  for (let at = 0; at < length;) {
    at += 1 + Math.floor(2 ** (exponent * random()));
    ends.push(Math.min(at, length));
  }
  return ends;
}

async function read(adapter: ReplayAdapter, recording: Recording, ends: readonly number[]): Promise<Part[]> {
  const isBinary = recording.response.body_base64 !== undefined;
  const type = isBinary ? "application/vnd.amazon.eventstream" : "text/event-stream";
  const outbound = createCannedOutbound(type, bodyOf(recording), ends);
  const provider = adapter.create({ url: "http://127.0.0.1", recording, outbound, clock: systemClock });
  const request = { model: "m", messages: [{ role: "user", content: "Hi" } as const], settings: {}, stream: true };
  const context = { signal: new AbortController().signal, deadlineMs: systemClock.now() + 60_000, warn: () => {} };
  const parts: Part[] = [];
  for await (const part of (await provider.generate(request, context)).parts) parts.push(part);
  return parts;
}

const adapters = replayAdapters.filter(({ hasOwnConnections }) => hasOwnConnections !== true);
describe.each(adapters.filter((adapter) => listStreams(adapter).length > 0))("$name", (adapter) => {
  const streams = listStreams(adapter);

  test(`${chunkings} random cuts of its streams give the same parts, and no broken character`, async () => {
    const random = createRandom(42);
    const different: unknown[] = [];
    for (const [index, recording] of streams.entries()) {
      const body = bodyOf(recording);
      const whole = JSON.stringify(await read(adapter, recording, []));
      const hasBroken = recording.response.sse_text?.includes("\uFFFD") ?? false;
      expect(whole.includes("\uFFFD")).toBe(hasBroken);
      const share = Math.ceil((chunkings - index) / streams.length);
      for (let round = 0; round < share; round++) {
        const ends = cut(body.length, random);
        const parts = JSON.stringify(await read(adapter, recording, ends));
        if (parts !== whole) different.push({ id: recording.id, ends, parts, whole });
      }
    }
    expect(different.slice(0, 3)).toEqual([]);
  }, 120_000);
});
