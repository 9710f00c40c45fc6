import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { configWith, goodProject, writeProject } from "../../../test/sample-project.ts";
import { readEnvironment } from "../../config.ts";
import { parseJson } from "../../json.ts";
import type { Terminal } from "../command.ts";
import { toDataFolder, writeServerNote } from "../data-folder.ts";
import { doctor } from "./doctor.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function run(folder: string, values: { readonly retries?: boolean; readonly json?: boolean } = {}): Promise<Ran> {
  let out = "";
  const terminal: Terminal = {
    cwd: folder,
    environment: readEnvironment({}),
    stdin: (async function* (): AsyncGenerator<string> {})(),
    out: (text) => void (out += text),
    error: () => {},
    untilStopped: () => Promise.reject(new Error("It does not wait.")),
  };
  const code = await doctor.run({ values, positionals: [] }, terminal);
  return { code, out };
}

const declared = configWith(
  'providers: { a: { type: "local" }, b: { type: "local" } },',
  "models: {",
  '  big: { deployments: [{ provider: "a", weight: 3 }, { provider: "b", model: "big-eu" }], timeouts: { firstTokenMs: 4000 } },',
  '  small: { provider: "b" },',
  '  spare: { provider: "a" },',
  "},",
  'tiers: { standard: ["big", "small"], fast: "small" },',
  "resilience: { maxAttempts: 2, timeouts: { firstTokenMs: 9000, wholeAnswerMs: 30000 }, hedge: { afterMs: 1500, maxUsdPerHour: 2 } },",
);

function writeDeclared(): string {
  return writeProject({ ...goodProject, ...declared });
}

/** A running server as far as the doctor asks one. */
async function startServer(folder: string, answers: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    const body = answer ?? { code: "route_not_found", title: "There is nothing here", status: 404 };
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mkdirSync(toDataFolder(folder));
  // A note of this very process is taken for one that a killed server left.
  writeServerNote(toDataFolder(folder), { url, adminToken: "token", pid: process.ppid });
  return url;
}

describe("doctor --retries", () => {
  test("prints what each failure leads to", async () => {
    const { code, out } = await run(writeDeclared(), { retries: true });
    expect(code).toBe(0);
    expect(out).toMatch(/^DECISION +CODE +WHEN +WHY$/m);
    expect(out).toMatch(/^retry +provider_rate_limited +429 /m);
    expect(out).toMatch(/^rotate +provider_auth +401, 403 /m);
    expect(out).toMatch(/^stop +provider_rejected /m);
    for (const [, decision] of out.matchAll(/^(\S+) +[a-z_]+_[a-z_]+ +/gm)) {
      expect(out, `what ${decision} means`).toMatch(new RegExp(`^${decision} +(?:at|as|the) `, "m"));
    }
  });

  test("prints what the project declares: models in order, their deployments and timeouts", async () => {
    const { out } = await run(writeDeclared(), { retries: true });
    const lines = out.split("\n").map((line) => line.split(/ {2,}/));
    const at = lines.findIndex(([tier]) => tier === "TIER");
    expect(lines.slice(at, at + 5)).toEqual([
      ["TIER", "ORDER", "MODEL", "DEPLOYMENTS", "FIRST TOKEN", "BETWEEN CONTENT", "WHOLE ANSWER"],
      ["standard", "1", "big", "a/big x3, b/big-eu x1", "4,000 ms", "usual", "30,000 ms"],
      ["", "2", "small", "b/small", "9,000 ms", "usual", "30,000 ms"],
      ["fast", "1", "small", "b/small", "9,000 ms", "usual", "30,000 ms"],
      ["-", "1", "spare", "a/spare", "9,000 ms", "usual", "30,000 ms"],
    ]);
    expect(out).toContain("2 model calls at most for one request");
    expect(out).toContain("after 1,500 ms without content, for $2 an hour at most");
    expect(out).toContain("Nothing stands by for fast: ");
    expect(out).not.toContain("What the running server sees");
  });

  test("says what holds where nothing is declared", async () => {
    const { out } = await run(writeProject(goodProject), { retries: true });
    expect(out).toContain("3 model calls at most");
    expect(out).toContain("a stream that breaks is started over or continued");
    expect(out).toMatch(/^hedge +off$/m);
    expect(out).toContain("It declares no models.");
  });

  test("says so where no model has a second deployment for hedges", async () => {
    const config = configWith("resilience: { hedge: { afterMs: 500, maxUsdPerHour: 1 } },");
    const { out } = await run(writeProject({ ...goodProject, ...config }), { retries: true });
    expect(out).toContain("for $1 an hour at most: no model has one yet\n");
    expect((await run(writeDeclared(), { retries: true })).out).not.toContain("no model has one yet");
  });

  test("says so where broken streams are not rescued", async () => {
    const config = configWith("resilience: { rescue: false, maxAttempts: 1 },");
    const { out } = await run(writeProject({ ...goodProject, ...config }), { retries: true });
    expect(out).toContain("off: a stream that breaks ends with an error");
    expect(out).toContain("1 model call at most");
  });

  test("is JSON too", async () => {
    const { out } = await run(writeDeclared(), { retries: true, json: true });
    expect(parseJson(out)).toMatchObject({
      decisions: expect.arrayContaining([
        expect.objectContaining({ code: "provider_rate_limited", decision: "retry" }),
      ]) as unknown,
      resilience: { maxAttempts: 2, rescue: { holdBackChars: 0, continuation: true } },
      routes: [
        {
          tier: "standard",
          hasStandby: true,
          candidates: [
            {
              model: "big",
              deployments: [
                { provider: "a", model: "big", weight: 3 },
                { provider: "b", model: "big-eu", weight: 1 },
              ],
              timeouts: { firstTokenMs: 4000, wholeAnswerMs: 30_000 },
            },
            { model: "small" },
          ],
        },
        { tier: "fast", hasStandby: false },
        { tier: null, candidates: [{ model: "spare" }] },
      ],
      breakers: null,
    });
  });

  test("prints the breakers of the running server", async () => {
    const folder = writeDeclared();
    const breaker = { provider: "a", model: "big", state: "open", failuresInWindow: 5, resultsInWindow: 6 };
    const more = { inFlight: 2, limit: 179, latencyMs: 812.4, lastFailure: "provider_overloaded" };
    const providerLimits = { requests: { limit: 60, remaining: 3 }, tokens: { remaining: 1200 } };
    const idle = { provider: "b", model: "big-eu", state: "closed", failuresInWindow: 0, resultsInWindow: 0 };
    const breakers = [
      { ...breaker, ...more },
      { ...idle, inFlight: 0, limit: 256, providerLimits },
    ];
    await startServer(folder, { "/admin/v1/status": {}, "/admin/v1/breakers": { breakers } });
    const { out } = await run(folder, { retries: true });
    expect(out).toMatch(/^a\/big +open +5 of 6 +2 of 179 +812 ms +- +provider_overloaded$/m);
    expect(out).toMatch(/^b\/big-eu +closed +0 of 0 +0 of 256 +- +3 of 60 requests, 1200 tokens +-$/m);
    expect(parseJson((await run(folder, { retries: true, json: true })).out)).toMatchObject({ breakers });
  });

  test("goes without them where the server does not tell", async () => {
    const folder = writeDeclared();
    await startServer(folder, { "/admin/v1/status": {} });
    const { code, out } = await run(folder, { retries: true });
    expect(code).toBe(0);
    expect(out).not.toContain("What the running server sees");
  });

  test("reports the mistakes of a project that does not load", async () => {
    const broken = writeProject({ ...goodProject, ...configWith("resilience: { maxAttempts: 9 },") });
    const { code, out } = await run(broken, { retries: true });
    expect(code).toBe(1);
    expect(out).toContain("headgate.config.ts:2: resilience.maxAttempts: This is 1 to 3.");
    expect(parseJson((await run(broken, { retries: true, json: true })).out)).toMatchObject({ ok: false });
  });
});

describe("doctor tells of the server", () => {
  test("that none is running", async () => {
    const { code, out } = await run(writeDeclared());
    expect(code).toBe(0);
    expect(out).toContain("ok    server: none is running\n");
  });

  test("that another state of the project is served than the folder holds", async () => {
    const folder = writeDeclared();
    const url = await startServer(folder, { "/admin/v1/status": { snapshotId: "0123456789ab" } });
    const { out } = await run(folder);
    expect(out).toContain(`ok    server: answers on ${url}, snapshot 0123456789ab; the folder's is `);
  });

  test("that it is shutting down", async () => {
    const folder = writeDeclared();
    await startServer(folder, { "/admin/v1/status": { snapshotId: "0123456789ab", draining: true } });
    expect((await run(folder)).out).toContain("snapshot 0123456789ab; it is shutting down\n");
  });
});
