import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Part } from "../reply.ts";
import { HeadgateError } from "../errors.ts";
import type { EndpointRequest, Gateway } from "../gateway.ts";
import { createKey } from "../server/create-key.ts";
import { createFixture, streamReply, summaryReply } from "../server/server-fixture.ts";
import { createServer } from "../server/server.ts";
import { createClient, HeadgateClientError } from "./client.ts";
import type { Client, ClientEvent } from "./client.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Summary {
  readonly summary: string;
}

async function setup(gateway: Partial<Gateway>): Promise<{ client: Client; baseUrl: string }> {
  const { secret, row } = createKey({ name: "app", nowMs: 1 });
  const { dependencies, store } = createFixture(gateway, { auth: "keys" });
  store.keys.push(row);
  const server = createServer(dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  return { client: createClient({ baseUrl: `${url}/`, apiKey: secret }), baseUrl: url };
}

function setupStream(parts: (request: EndpointRequest) => AsyncGenerator<Part>): ReturnType<typeof setup> {
  return setup({ callEndpoint: async (request) => streamReply(parts(request)) });
}

/** A server that answers every request with these bytes. */
function setupForeign(status: number, type: string, body: string): Promise<Client> {
  return listen((response) => response.writeHead(status, { "content-type": type }).end(body));
}

async function listen(answer: (response: ServerResponse) => void): Promise<Client> {
  const server = createHttpServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => void server.close());
  return createClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const input = { text: "A long article." };

async function readAll(events: AsyncIterable<ClientEvent<Summary>>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const event of events) seen.push(structuredClone(event));
  return seen;
}

test("a call sends the input and gives the contract", async () => {
  const calls: EndpointRequest[] = [];
  const { client } = await setup({
    callEndpoint: async (request) => {
      calls.push(request);
      return summaryReply("Short.");
    },
  });
  const requestId = "0f8fad5b-d9cb-469f-a165-70867728950e";
  const answer = await client.call<Summary>("summarize", 2, input, { requestId });
  expect(answer).toEqual({ requestId, status: "ok", summary: "Short.", warnings: [] });
  expect(calls).toMatchObject([{ endpoint: "summarize", contract: 2, input, stream: false }]);
});

test("a failed call throws the server's problem", async () => {
  const { client } = await setup({
    callEndpoint: () =>
      Promise.reject(
        new HeadgateError("input_invalid", {
          detail: "See the issues.",
          issues: [{ path: "/text", message: "is missing" }],
        }),
      ),
  });
  const error = await client.call("summarize", 1, {}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HeadgateClientError);
  expect(error).toMatchObject({
    status: 422,
    message: "The input does not match the endpoint's contract. See the issues.",
    problem: { code: "input_invalid", retryable: false, issues: [{ path: "/text", message: "is missing" }] },
  });
});

test("a stream shows the answer as it grows, starts anew after a reset, and ends with the whole", async () => {
  const { client } = await setupStream(async function* () {
    yield { type: "delta", path: "/summary", append: "Lo" };
    yield { type: "delta", path: "/summary", append: "ng" };
    yield { type: "reset", reason: "corrected" };
    yield { type: "delta", path: "/summary", set: "Short." };
    yield { type: "finish", reason: "stop", outcome: { status: "ok", output: { summary: "Short." }, warnings: [] } };
  });
  expect(await readAll(client.stream<Summary>("summarize", 1, input))).toEqual([
    { type: "delta", path: "/summary", append: "Lo", partial: { summary: "Lo" } },
    { type: "delta", path: "/summary", append: "ng", partial: { summary: "Long" } },
    { type: "reset", reason: "corrected", partial: {} },
    { type: "delta", path: "/summary", set: "Short.", partial: { summary: "Short." } },
    {
      type: "done",
      answer: { requestId: expect.any(String) as string, status: "ok", summary: "Short.", warnings: [] },
    },
  ]);
});

test("a stream that fails throws the problem, before or after its first event", async () => {
  const early = await setup({ callEndpoint: () => Promise.reject(new HeadgateError("endpoint_not_found")) });
  await expect(readAll(early.client.stream("summarize", 1, input))).rejects.toMatchObject({
    status: 404,
    problem: { code: "endpoint_not_found" },
  });
  const late = await setupStream(async function* () {
    yield { type: "delta", path: "/summary", append: "Sho" };
    throw new HeadgateError("provider_unavailable");
  });
  await expect(readAll(late.client.stream("summarize", 1, input))).rejects.toMatchObject({
    status: 503,
    problem: { code: "provider_unavailable" },
  });
});

test("leaving the loop early cancels the call on the server", async () => {
  const cancelled = Promise.withResolvers<void>();
  const { client } = await setupStream(async function* ({ signal }) {
    signal.addEventListener("abort", () => cancelled.resolve());
    yield { type: "delta", path: "/summary", append: "Sho" };
    yield await new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  });
  let seen = 0;
  for await (const _event of client.stream("summarize", 1, input)) {
    seen++;
    break;
  }
  await cancelled.promise;
  expect(seen).toBe(1);
});

test("the caller's own signal cancels a call, and its reason is what is thrown", async () => {
  const cancelled = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { client } = await setup({
    callEndpoint: ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          cancelled.resolve();
          reject(signal.reason as Error);
        });
        begun.resolve();
      }),
  });
  const stop = new AbortController();
  const answer = client.call("summarize", 1, input, { signal: stop.signal }).catch((error: unknown) => error);
  await begun.promise;
  const reason = new Error("changed my mind");
  stop.abort(reason);
  expect(await answer).toBe(reason);
  await cancelled.promise;
});

test("events that are not known are skipped, and a stream without an end is an error", async () => {
  const body = 'event: news\ndata: {"x":1}\n\n: comment\n\nevent: delta\ndata: {"path":"/summary","append":"Sho"}\n\n';
  const client = await setupForeign(200, "text/event-stream", body);
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const event of client.stream("summarize", 1, input)) seen.push(event.type);
  })();
  await expect(reading).rejects.toThrow("ended before the answer was complete");
  expect(seen).toEqual(["delta"]);
});

test("a proxy's page in place of an answer is an error with its status and without a problem", async () => {
  const client = await setupForeign(502, "text/html", "<h1>Bad Gateway</h1>");
  await expect(client.call("summarize", 1, input)).rejects.toMatchObject({ status: 502, problem: undefined });
});

test("an answer that is not JSON, or not an object, is an error with its status and without a problem", async () => {
  for (const body of ["<h1>Welcome</h1>", "[]"]) {
    const client = await setupForeign(200, "text/html", body);
    const error = await client.call("summarize", 1, input).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HeadgateClientError);
    expect(error).toMatchObject({ status: 200, problem: undefined });
  }
});

test("a connection that breaks within a stream, and an event that is not JSON, are errors of the client", async () => {
  const growing = 'event: delta\ndata: {"path":"/summary","append":"Sho"}\n\n';
  const broken = await listen((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(growing, () => response.destroy());
  });
  const unreadable = await setupForeign(200, "text/event-stream", "event: delta\ndata: {\n\n");
  for (const client of [broken, unreadable]) {
    const error = await readAll(client.stream("summarize", 1, input)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HeadgateClientError);
    expect(error).toMatchObject({ status: 200, problem: undefined });
  }
});

test("a server that cannot be reached is an error with status 0", async () => {
  const client = createClient({ baseUrl: "http://127.0.0.1:1" });
  await expect(client.call("summarize", 1, input)).rejects.toMatchObject({ name: "HeadgateClientError", status: 0 });
});

test("browsers can load the client: nothing that it imports is Node's", () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, "utf8");
    expect(source, `the imports of ${file}`).not.toMatch(/from "node:/);
    for (const [, path] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)"/gm)) {
      visit(join(file, "..", path ?? ""));
    }
  };
  visit(join(import.meta.dirname, "client.ts"));
  expect(seen.size).toBeGreaterThan(3);
});

test("a call under a key sends it quoted, and a stream too", async () => {
  const seen: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    seen.push(new Headers(init?.headers).get("idempotency-key"));
    return new Response("{}", { status: 500 });
  };
  const client = createClient({ baseUrl: "http://x.test", fetch });
  for (const options of [{ idempotencyKey: 'my "key" \\ 1' }, {}]) {
    await expect(client.call("summarize", 1, input, options)).rejects.toThrow("500");
    await expect(readAll(client.stream("summarize", 1, input, options))).rejects.toThrow("500");
  }
  expect(seen).toEqual(['"my \\"key\\" \\\\ 1"', '"my \\"key\\" \\\\ 1"', null, null]);
});
