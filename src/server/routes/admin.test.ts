import { afterEach, expect, test } from "vitest";
import type { CallRecord } from "../../store/store.ts";
import { createApp } from "../app.ts";
import type { App } from "../app.ts";
import { createFixture, summaryReply } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";
import type { ServerDependencies } from "../server-dependencies.ts";

const apps: App[] = [];

afterEach(async () => {
  for (const { http, context } of apps.splice(0)) {
    context.keys.close();
    await http.close();
  }
});

type Injected = Awaited<ReturnType<App["http"]["inject"]>>;

const adminToken = "t".repeat(43);

interface Setup extends Fixture {
  readonly request: (
    method: "GET" | "POST" | "DELETE",
    url: string,
    payload?: unknown,
    token?: string,
  ) => Promise<Injected>;
}

function setup(overrides: Partial<ServerDependencies> = {}): Setup {
  const gateway = { callEndpoint: async () => summaryReply("Short.") };
  const fixture = createFixture(gateway, {
    auth: "keys",
    adminToken,
    limits: { keyRefreshMs: 3_600_000 },
    ...overrides,
  });
  const app = createApp(fixture.dependencies);
  apps.push(app);
  return {
    ...fixture,
    request: (method, url, payload, token = adminToken) =>
      app.http.inject({
        method,
        url,
        headers: {
          authorization: `Bearer ${token}`,
          ...(payload === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
      }),
  };
}

function toRecord(requestId: string, startedAtMs: number, fields: Partial<CallRecord> = {}): CallRecord {
  return { requestId, startedAtMs, endpoint: "summarize", status: "ok", ...fields } as CallRecord;
}

test("a new key works at once, is shown once, and stops at once when it is revoked", async () => {
  const { request } = setup();
  const created = await request("POST", "/admin/v1/keys", { name: "app", tenant: "acme" });
  expect(created.statusCode).toBe(201);
  const { id, secret } = created.json<{ id: string; secret: string }>();
  const call = (): Promise<Injected> => request("POST", "/api/summarize/v1", { text: "x" }, secret);
  expect((await call()).statusCode).toBe(200);

  const listed = await request("GET", "/admin/v1/keys");
  expect(listed.json()).toMatchObject({ keys: [{ id, name: "app", tenant: "acme", scopes: ["call"] }] });
  expect(listed.body).not.toContain(secret);
  expect(listed.body).not.toContain("sha256");

  expect((await request("DELETE", `/admin/v1/keys/${id}`)).statusCode).toBe(204);
  expect((await call()).statusCode).toBe(401);
  expect((await request("DELETE", `/admin/v1/keys/${id}`)).json()).toMatchObject({
    status: 404,
    code: "key_not_found",
  });
});

test("a key's wishes are checked, and every mistake is named", async () => {
  const { request, store } = setup();
  const response = await request("POST", "/admin/v1/keys", { name: "", scopes: ["root"], color: "red" });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ code: "request_invalid" });
  const paths = response.json<{ issues: { path: string }[] }>().issues.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["/name", "/scopes/0"]));
  expect((await request("POST", "/admin/v1/keys")).statusCode).toBe(400);
  expect(store.keys).toEqual([]);
});

test("records can be read right after their calls, newest first, by filter and by page", async () => {
  const pending = [
    toRecord("0f8fad5b-d9cb-469f-a165-708677289501", 10),
    toRecord("0f8fad5b-d9cb-469f-a165-708677289502", 20, { status: "error" }),
    toRecord("0f8fad5b-d9cb-469f-a165-708677289503", 30, { endpoint: "classify" }),
  ];
  const fixture = setup({ flushRecords: async () => void fixture.store.records.push(...pending.splice(0)) });
  const list = async (query: string): Promise<number[]> => {
    const response = await fixture.request("GET", `/admin/v1/requests${query}`);
    return response.json<{ requests: CallRecord[] }>().requests.map(({ startedAtMs }) => startedAtMs);
  };
  expect(await list("")).toEqual([30, 20, 10]);
  expect(await list("?endpoint=summarize")).toEqual([20, 10]);
  expect(await list("?status=error")).toEqual([20]);
  expect(await list("?before=30&limit=1")).toEqual([20]);
});

test("the next page goes on before the last record's start, to the microsecond", async () => {
  const { request, store } = setup();
  const starts = [1_795_515_630_456.124, 1_795_515_630_456.123, 1_795_515_630_456];
  store.records.push(...starts.map((start, at) => toRecord(`0f8fad5b-d9cb-469f-a165-70867728951${at}`, start)));
  const paged: number[] = [];
  for (let before = 2e12; paged.length < starts.length; before = paged.at(-1)!) {
    const response = await request("GET", `/admin/v1/requests?limit=1&before=${before}`);
    paged.push(response.json<{ requests: [CallRecord] }>().requests[0].startedAtMs);
  }
  expect(paged).toEqual(starts);
});

test("one record is found by its id, in either case", async () => {
  const { request, store } = setup();
  const row = toRecord("0f8fad5b-d9cb-469f-a165-70867728950e", 10);
  store.records.push(row);
  expect((await request("GET", `/admin/v1/requests/${row.requestId.toUpperCase()}`)).json()).toEqual(row);
  for (const id of ["0f8fad5b-d9cb-469f-a165-70867728950f", "1", "%27%20or%201%3D1"]) {
    expect((await request("GET", `/admin/v1/requests/${id}`)).json()).toMatchObject({
      status: 404,
      code: "record_not_found",
    });
  }
});

test.each([
  "limit=0",
  "limit=501",
  "limit=x",
  "before=-1",
  "before=1e16",
  "status=good",
  "endpoint=",
  "unknown=1",
  "limit=1&limit=2",
])("the query %s is refused", async (query) => {
  const { request } = setup();
  const response = await request("GET", `/admin/v1/requests?${query}`);
  expect(response.json()).toMatchObject({ status: 400, code: "request_invalid" });
});

test("the status tells what is served and how it fares", async () => {
  const { request } = setup({ pendingRecords: () => 3 });
  const response = await request("GET", "/admin/v1/status");
  expect(response.json()).toMatchObject({
    version: "1.2.3",
    snapshotId: "5n4p5h0t",
    auth: "keys",
    inFlight: 1,
    draining: false,
    store: { kind: "embedded" },
    recordsPending: 3,
    endpoints: [
      { name: "summarize", contract: 1, release: "1.0.0", prompts: [] },
      { name: "summarize", contract: 2, release: "1.0.0", prompts: [] },
    ],
    providers: [{ name: "local", type: "local" }],
    tiers: { standard: ["offline"] },
  });
  expect(response.headers["cache-control"]).toBe("no-store");
});

test("the breakers are listed where the gateway has some", async () => {
  const breaker = { provider: "local", model: "local", state: "open" };
  const { request } = setup({ listBreakers: () => [breaker] as never });
  const response = await request("GET", "/admin/v1/breakers");
  expect(response.json()).toEqual({ breakers: [breaker] });
  const { request: requestOfNone } = setup();
  expect((await requestOfNone("GET", "/admin/v1/breakers")).json()).toEqual({ breakers: [] });
});
