import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import type { ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";
import type { ProjectCopy } from "../served-project.ts";

const answer = { summary: "The council approved a bridge.", bullets: ["It replaces a ferry."] };
const input = JSON.stringify({ text: "The council approved a bridge. It replaces a ferry." });

let provider: ScriptedProvider;
let project: ProjectCopy;

beforeAll(async () => {
  provider = await createScriptedProvider({ answer: () => ({ json: answer }) });
  project = copyProject(provider.url);
});

afterAll(async () => {
  await provider.close();
  project.remove();
});

describe("help and usage", () => {
  test("--help lists the commands and each command has its own help", async () => {
    const main = await project.run(["--help"]);
    expect(main.code).toBe(0);
    for (const name of ["init", "dev", "serve", "call", "check", "keys", "doctor"]) {
      expect(main.stdout).toContain(`  ${name} `);
      const own = await project.run([name, "--help"]);
      expect(own.stdout).toContain(`Usage: headgate ${name}`);
    }
  });

  test("an unknown command or option is wrong usage with exit code 2", async () => {
    expect(await project.run(["frobnicate"])).toMatchObject({ code: 2, stdout: "" });
    const wrong = await project.run(["check", "--colour"]);
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("Usage: headgate check");
  });
});

test("init creates a project that has no mistakes and answers a call offline", async () => {
  const created = await project.run(["init", "fresh"]);
  expect(created.code).toBe(0);
  expect((await project.run(["check", "--project", "fresh"])).stdout).toContain("No mistakes");
  const called = await project.run(["call", "summarize", "--project", "fresh", "--input", input]);
  expect(called.stderr).toBe("");
  expect(JSON.parse(called.stdout)).toMatchObject({ status: "ok" });
  const again = await project.run(["init", "fresh"]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("nothing was written");
});

test("check reports every mistake with file and line and exits with 1", async () => {
  const broken = copyProject(provider.url);
  const endpoint = join(broken.folder, "endpoints", "summarize", "endpoint.ts");
  writeFileSync(
    endpoint,
    readFileSync(endpoint, "utf8").replace('route: "standard"', 'route: "nonesuch",\n  timoutMs: 5'),
  );
  const checked = await broken.run(["check", "--json"]);
  expect(checked.code).toBe(1);
  const { problems } = JSON.parse(checked.stdout) as { problems: { file: string; line: number; message: string }[] };
  expect(problems.map(({ file, line }) => `${file}:${line}`)).toEqual([
    "endpoints/summarize/endpoint.ts:8",
    "endpoints/summarize/endpoint.ts:9",
  ]);
  expect(problems[1]?.message).toContain("timeoutMs");
  broken.remove();
});

describe("serving with keys", () => {
  test("serve refuses to start open and says how to make a key", async () => {
    const refused = await project.run(["serve", "--port", "0"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("headgate keys create");
  });

  test("keys work through the running server, take effect at once, and are never stored as text", async () => {
    const first = JSON.parse((await project.run(["keys", "create", "--name", "first", "--json"])).stdout) as {
      secret: string;
    };
    const server = await project.serve({ command: "serve" });
    const call = async (secret: string): Promise<number> => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
      return (await fetch(`${server.url}/api/summarize/v1`, { method: "POST", headers, body: input })).status;
    };
    expect(await call(first.secret)).toBe(200);
    expect(await call(first.secret.slice(0, -1))).toBe(401);
    const second = JSON.parse((await project.run(["keys", "create", "--name", "second", "--json"])).stdout) as {
      id: string;
      secret: string;
    };
    expect(await call(second.secret)).toBe(200);
    expect((await project.run(["keys", "revoke", second.id])).code).toBe(0);
    expect(await call(second.secret)).toBe(401);
    const listed = JSON.parse((await project.run(["keys", "list", "--json"])).stdout) as {
      name: string;
      revokedAtMs?: number;
    }[];
    expect(listed.map(({ name, revokedAtMs }) => [name, revokedAtMs !== undefined])).toEqual(
      expect.arrayContaining([
        ["first", false],
        ["second", true],
      ]),
    );
    const called = await project.run(["call", "summarize", "--input", "-", "--stream"]);
    expect(called.code).toBe(1);
    const streamed = await project.run(["call", "summarize", "--input", input, "--stream"]);
    const events = streamed.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(events.at(-1)).toBe("done");
    expect(events).toContain("delta");
    expect((await project.run(["doctor"])).stdout).toContain(`open in the server on ${server.url}`);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toContain(first.secret);
  });

  test("the data folder is its owner's alone", () => {
    expect(statSync(join(project.folder, ".headgate")).mode & 0o777).toBe(0o700);
  });
});

test("a second server on the same folder is refused with what to do, and the first goes on", async () => {
  const server = await project.serve();
  const second = await project.run(["dev", "--port", "0"]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("store_locked");
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

test("dev reloads a changed project and keeps the last good state on a mistake", async () => {
  const server = await project.serve();
  const config = join(project.folder, "headgate.config.ts");
  const snapshot = async (): Promise<string> =>
    ((await (await fetch(`${server.url}/admin/v1/status`)).json()) as { snapshotId: string }).snapshotId;
  const prompt = join(project.folder, "endpoints", "summarize", "prompts", "1.0.0.prompt");
  const before = await snapshot();
  const original = readFileSync(prompt, "utf8");
  writeFileSync(prompt, original.replace("busy readers", "readers in a hurry"));
  await expect.poll(() => server.output(), { timeout: 10_000 }).toContain("Reloaded");
  const after = await snapshot();
  expect(after).not.toBe(before);
  writeFileSync(config, "export default {");
  await expect.poll(() => server.output(), { timeout: 10_000 }).toContain("the last good state goes on serving");
  expect(await snapshot()).toBe(after);
  expect(await server.stop()).toBe(0);
});
