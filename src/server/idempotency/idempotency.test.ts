import { request as httpRequest } from "node:http";
import { setImmediate } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { EndpointRequest, Gateway } from "../../gateway.ts";
import type { Reply } from "../../reply.ts";
import type { Store } from "../../store/store.ts";
import { createKey } from "../create-key.ts";
import { summaryReply } from "../server-fixture.ts";
import type { ServerDependencies } from "../server-dependencies.ts";
import { useStore, type StartedServer } from "./store-fixture.ts";

const servers = useStore();

beforeAll(async () => {
  for (const { row } of [app, otherApp, otherTenant]) await servers.store().insertKey(row);
});

const app = createKey({ name: "app", tenant: "acme", nowMs: 1 });
const otherApp = createKey({ name: "other", tenant: "acme", nowMs: 1 });
const otherTenant = createKey({ name: "app", tenant: "globex", nowMs: 1 });

/** Answers each call with how many there were, when the test lets it. */
interface CountingGateway extends Partial<Gateway> {
  readonly calls: EndpointRequest[];
}

function countCalls(answer: (call: number, request: EndpointRequest) => Promise<Reply> | Reply): CountingGateway {
  const calls: EndpointRequest[] = [];
  return {
    calls,
    callEndpoint: async (request) => {
      calls.push(request);
      return answer(calls.length, request);
    },
  };
}

const numbered = (call: number): Reply => summaryReply(`Answer ${call}.`);

async function start(gateway: Partial<Gateway>, overrides: Partial<ServerDependencies> = {}): Promise<StartedServer> {
  const started = await servers.start(gateway, { auth: "keys", adminToken, ...overrides });
  const headers = { authorization: `Bearer ${app.secret}` };
  // Until it knows the keys.
  while ((await fetch(`${started.url}/v1/models`, { headers })).status !== 200);
  return started;
}

interface Post {
  readonly key?: string;
  readonly body?: unknown;
  readonly path?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

function post(url: string, { key, body = {}, path = "/api/summarize/v1", ...options }: Post): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${options.secret ?? app.secret}`,
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...options.headers,
    },
    body: JSON.stringify(body),
    signal: options.signal ?? null,
  });
}

interface Seen {
  readonly status: number;
  readonly body: string;
  readonly code: string | undefined;
  readonly replayed: string | null;
  readonly retryAfter: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

async function see(response: Promise<Response>): Promise<Seen> {
  const received = await response;
  const { status, headers } = received;
  const body = await received.text();
  return {
    status,
    body,
    code: /"code":"(\w+)"/.exec(body)?.[1],
    replayed: headers.get("idempotency-replayed"),
    retryAfter: headers.get("retry-after"),
    headers: Object.fromEntries([...headers].filter(([name]) => !/^(?:date|idempotency-replayed)$/.test(name))),
  };
}

let keys = 0;
const newKey = (): string => `key-${++keys}`;

describe("a request with a key", () => {
  test("is carried out once, and answered the same way again", async () => {
    const gateway = countCalls(numbered);
    const { url } = await start(gateway);
    const key = newKey();
    const first = await see(post(url, { key }));
    const again = await see(post(url, { key }));
    const quoted = await see(post(url, { key: `"${key}"` }));
    expect(first).toMatchObject({ status: 200, replayed: null });
    expect(first.body).toContain("Answer 1.");
    for (const replay of [again, quoted]) expect(replay).toEqual({ ...first, replayed: "true" });
    expect(gateway.calls).toHaveLength(1);
  });

  test("is claimed for good before anything is carried out", async () => {
    const order: string[] = [];
    const gateway = countCalls((call) => {
      order.push("carried out");
      return numbered(call);
    });
    const claimKeys: Store["claimKeys"] = async (...claims) => {
      const granted = await servers.store().claimKeys(...claims);
      order.push("claimed");
      return granted;
    };
    const { url } = await start(gateway, { store: { ...servers.store(), claimKeys } });
    expect(await see(post(url, { key: newKey() }))).toMatchObject({ status: 200 });
    expect(order).toEqual(["claimed", "carried out"]);
  });

  test("is told by its JSON, not by how it is written", async () => {
    const { url } = await start(countCalls(numbered));
    const key = newKey();
    await see(post(url, { key, body: { a: 1, b: { c: [1, 2], d: "x" } } }));
    expect(await see(post(url, { key, body: { b: { d: "x", c: [1, 2] }, a: 1 } }))).toMatchObject({ replayed: "true" });
    for (const body of [{ a: 1 }, { a: 1, b: { c: [2, 1], d: "x" } }, [], "x"]) {
      expect(await see(post(url, { key, body }))).toMatchObject({ status: 422, code: "idempotency_mismatch" });
    }
  });

  test("that asks for a stream is another one", async () => {
    const { url } = await start(countCalls(numbered));
    const key = newKey();
    await see(post(url, { key }));
    const asStream = await see(post(url, { key, headers: { accept: "text/event-stream" } }));
    expect(asStream).toMatchObject({ status: 422, code: "idempotency_mismatch" });
  });

  test("never meets one of another tenant, API key or route", async () => {
    const gateway = countCalls(numbered);
    const { url } = await start(gateway);
    const key = newKey();
    const posts: Post[] = [
      { key },
      { key, secret: otherApp.secret },
      { key, secret: otherTenant.secret },
      { key, path: "/api/summarize/v2" },
    ];
    for (const [at, one] of posts.entries()) {
      const seen = await see(post(url, one));
      expect(seen).toMatchObject({ status: 200, replayed: null });
      expect(seen.body).toContain(`Answer ${at + 1}.`);
    }
    for (const [at, one] of posts.entries()) {
      const seen = await see(post(url, one));
      expect(seen.replayed).toBe("true");
      expect(seen.body).toContain(`Answer ${at + 1}.`);
    }
  });

  test("is refused while the first one is at work", async () => {
    const held = Promise.withResolvers<Reply>();
    const begun = Promise.withResolvers<void>();
    const gateway = countCalls(() => {
      begun.resolve();
      return held.promise;
    });
    const { url } = await start(gateway);
    const key = newKey();
    const first = see(post(url, { key }));
    await begun.promise;
    expect(await see(post(url, { key }))).toMatchObject({ status: 409, code: "idempotency_conflict", retryAfter: "1" });
    expect(await see(post(url, { key, body: { a: 1 } }))).toMatchObject({ status: 422, code: "idempotency_mismatch" });
    held.resolve(numbered(1));
    expect(await first).toMatchObject({ status: 200 });
    expect(await see(post(url, { key }))).toMatchObject({ status: 200, replayed: "true" });
    expect(gateway.calls).toHaveLength(1);
  });

  test("is carried out once, however many come at once", async () => {
    const gateway = countCalls(numbered);
    const { url } = await start(gateway);
    const key = newKey();
    const seen = await Promise.all(Array.from({ length: 300 }, () => see(post(url, { key }))));
    expect(gateway.calls).toHaveLength(1);
    const answered = seen.filter(({ status }) => status === 200);
    expect(new Set(answered.map(({ body }) => body)).size).toBe(1);
    expect(answered.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(seen.filter(({ status, code }) => status !== 200 && code !== "idempotency_conflict")).toEqual([]);
  });

  test.each(['""', "a b", "k".repeat(256), '"a", "b"'])("that is malformed is refused: %s", async (key) => {
    const gateway = countCalls(numbered);
    const { url } = await start(gateway);
    expect(await see(post(url, { key }))).toMatchObject({ status: 400, code: "idempotency_key_invalid" });
    expect(gateway.calls).toEqual([]);
  });
});

describe("a failure", () => {
  const fail = (code: ConstructorParameters<typeof HeadgateError>[0]): CountingGateway =>
    countCalls((call) => {
      if (call === 1) throw new HeadgateError(code, { detail: "Try something else." });
      return numbered(call);
    });

  test.each(["provider_rejected", "provider_auth", "context_too_long", "content_filtered", "internal"] as const)(
    "that is final is kept: %s",
    async (code) => {
      const { url } = await start(fail(code));
      const key = newKey();
      const first = await see(post(url, { key }));
      expect(first).toMatchObject({ code, replayed: null });
      expect(first.headers).toMatchObject({ "content-type": "application/problem+json", "cache-control": "no-store" });
      expect(await see(post(url, { key }))).toEqual({ ...first, replayed: "true" });
    },
  );

  test.each([
    "provider_unavailable",
    "output_invalid",
    "deadline_exceeded",
    "overloaded",
    "rate_limited",
    "budget_exceeded",
    "shutting_down",
    "input_invalid",
    "endpoint_not_found",
    "not_cached",
  ] as const)("that can pass, or came before anything was done, frees the key: %s", async (code) => {
    const { url } = await start(fail(code));
    const key = newKey();
    expect(await see(post(url, { key }))).toMatchObject({ code, replayed: null });
    // Another body too: nothing stands for the key.
    const second = await see(post(url, { key, body: { a: 1 } }));
    expect(second).toMatchObject({ status: 200, replayed: null });
    expect(second.body).toContain("Answer 2.");
  });

  test("that nobody expected is logged, kept, and told without its words", async () => {
    const gateway = countCalls(() => {
      throw new Error("secret words");
    });
    const { url, logLines } = await start(gateway);
    const key = newKey();
    const first = await see(post(url, { key }));
    expect(first).toMatchObject({ status: 500, code: "internal" });
    expect(first.body).not.toContain("secret");
    expect(logLines.filter(({ event }) => event === "request.failed")).toHaveLength(1);
    expect(await see(post(url, { key }))).toEqual({ ...first, replayed: "true" });
  });
});

describe("a client that leaves", () => {
  test("finds the answer when it comes back", async () => {
    const held = Promise.withResolvers<Reply>();
    const begun = Promise.withResolvers<EndpointRequest>();
    const gateway = countCalls((_call, request) => {
      begun.resolve(request);
      return held.promise;
    });
    const { url, server } = await start(gateway);
    const key = newKey();
    await leaveOnce(url, key, begun.promise);
    expect((await begun.promise).signal.aborted).toBe(false);
    expect(await see(post(url, { key }))).toMatchObject({ code: "idempotency_conflict" });
    // A server that stops waits for it.
    let isClosed = false;
    const closing = server.close({ drainMs: 30_000 }).then(() => (isClosed = true));
    for (let turn = 0; turn < 500; turn++) await setImmediate();
    expect(isClosed).toBe(false);
    held.resolve(numbered(1));
    await closing;
    const next = await start(gateway);
    const seen = await see(post(next.url, { key }));
    expect(seen).toMatchObject({ status: 200, replayed: "true" });
    expect(seen.body).toContain("Answer 1.");
    expect(gateway.calls).toHaveLength(1);
  });

  test("counts until its work is done, so that those who leave are bounded too", async () => {
    const held = Promise.withResolvers<Reply>();
    let begun = Promise.withResolvers<EndpointRequest>();
    const gateway = countCalls((_call, request) => {
      begun.resolve(request);
      return held.promise;
    });
    const { url } = await start(gateway, { limits: { maxInFlight: 2 } });
    for (let client = 0; client < 2; client++) {
      begun = Promise.withResolvers();
      await leaveOnce(url, newKey(), begun.promise);
    }
    expect(await see(post(url, { key: newKey() }))).toMatchObject({ status: 503, code: "overloaded" });
    held.resolve(numbered(1));
  });
});

/** Sends a request with the key, and is gone once it is being carried out and the server knows that the client left. */
async function leaveOnce(url: string, key: string, begun: Promise<EndpointRequest>): Promise<void> {
  const headers = {
    authorization: `Bearer ${app.secret}`,
    "content-type": "application/json",
    "idempotency-key": key,
    connection: "close",
  };
  const sent = httpRequest(`${url}/api/summarize/v1`, { method: "POST", headers });
  sent.on("error", () => {});
  sent.end("{}");
  await begun;
  sent.destroy();
  for (let left = false; !left;) {
    const { inFlight } = (await (
      await fetch(`${url}/admin/v1/status`, { headers: { authorization: `Bearer ${adminToken}` } })
    ).json()) as { readonly inFlight: number };
    // The one that asks is at work itself.
    left = inFlight <= 1;
  }
}

const adminToken = "t".repeat(43);

describe("answers above 1 MiB", () => {
  test("are given once, and told to be lost after that", async () => {
    const gateway = countCalls(() => summaryReply("x".repeat(1024 * 1024)));
    const { url } = await start(gateway);
    const key = newKey();
    const first = await see(post(url, { key }));
    expect(first.status).toBe(200);
    expect(first.body.length).toBeGreaterThan(1024 * 1024);
    const again = await see(post(url, { key }));
    expect(again).toMatchObject({ status: 409, code: "idempotency_unknown", retryAfter: null });
    expect(again.body).toContain("too large");
    expect(gateway.calls).toHaveLength(1);
  });
});

describe("without a store", () => {
  const down = (): Promise<never> => Promise.reject(new HeadgateError("store_unavailable"));

  test("nothing is carried out under a key, and all else is", async () => {
    const gateway = countCalls(numbered);
    const { url } = await start(gateway, { store: { ...servers.store(), claimKeys: down } });
    const seen = await see(post(url, { key: newKey() }));
    expect(seen).toMatchObject({ status: 503, code: "store_unavailable", retryAfter: "1" });
    expect(gateway.calls).toEqual([]);
    expect(await see(post(url, {}))).toMatchObject({ status: 200 });
  });

  test("the answer is given that could not be kept, and nobody is told another one", async () => {
    const gateway = countCalls(numbered);
    const { url, logLines } = await start(gateway, { store: { ...servers.store(), settleClaim: down } });
    const key = newKey();
    expect(await see(post(url, { key }))).toMatchObject({ status: 200 });
    const again = await see(post(url, { key }));
    expect(again).toMatchObject({ status: 409, code: "idempotency_unknown" });
    expect(logLines.filter(({ event }) => event === "idempotency.not_stored")).toHaveLength(1);
    expect(gateway.calls).toHaveLength(1);
  });
});

describe("a process that ended while it carried out a request", () => {
  test("leaves a key that is answered with what is known, until another one is sent", async () => {
    const never = countCalls(() => new Promise(() => {}));
    const begun = Promise.withResolvers<void>();
    const first = await start({
      callEndpoint: (request) => {
        begun.resolve();
        return never.callEndpoint!(request);
      },
    });
    const key = newKey();
    const cut = new AbortController();
    const lost = post(first.url, { key, signal: cut.signal });
    await begun.promise;
    // As after a kill: the next process has the store, and the claim of one that is no more.
    const gateway = countCalls(numbered);
    const next = await start(gateway);
    const again = await see(post(next.url, { key }));
    expect(again).toMatchObject({ status: 409, code: "idempotency_unknown", retryAfter: null });
    expect(again.body).toContain("with another key");
    expect(gateway.calls).toEqual([]);
    expect(await see(post(next.url, { key: newKey() }))).toMatchObject({ status: 200 });
    cut.abort();
    await expect(lost).rejects.toThrow("aborted");
  });
});
