import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import type { ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";
import type { ProjectCopy, ServedProject } from "../served-project.ts";

const newsroom = join(import.meta.dirname, "..", "..", "examples", "newsroom");
const article = "The council approved a bridge on Tuesday. It replaces a ferry that carried 400 people a day.";
const good = {
  summary: "The council approved a bridge.",
  bullets: ["It replaces a ferry.", "400 people used it.", "Approved on Tuesday."],
};
const secretProse = "Sure! Here is zanzibar, no JSON at all";

let provider: ScriptedProvider;
let project: ProjectCopy;
let server: ServedProject;

beforeAll(async () => {
  provider = await createScriptedProvider();
  project = copyProject(provider.url, {
    source: newsroom,
    env: { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: "test-key-of-the-upstream" },
  });
  server = await project.serve();
});

afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

async function record(response: Response): Promise<Record<string, unknown>> {
  const found = await fetch(`${server.url}/admin/v1/requests/${response.headers.get("x-request-id")}`);
  return (await found.json()) as Record<string, unknown>;
}

function rungs(row: Record<string, unknown>): string[] {
  return (row["rungs"] as { rung: string; ok: boolean; attempt: number }[]).map(
    ({ rung, ok, attempt }) => `${attempt} ${rung} ${ok ? "ok" : "failed"}`,
  );
}

describe("the newsroom's summarize endpoint", () => {
  test("gives the contract when broken JSON and a broken schema come before a good answer", async () => {
    provider.script({ text: `{"summary": zanzibar` }, { json: { summary: 7, bullets: "none" } }, { json: good });
    const response = await post("/api/summarize/v1", { text: article });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      requestId: response.headers.get("x-request-id"),
      status: "ok",
      ...good,
      warnings: [],
    });
    const row = await record(response);
    expect(row).toMatchObject({ status: "ok", attempts: 3, endpoint: "summarize" });
    expect(rungs(row)).toEqual([
      "1 native failed",
      "1 extract failed",
      "1 repair failed",
      "2 native failed",
      "2 reask failed",
      "3 native ok",
      "3 reask ok",
    ]);
  });

  test("gives the declared fallback after three bad answers", async () => {
    provider.script({ text: secretProse }, { text: secretProse }, { text: secretProse });
    const response = await post("/api/summarize/v1", { text: article });
    const answer = (await response.json()) as Record<string, unknown>;
    expect(response.status).toBe(200);
    expect(answer["status"]).toBe("fallback");
    expect(JSON.stringify(answer)).not.toContain("zanzibar");
    expect(await record(response)).toMatchObject({ status: "fallback", attempts: 3 });
  });

  test("streams the fallback after a reset when the answers went bad midway", async () => {
    const bad = { json: { summary: "Begins well", bullets: "and breaks" } };
    provider.script(bad, bad, bad);
    const response = await post("/api/summarize/v1", { text: article }, { accept: "text/event-stream" });
    const text = await response.text();
    expect(text).toContain("event: reset");
    expect(text).toMatch(/event: done\ndata: \{[^\n]*"status":"fallback"/);
  });
});

test("without a fallback, three bad answers are a 502 problem that names the fields and holds no raw text", async () => {
  const bad = { json: { headline: ["zanzibar"], organisations: "zanzibar", zanzibar: true } };
  provider.script(bad, bad, bad);
  const response = await post("/api/extract/v1", { text: article });
  const text = await response.text();
  expect(response.status).toBe(502);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  const problem = JSON.parse(text) as { code: string; issues: { path: string }[] };
  expect(problem.code).toBe("output_invalid");
  expect(problem.issues.map(({ path }) => path)).toEqual(expect.arrayContaining(["/headline", "/organisations"]));
  expect(text).not.toContain("zanzibar");
});
