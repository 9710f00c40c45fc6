import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { createEventDecoder, type StreamEvent } from "../../event-stream.ts";
import type { Gateway } from "../../gateway.ts";
import type { Part, Reply } from "../../reply.ts";
import { streamReply } from "../server-fixture.ts";
import { useStore } from "./store-fixture.ts";

const { start } = useStore();

const append = (text: string): Part => ({ type: "delta", path: "/summary", append: text });

const finish: Part = {
  type: "finish",
  reason: "stop",
  outcome: { status: "ok", output: { summary: "One." }, warnings: [] },
};

const raw = (text: string): Part => ({ type: "raw", bytes: Buffer.from(text), says: [] });

/** Streams of parts that the test hands out one by one. */
interface HeldStream {
  readonly gateway: Partial<Gateway>;
  readonly send: (...parts: readonly Part[]) => void;
  readonly end: (error?: HeadgateError) => void;
  readonly calls: () => number;
  /** Resolves when the parts are let go of. */
  readonly left: Promise<void>;
}

function holdStream(): HeldStream {
  const queue: (Part | HeadgateError | "end")[] = [];
  const left = Promise.withResolvers<void>();
  let more = Promise.withResolvers<void>();
  let calls = 0;
  async function* parts(): AsyncGenerator<Part> {
    try {
      for (;;) {
        const next = queue.shift();
        if (next === "end") return;
        if (next instanceof HeadgateError) throw next;
        if (next) yield next;
        else {
          await more.promise;
          more = Promise.withResolvers();
        }
      }
    } finally {
      left.resolve();
    }
  }
  const push = (...items: readonly (Part | HeadgateError | "end")[]): void => {
    queue.push(...items);
    more.resolve();
  };
  const call = async (): Promise<Reply> => {
    calls++;
    return streamReply(parts());
  };
  return {
    gateway: { callEndpoint: call, callModel: call },
    send: push,
    end: (error) => push(error ?? "end"),
    calls: () => calls,
    left: left.promise,
  };
}

interface Reading {
  readonly response: Response;
  readonly events: StreamEvent[];
  /** Reads on until there are so many events, or to the end. */
  read(count?: number): Promise<readonly StreamEvent[]>;
  leave(): Promise<void>;
}

interface Ask {
  readonly key?: string;
  readonly lastEventId?: string | undefined;
  readonly path?: string;
  readonly body?: unknown;
}

function send(url: string, { key, lastEventId, path = "/api/summarize/v1", body = {} }: Ask): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
    body: JSON.stringify(body),
  });
}

async function ask(url: string, asked: Ask): Promise<Reading> {
  const response = await send(url, asked);
  const events: StreamEvent[] = [];
  const decoder = createEventDecoder((event) => events.push(event));
  const reader = response.body!.getReader();
  return {
    response,
    events,
    read: async (count = Infinity) => {
      while (events.length < count) {
        const { done, value } = await reader.read();
        if (done) break;
        decoder.feed(value as Uint8Array);
      }
      return events;
    },
    leave: () => reader.cancel(),
  };
}

let keys = 0;
const newKey = (): string => `stream-${++keys}`;

/** What goes wrong for a client, as status and code. */
async function refusal(url: string, asked: Ask): Promise<string> {
  const response = await send(url, asked);
  const { code } = (await response.json()) as { readonly code: string };
  return `${response.status} ${code}`;
}

describe("a stream under a key", () => {
  test("has an id on each event, and is given again as it was", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    held.send(append("One"), append("."), finish);
    held.end();
    const first = await ask(url, { key });
    const events = await first.read();
    expect(events.map(({ event }) => event)).toEqual(["delta", "delta", "done"]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    expect(first.response.headers.get("idempotency-replayed")).toBeNull();
    const again = await ask(url, { key });
    expect(await again.read()).toEqual(events);
    expect(again.response.headers.get("idempotency-replayed")).toBe("true");
    for (const name of ["content-type", "cache-control", "x-request-id", "headgate-snapshot", "x-accel-buffering"]) {
      expect(again.response.headers.get(name)).toBe(first.response.headers.get(name));
    }
    expect(held.calls()).toBe(1);
  });

  test("keeps its comments within events, which some clients would take for events of the last id", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway, { limits: { heartbeatMs: 1 } });
    held.send(append("One."));
    const reader = (await send(url, { key: newKey() })).body!.getReader();
    let text = "";
    while (!/id: .*\n\n: keep-alive\n/.test(text)) text += Buffer.from((await reader.read()).value ?? []).toString();
    await reader.cancel();
    expect(text).not.toContain("keep-alive\n\n");
    held.end();
  });

  test("without a key has none", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    held.send(append("One."), finish);
    held.end();
    const events = await (await ask(url, {})).read();
    expect(events.map(({ id }) => id)).toEqual([undefined, undefined]);
  });

  test("goes on without its client, and is gone on with from the last event that was read", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway, { limits: { heartbeatMs: 3_600_000 } });
    const key = newKey();
    held.send(append("a"), append("b"));
    const first = await ask(url, { key });
    const [, last] = await first.read(2);
    await first.leave();
    expect(await refusal(url, { key })).toBe("409 idempotency_conflict");
    const second = await ask(url, { key, lastEventId: last?.id });
    expect(second.response.headers.get("idempotency-replayed")).toBe("true");
    held.send(append("c"));
    expect((await second.read(1)).map(({ data }) => data)).toEqual(['{"path":"/summary","append":"c"}']);
    await second.leave();
    held.send(append("d"), finish);
    held.end();
    // Whether the answer is over by now, or not yet.
    const third = await ask(url, { key, lastEventId: second.events[0]?.id });
    const rest = await third.read();
    expect(rest.map(({ event }) => event)).toEqual(["delta", "done"]);
    expect(rest[0]?.data).toContain('"d"');
    const whole = await (await ask(url, { key })).read();
    expect(whole).toEqual([...first.events, ...second.events, ...rest]);
    expect(held.calls()).toBe(1);
  });

  test("is followed by several clients at once", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    held.send(append("a"));
    const first = await ask(url, { key });
    const [begin] = await first.read(1);
    const others = await Promise.all([1, 2, 3].map(() => ask(url, { key, lastEventId: begin?.id })));
    held.send(append("b"), finish);
    held.end();
    const whole = await first.read();
    for (const other of others) expect(await other.read()).toEqual(whole.slice(1));
  });

  test("is kept with an error that is final, and frees the key with one that passes", async () => {
    for (const [code, calls] of [
      ["provider_rejected", 1],
      ["stream_cut", 2],
    ] as const) {
      const held = holdStream();
      const { url } = await start(held.gateway);
      const key = newKey();
      held.send(append("a"));
      held.end(new HeadgateError(code));
      const events = await (await ask(url, { key })).read();
      expect(events.at(-1)).toMatchObject({ event: "error" });
      held.send(append("a"));
      held.end(new HeadgateError(code));
      let again = await send(url, { key });
      // The key is free a moment after the client was told.
      while (again.status === 409) again = await send(url, { key });
      expect(again.status).toBe(200);
      expect(await again.text()).toContain(code);
      expect(held.calls()).toBe(calls);
    }
  });

  test("never goes on with the events of another one", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    // Nothing was ever sent under this key.
    expect(await refusal(url, { key, lastEventId: "0123456789ab-1" })).toBe("409 idempotency_unknown");
    expect(held.calls()).toBe(0);
    held.send(append("a"));
    const first = await ask(url, { key });
    const [event] = await first.read(1);
    expect(await refusal(url, { key, lastEventId: "0123456789ab-1" })).toBe("409 idempotency_unknown");
    held.send(finish);
    held.end();
    await first.read();
    expect(await refusal(url, { key, lastEventId: "0123456789ab-1" })).toBe("409 idempotency_unknown");
    expect(await refusal(url, { key, lastEventId: event?.id?.replace(/1$/, "9") })).toBe("409 idempotency_unknown");
    expect(await refusal(url, { key, lastEventId: "7" })).toBe("400 request_invalid");
    expect(await refusal(url, { key, lastEventId: event?.id, body: { a: 1 } })).toBe("422 idempotency_mismatch");
  });

  test("that fails before its first event is an error with a status of its own", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    held.end(new HeadgateError("provider_rejected"));
    expect(await refusal(url, { key })).toBe("502 provider_rejected");
    expect(await refusal(url, { key })).toBe("502 provider_rejected");
    expect(held.calls()).toBe(1);
  });

  test("above 1 MiB reaches its client as a whole, and is not kept", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    const large = Array.from({ length: 30 }, () => append("x".repeat(100_000)));
    held.send(...large, finish);
    held.end();
    const events = await (await ask(url, { key })).read();
    expect(events).toHaveLength(31);
    expect(await refusal(url, { key })).toBe("409 idempotency_unknown");
  });

  test("above 1 MiB ends when nobody reads it", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    held.send(append("a"));
    const first = await ask(url, { key });
    await first.read(1);
    await first.leave();
    held.send(...Array.from({ length: 30 }, () => append("x".repeat(100_000))));
    await held.left;
    let told = await refusal(url, { key });
    while (told === "409 idempotency_conflict") told = await refusal(url, { key });
    expect(told).toBe("409 idempotency_unknown");
  });
});

describe("a provider's own bytes under a key", () => {
  const path = "/v1/chat/completions";
  const body = { model: "local/m", messages: [{ role: "user", content: "Hi" }], stream: true };
  const chunk = (content: string): string =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\r\n\r\n`;

  test("are gone on with at the border of an event, wherever the chunks end", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    held.send(raw(chunk("grü") + chunk("ße") + chunk("!")));
    const first = await ask(url, { key, path, body });
    const events = await first.read(3);
    await first.leave();
    const second = await ask(url, { key, path, body, lastEventId: events[1]?.id });
    held.send({ type: "finish", reason: "stop" }, raw("data: [DONE]\n\n"));
    held.end();
    const rest = await second.read();
    expect(rest.map(({ data }) => data)).toEqual([expect.stringContaining('"!"'), "[DONE]"]);
  });

  test("are read by the official client, with their ids", async () => {
    const held = holdStream();
    const { url } = await start(held.gateway);
    const key = newKey();
    const openai = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0 });
    held.send(raw(chunk("One")));
    const stream = await openai.chat.completions.create(
      { model: "local/m", messages: [{ role: "user", content: "Hi" }], stream: true },
      { headers: { "Idempotency-Key": key } },
    );
    let text = "";
    for await (const { choices } of stream) {
      if (text === "") {
        held.send(raw(chunk(" two")), { type: "finish", reason: "stop" }, raw("data: [DONE]\n\n"));
        held.end();
      }
      text += choices[0]?.delta.content ?? "";
    }
    expect(text).toBe("One two");
  });
});
