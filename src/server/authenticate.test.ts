import { afterEach, expect, test } from "vitest";
import type { Caller } from "../gateway.ts";
import { createApp } from "./app.ts";
import type { App } from "./app.ts";
import { createKey } from "./create-key.ts";
import { createFixture, summaryReply } from "./server-fixture.ts";
import type { ServerDependencies } from "./server-dependencies.ts";

const apps: App[] = [];

afterEach(async () => {
  for (const { http, context } of apps.splice(0)) {
    context.keys.close();
    await http.close();
  }
});

type Injected = Awaited<ReturnType<App["http"]["inject"]>>;

const app = createKey({ name: "app", tenant: "acme", nowMs: 1 });
const admin = createKey({ name: "ops", tenant: "acme", scopes: ["admin"], nowMs: 1 });
const adminToken = "t".repeat(43);

async function setup(overrides: Partial<ServerDependencies>): Promise<{
  callers: Caller[];
  readonly request: (method: "GET" | "POST", url: string, headers: Record<string, string>) => Promise<Injected>;
}> {
  const callers: Caller[] = [];
  const gateway = {
    callEndpoint: async (caller: Caller) => {
      callers.push(caller);
      return summaryReply("Short.");
    },
  };
  const { dependencies, store } = createFixture(gateway, overrides);
  store.keys.push(app.row, admin.row);
  const created = createApp(dependencies);
  apps.push(created);
  await created.context.keys.refresh();
  return {
    callers,
    request: (method, url, headers) =>
      created.http.inject({
        method,
        url,
        headers: method === "POST" ? { "content-type": "application/json", ...headers } : headers,
        ...(method === "POST" ? { payload: "{}" } : {}),
      }),
  };
}

const call = "/api/summarize/v1";

test("a call without a key is refused before its body is read", async () => {
  const { request, callers } = await setup({ auth: "keys" });
  const response = await request("POST", call, { "content-type": "text/plain" });
  expect(response.statusCode).toBe(401);
  expect(response.headers["www-authenticate"]).toBe('Bearer realm="headgate"');
  expect(response.json()).toMatchObject({ code: "key_missing" });
  expect(callers).toEqual([]);
});

test("a known key calls as its tenant", async () => {
  const { request, callers } = await setup({ auth: "keys" });
  const response = await request("POST", call, { authorization: `Bearer ${app.secret}` });
  expect(response.statusCode).toBe(200);
  expect(callers).toMatchObject([{ tenant: "acme", keyId: app.row.id }]);
});

test("an unknown key is named invalid by the challenge", async () => {
  const { request } = await setup({ auth: "keys" });
  const { secret } = createKey({ name: "other", nowMs: 1 });
  const response = await request("POST", call, { authorization: `Bearer ${secret}` });
  expect(response.statusCode).toBe(401);
  expect(response.headers["www-authenticate"]).toBe('Bearer realm="headgate", error="invalid_token"');
  expect(response.json()).toMatchObject({ code: "key_invalid" });
});

test("a key may come in the header of Anthropic's clients, or in both headers if it is the same", async () => {
  const { request, callers } = await setup({ auth: "keys" });
  for (const headers of [
    { "x-api-key": app.secret } as Record<string, string>,
    { "x-api-key": app.secret, authorization: `Bearer ${app.secret}` },
  ]) {
    expect((await request("POST", call, headers)).statusCode).toBe(200);
  }
  expect(callers.map(({ keyId }) => keyId)).toEqual([app.row.id, app.row.id]);
});

test("two headers with different keys are refused, whichever of them is known", async () => {
  const { request, callers } = await setup({ auth: "keys", adminToken });
  const { secret: stranger } = createKey({ name: "other", nowMs: 1 });
  for (const [apiKey, bearer] of [
    [app.secret, stranger],
    [stranger, app.secret],
    [app.secret, admin.secret],
    [app.secret, adminToken],
    ["", app.secret],
  ] as const) {
    const response = await request("POST", call, { "x-api-key": apiKey, authorization: `Bearer ${bearer}` });
    expect(response.json(), `${apiKey} ${bearer}`).toMatchObject({ status: 401, code: "key_invalid" });
  }
  expect(callers).toEqual([]);
});

test("what is no key in the header of Anthropic's clients is refused", async () => {
  const { request } = await setup({ auth: "keys" });
  for (const apiKey of ["", "hg_wrong", `${app.secret}, ${app.secret}`, `Bearer ${app.secret}`]) {
    const response = await request("POST", call, { "x-api-key": apiKey });
    expect(response.json(), `x-api-key: ${apiKey}`).toMatchObject({ status: 401, code: "key_invalid" });
  }
});

test("a key does only what its scopes say", async () => {
  const { request } = await setup({ auth: "keys" });
  const asAdmin = await request("GET", "/admin/v1/status", { authorization: `Bearer ${app.secret}` });
  expect(asAdmin.json()).toMatchObject({ status: 403, code: "scope_missing" });
  const asCaller = await request("POST", call, { authorization: `Bearer ${admin.secret}` });
  expect(asCaller.json()).toMatchObject({ status: 403, code: "scope_missing" });
  expect((await request("GET", "/admin/v1/status", { authorization: `Bearer ${admin.secret}` })).statusCode).toBe(200);
});

test("the machine's own token opens the admin API, and nothing near it does", async () => {
  const { request } = await setup({ auth: "keys", adminToken });
  const status = async (token: string): Promise<number> =>
    (await request("GET", "/admin/v1/status", { authorization: `Bearer ${token}` })).statusCode;
  expect(await status(adminToken)).toBe(200);
  for (const wrong of ["", "t", `${adminToken}t`, "u".repeat(43), adminToken.slice(1)])
    expect(await status(wrong)).toBe(401);
});

test("a token that is easy to guess is refused at the start", () => {
  const { dependencies } = createFixture({}, { auth: "keys", adminToken: "short" });
  expect(() => createApp(dependencies)).toThrow("shorter than 32 characters");
});

test("before the keys are read once nobody is called unknown", async () => {
  const { dependencies, store } = createFixture({}, { auth: "keys" });
  store.listKeys = () => Promise.reject(new Error("the store is down"));
  const created = createApp(dependencies);
  apps.push(created);
  const headers = { authorization: `Bearer ${app.secret}` };
  const response = await created.http.inject({ method: "GET", url: "/admin/v1/status", headers });
  expect(response.json()).toMatchObject({ status: 503, code: "not_ready", retryable: true });
});

test("without keys the server answers to loopback names only", async () => {
  const { request, callers } = await setup({ auth: "open" });
  const good = ["localhost", "localhost:8787", "127.0.0.1:1", "127.8.9.1", "[::1]:8787", "app.localhost:80"];
  for (const host of good) expect((await request("POST", call, { host })).statusCode, `Host: ${host}`).toBe(200);
  const bad = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "10.0.0.1",
    "[::2]",
    "127.0.0.1@evil",
    "xlocalhost",
  ];
  for (const host of bad) {
    for (const [method, url] of [
      ["POST", call],
      ["GET", "/admin/v1/requests"],
    ] as const) {
      const response = await request(method, url, { host });
      expect(response.json(), `Host: ${host}`).toMatchObject({ status: 403, code: "origin_forbidden" });
    }
  }
  expect(callers).toHaveLength(good.length);
  expect(callers[0]).toMatchObject({ tenant: "local" });
});

test("without keys another site's page gets nothing", async () => {
  const { request } = await setup({ auth: "open" });
  const status = async (origin: string): Promise<number> =>
    (await request("POST", call, { host: "localhost:8787", origin })).statusCode;
  expect(await status("http://localhost:8787")).toBe(200);
  for (const origin of ["https://evil.example", "http://localhost:3000", "null", ""])
    expect(await status(origin), `Origin: ${origin}`).toBe(403);
});
