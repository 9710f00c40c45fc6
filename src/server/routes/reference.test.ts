import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { parseJson } from "../../json.ts";
import { createApp } from "../app.ts";
import type { App } from "../app.ts";
import { createFixture, testSnapshot } from "../server-fixture.ts";

const apps: App[] = [];

afterEach(async () => {
  for (const { http, context } of apps.splice(0)) {
    context.keys.close();
    await http.close();
  }
});

function setup(gateway: Parameters<typeof createFixture>[0] = {}): App["http"] {
  const app = createApp(createFixture(gateway, { auth: "keys" }).dependencies);
  apps.push(app);
  return app.http;
}

test("the reference needs no key", async () => {
  const http = setup();
  const document = await http.inject("/openapi.json");
  expect(document.statusCode).toBe(200);
  expect(parseJson(document.body)).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" } });
  const root = await http.inject("/");
  expect([root.statusCode, root.headers["location"]]).toEqual([302, "/docs"]);
});

test("the page's policy allows its own script and style, and nothing else", async () => {
  const { body, headers } = await setup().inject("/docs");
  const policy = String(headers["content-security-policy"]);
  const hashOf = (tag: string): string => {
    const [, source = ""] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(body) ?? [];
    return `'sha256-${createHash("sha256").update(source).digest("base64")}'`;
  };
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src ${hashOf("script")};`);
  expect(policy).toContain(`style-src ${hashOf("style")};`);
  expect(policy).not.toContain("unsafe");
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("a changed project changes the reference", async () => {
  let snapshot = testSnapshot;
  const http = setup({
    get snapshot() {
      return snapshot;
    },
    callEndpoint: () => Promise.reject(new Error("not called")),
    callModel: () => Promise.reject(new Error("not called")),
  });
  expect((await http.inject("/docs")).body).toContain("/api/summarize/v2");
  snapshot = { ...testSnapshot, id: "next", endpoints: new Map() };
  expect((await http.inject("/docs")).body).not.toContain("/api/summarize/v2");
  expect((await http.inject("/openapi.json")).body).toContain("next");
});
