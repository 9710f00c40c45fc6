import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { parseJson } from "../../src/json.ts";
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
    for (const { name } of commands) {
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

describe("a mistake in the environment", () => {
  test("is reported by the variable's name, and leaves --help and --version alone", async () => {
    const misled = copyProject(provider.url, { env: { PORT: "8080", HEADGATE_PORT: "abc" } });
    expect(await misled.run(["--help"])).toMatchObject({ code: 0, stderr: "" });
    expect(await misled.run(["--version"])).toMatchObject({ code: 0, stderr: "" });
    const refused = await misled.run(["dev"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toBe("headgate: HEADGATE_PORT must be a port number from 0 to 65535. (config_invalid)\n");
    misled.remove();
  });
});

describe("the reference page", () => {
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "reference", "cli.md"), "utf8");

  test.each(commands)("has a section of $name with every option, and of no other", async ({ name, load }) => {
    const section = page.split("\n## ").find((text) => text.startsWith(`headgate ${name}\n`)) ?? "";
    const named = [...section.matchAll(/^\| `--([a-z-]+)/gm)].map((match) => match[1]);
    expect(named).toEqual(expect.arrayContaining(Object.keys((await load()).options)));
    expect(named).toHaveLength(Object.keys((await load()).options).length);
  });

  test("names every variable that the environment is read for", () => {
    const source = readFileSync(join(import.meta.dirname, "..", "..", "src", "config.ts"), "utf8");
    const variables = new Set(
      Array.from(source.matchAll(/"((?:HEADGATE_)?[A-Z]+(?:_[A-Z]+)*)"/g), (match) => match[1]),
    );
    expect(variables.size).toBeGreaterThan(5);
    for (const variable of variables) expect(page).toContain(`| \`${variable}\` |`);
  });
});

test("doctor makes nothing: a project that was never started has no data folder after it", async () => {
  const untouched = copyProject(provider.url);
  const examined = await untouched.run(["doctor"]);
  expect(examined).toMatchObject({ code: 0, stderr: "" });
  expect(examined.stdout).toContain("is not there yet: it is made at the first start");
  expect(existsSync(join(untouched.folder, ".headgate"))).toBe(false);
  untouched.remove();
});

test("doctor names the variable of a provider's key that is not set", async () => {
  const keyless = copyProject(provider.url);
  const config = join(keyless.folder, "headgate.config.ts");
  writeFileSync(config, readFileSync(config, "utf8").replace("baseUrl:", 'apiKeyEnv: "NOT_SET", baseUrl:'));
  const examined = await keyless.run(["doctor"]);
  expect(examined.code).toBe(1);
  expect(examined.stdout).toMatch(/^FAIL {2}provider: .*NOT_SET/m);
  keyless.remove();
});

test("--json makes results and failures JSON", async () => {
  const created = await project.run(["init", "as-json", "--json"]);
  expect(parseJson(created.stdout)).toMatchObject({
    created: expect.arrayContaining(["headgate.config.ts"]) as string[],
  });
  const failed = await project.run(["call", "nonesuch", "--input", input, "--json"]);
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(parseJson(failed.stderr)).toMatchObject({ error: { code: "endpoint_not_found" } });
  const server = await project.serve({ args: ["--json"] });
  const started =
    server
      .output()
      .split("\n")
      .find((line) => line.includes("server.started")) ?? "";
  expect(parseJson(started)).toMatchObject({
    url: server.url,
    endpoints: [{ name: "summarize", contract: 1, url: `${server.url}/api/summarize/v1` }],
    provider: { declared: true },
  });
  expect(await server.stop()).toBe(0);
});

test("init creates a project that has no mistakes and answers a call offline", async () => {
  const created = await project.run(["init", "fresh"]);
  expect(created.code).toBe(0);
  expect((await project.run(["check", "--project", "fresh"])).stdout).toContain("No mistakes");
  const called = await project.run(["call", "summarize", "--project", "fresh", "--input", input]);
  expect(called.code).toBe(0);
  expect(parseJson(called.stdout)).toMatchObject({ status: "ok" });
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
  const { problems } = parseJson(checked.stdout) as { problems: { file: string; line: number; message: string }[] };
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
    const first = parseJson((await project.run(["keys", "create", "--name", "first", "--json"])).stdout) as {
      secret: string;
    };
    const server = await project.serve({ command: "serve" });
    const call = async (secret: string): Promise<number> => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
      return (await fetch(`${server.url}/api/summarize/v1`, { method: "POST", headers, body: input })).status;
    };
    expect(await call(first.secret)).toBe(200);
    expect(await call(first.secret.slice(0, -1))).toBe(401);
    const second = parseJson((await project.run(["keys", "create", "--name", "second", "--json"])).stdout) as {
      id: string;
      secret: string;
    };
    expect(await call(second.secret)).toBe(200);
    expect((await project.run(["keys", "revoke", second.id])).code).toBe(0);
    expect(await call(second.secret)).toBe(401);
    const listed = parseJson((await project.run(["keys", "list", "--json"])).stdout) as {
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
      .map((line) => parseJson(line) as { type: string });
    expect(events.at(-1)).toMatchObject({ type: "done" });
    const deltas = events.filter(({ type }) => type === "delta");
    expect(deltas).not.toEqual([]);
    for (const delta of deltas) expect(delta).not.toHaveProperty("partial");
    expect((await project.run(["doctor"])).stdout).toContain(`open in the server on ${server.url}`);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toContain(first.secret);
  });

  test("the data folder is its owner's alone", () => {
    expect(statSync(join(project.folder, ".headgate")).mode & 0o777).toBe(0o700);
  });
});

test("a note that a killed server left behind, its process id now another's, misleads no command", async () => {
  const server = await project.serve();
  const note = join(project.folder, ".headgate", "server.json");
  const left = parseJson(readFileSync(note, "utf8")) as object;
  await server.kill();
  writeFileSync(note, JSON.stringify({ ...left, pid: process.pid }));
  expect(await project.run(["keys", "list"])).toMatchObject({ code: 0, stderr: "" });
  expect((await project.run(["doctor"])).stdout).toContain("ok    store: embedded");
  const called = await project.run(["call", "summarize", "--input", input]);
  expect(parseJson(called.stdout)).toMatchObject({ status: "ok" });
});

test("a note of a server that is not there, with an address that somebody else took, is not believed", async () => {
  const note = join(project.folder, ".headgate", "server.json");
  const other = copyProject(provider.url);
  await other.run(["keys", "create", "--name", "first"]);
  const stranger = await other.serve({ command: "serve" });
  writeFileSync(note, JSON.stringify({ url: stranger.url, adminToken: "not-its-token", pid: process.pid }));
  const examined = await project.run(["doctor"]);
  expect(examined.stdout).toContain("ok    store: embedded");
  await stranger.stop();
  other.remove();
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
