import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { Part } from "../../reply.ts";
import { failed, say, streamed, usage, wait, whole, World } from "./model-fixture.ts";

const unavailable = failed("provider_unavailable");

describe("callModel", () => {
  test("passes a whole answer on as it is, and notes it", async () => {
    const world = new World({ script: { p: [whole] } });
    expect((await world.run()).whole).toBe(whole);
    expect(world.asked.map(({ request }) => request)).toEqual([
      {
        model: "m",
        messages: world.call.messages,
        settings: { temperature: 0 },
        output: undefined,
        tools: undefined,
        foreign: undefined,
        wantsParts: undefined,
        stream: false,
      },
    ]);
    expect(world.notes).toMatchObject({
      target: { provider: "p", model: "m", tier: "fast", rule: "default" },
      firstPartAtMs: world.call.startedAtMs,
      attempts: [
        { provider: "p", model: "m", tier: "fast", reason: "first", durationMs: 0, usage, finishReason: "stop" },
      ],
    });
  });

  test("notes the reason that was asked for, once", async () => {
    const world = new World({ script: { p: [whole, whole] } });
    world.notes.nextReason = "reask";
    await world.run();
    await world.run();
    expect(world.log).toEqual(["reask p/m: stop", "first p/m: stop"]);
  });

  test("notes the reason of a retry of a re-ask as a retry", async () => {
    const world = new World({ script: { p: [unavailable, whole] } });
    world.notes.nextReason = "reask";
    await world.run();
    expect(world.log).toEqual(["reask p/m: provider_unavailable", "retry p/m: stop"]);
  });

  test("has no note for a request that the provider cannot be told, since it was not asked", async () => {
    const world = new World({ script: { p: [failed("not_translatable")] } });
    expect((await world.read()).error).toMatchObject({ code: "not_translatable" });
    expect(world.log).toEqual([]);
  });

  test("reports a bug as internal, and does not retry it", async () => {
    const world = new World({ script: { p: [] } });
    expect((await world.read()).error).toMatchObject({ code: "internal" });
    expect(world.log).toEqual(["first p/m: internal"]);
  });

  test("keeps no place at a provider that cannot be connected", async () => {
    const findProvider = (): never => {
      throw failed("provider_auth");
    };
    const world = new World({ script: { p: [], q: [] }, options: { findProvider } });
    expect((await world.read()).error).toMatchObject({ code: "provider_auth" });
  });
});

describe("callModel with a stream", () => {
  const call = { stream: true };

  test("passes the parts on, and has the note before finish is seen", async () => {
    const world = new World({ script: { p: [streamed] }, call });
    const seen: Part[] = [];
    for await (const part of (await world.run()).parts) {
      seen.push(part);
      expect(world.log).toHaveLength(part.type === "finish" ? 1 : 0);
    }
    expect(seen).toEqual(streamed);
    expect(world.notes.attempts).toMatchObject([{ finishReason: "stop", usage }]);
  });

  test("passes on what follows finish", async () => {
    const raw: Part = { type: "raw", bytes: Buffer.from("data: [DONE]\n\n"), says: [] };
    const world = new World({ script: { p: [[...streamed, raw]] }, call });
    expect((await world.read()).parts.at(-1)).toBe(raw);
  });

  test("takes an answer whose stream breaks after its finish as complete", async () => {
    const world = new World({ script: { p: [[...streamed, unavailable]] }, call });
    expect(await world.read()).toMatchObject({ text: "x" });
    expect(world.log).toEqual(["first p/m: stop"]);
    expect(world.board.list(world.clock.now())).toMatchObject([{ failuresInWindow: 0, resultsInWindow: 1 }]);
  });

  test("has one note for a reader that stops at finish", async () => {
    const world = new World({ script: { p: [streamed] }, call });
    for await (const part of (await world.run()).parts) if (part.type === "finish") break;
    expect(world.log).toEqual(["first p/m: stop"]);
  });

  test("passes on the whole answer of a server that cannot stream", async () => {
    const world = new World({ script: { p: [whole] }, call });
    expect((await world.run()).whole).toBe(whole);
  });

  test("retries while nothing was passed on", async () => {
    const world = new World({ script: { p: [[failed("stream_cut")], [], streamed] }, call });
    expect(await world.read()).toMatchObject({ text: "x" });
    expect(world.log).toEqual(["first p/m: stream_cut", "retry p/m: stream_cut", "retry p/m: stop"]);
  });

  test("fails once a part was passed on, where the project wants no rescue", async () => {
    const cut = failed("stream_cut");
    const world = new World({ script: { p: [[say("x"), cut], streamed] }, call, resilience: { rescue: undefined } });
    expect(await world.read()).toEqual({ parts: [say("x")], text: "x", error: cut });
    expect(world.log).toEqual(["first p/m: stream_cut"]);
  });

  test("reports a stream that ends without finish as cut", async () => {
    const world = new World({ script: { p: [[say("x")]] }, call, resilience: { rescue: undefined } });
    expect((await world.read()).error).toMatchObject({ code: "stream_cut" });
  });

  test.each([0, 1])(
    "that is left after %s parts closes the provider's stream, and notes why the call was aborted",
    async (partsToRead) => {
      const client = new AbortController();
      const world = new World({ script: { p: [streamed] }, call: { ...call, signal: client.signal } });
      const iterator = (await world.run()).parts[Symbol.asyncIterator]();
      for (let read = 0; read < partsToRead; read++) await iterator.next();
      client.abort(new HeadgateError("deadline_exceeded"));
      await iterator.return?.();
      expect(world.asked).toMatchObject([{ isLeft: true }]);
      expect(world.log).toEqual(["first p/m: deadline_exceeded"]);
    },
  );

  test("that its reader has enough of is no failure of the model call", async () => {
    const world = new World({ script: { p: [streamed] }, call });
    await (await world.run()).parts[Symbol.asyncIterator]().return?.();
    expect(world.log).toEqual(["first p/m: left"]);
    expect(world.notes.attempts[0]).not.toHaveProperty("errorCode");
    expect(world.board.list(world.clock.now())).toMatchObject([{ failuresInWindow: 0 }]);
  });

  test("ends with the client's reason when it leaves while the model thinks", async () => {
    const client = new AbortController();
    const script = { p: [[say("x"), wait(Number.POSITIVE_INFINITY)]] };
    const world = new World({ script, call: { ...call, signal: client.signal } });
    const iterator = (await world.run()).parts[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    client.abort(failed("request_cancelled"));
    await expect(next).rejects.toMatchObject({ code: "request_cancelled" });
    expect(world.log).toEqual(["first p/m: request_cancelled"]);
    expect(world.places).toEqual(["p/m"]);
  });

  test("passes nothing on that comes after the end", async () => {
    const world = new World({ script: { p: [streamed] }, call });
    const iterator = (await world.run()).parts[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});
