import { expect, onTestFinished, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { createApp } from "../app.ts";
import { createFixture } from "../server-fixture.ts";
import type { ServerDependencies } from "../server-dependencies.ts";

const list = { inForce: "v2", declared: "v1", previous: "v1", sets: [] };

function setup(): {
  readonly calls: unknown[];
  readonly ask: (method: "GET" | "POST", url: string, body?: object) => Promise<{ status: number; body: unknown }>;
} {
  const calls: unknown[] = [];
  const routing: ServerDependencies["routing"] = {
    list: () => list,
    use: async (version) => {
      if (version === "v9") throw new HeadgateError("rule_set_not_found");
      calls.push(["use", version]);
      return list;
    },
    rollback: async () => {
      calls.push(["rollback"]);
      return list;
    },
    replay: async (version, sinceMs) => {
      calls.push(["replay", version, sinceMs]);
      return { version, sinceMs } as never;
    },
  };
  const estimate = { provider: "p", model: "m", calls: 3, ratio: 1.2, errorPercent: { plain: 20, calibrated: 3 } };
  const flushRecords = async (): Promise<void> => void calls.push(["flush"]);
  const { dependencies } = createFixture({}, { routing, listTokenEstimates: () => [estimate], flushRecords });
  const { http, context } = createApp(dependencies);
  onTestFinished(async () => {
    context.keys.close();
    await http.close();
  });
  return {
    calls,
    ask: async (method, url, body) => {
      const response = await http.inject({ method, url, headers: { host: "localhost" }, ...(body ? { body } : {}) });
      return { status: response.statusCode, body: response.json() };
    },
  };
}

test("rule sets are listed, switched and rolled back", async () => {
  const { ask, calls } = setup();
  expect(await ask("GET", "/admin/v1/routes")).toEqual({ status: 200, body: list });
  expect(await ask("POST", "/admin/v1/routes", { use: "v2" })).toEqual({ status: 200, body: list });
  expect(await ask("POST", "/admin/v1/routes/rollback")).toEqual({ status: 200, body: list });
  expect(calls).toEqual([["use", "v2"], ["rollback"]]);
});

test("a set that is not declared, and a wish that is none, are refused", async () => {
  const { ask, calls } = setup();
  expect(await ask("POST", "/admin/v1/routes", { use: "v9" })).toMatchObject({
    status: 404,
    body: { code: "rule_set_not_found" },
  });
  for (const body of [{}, { use: "" }, { use: 1 }, { use: "v1", now: true }]) {
    expect(await ask("POST", "/admin/v1/routes", body)).toMatchObject({
      status: 400,
      body: { code: "request_invalid" },
    });
  }
  for (const query of ["", "?version=v1", "?since=0", "?version=v1&since=x", "?version=v1&since=-1"]) {
    expect(await ask("GET", `/admin/v1/routes/replay${query}`)).toMatchObject({ status: 400 });
  }
  expect(calls).toEqual([]);
});

test("a replay sees the records of calls that have just finished", async () => {
  const { ask, calls } = setup();
  const answer = await ask("GET", "/admin/v1/routes/replay?version=v2&since=1795515630456");
  expect(answer).toEqual({ status: 200, body: { version: "v2", sinceMs: 1_795_515_630_456 } });
  expect(calls).toEqual([["flush"], ["replay", "v2", 1_795_515_630_456]]);
});

test("estimates of tokens are told by model", async () => {
  const { ask } = setup();
  expect((await ask("GET", "/admin/v1/token-estimates")).body).toEqual({
    models: [{ provider: "p", model: "m", calls: 3, ratio: 1.2, errorPercent: { plain: 20, calibrated: 3 } }],
  });
});
