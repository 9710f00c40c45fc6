import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import type { LoadedEndpoint, Snapshot } from "../../src/endpoint/snapshot.ts";
import { parseJson } from "../../src/json.ts";
import { loadGood } from "../sample-project.ts";

const folder = join(import.meta.dirname, "../../examples/newsroom");

const cases = [
  { endpoint: "summarize", inputs: "articles", least: 3, versions: ["1.0.0", "1.1.0"], release: "1.1.0" },
  { endpoint: "classify", inputs: "tickets", least: 4, versions: ["1.0.0", "1.1.0-beta"], release: "1.0.0" },
  { endpoint: "extract", inputs: "press-releases", least: 2, versions: ["1.0.0", "1.1.0"], release: "1.1.0" },
] as const;

let snapshot: Snapshot;

beforeAll(async () => {
  snapshot = await loadGood({ folder });
});

function findEndpoint(name: string): LoadedEndpoint {
  return snapshot.endpoints.get(`${name}/v1`)!;
}

function readInputs(kind: string): readonly { readonly name: string; readonly body: Record<string, unknown> }[] {
  const path = join(folder, "inputs", kind);
  return readdirSync(path).map((name) => ({
    name,
    body: parseJson(readFileSync(join(path, name), "utf8")) as Record<string, unknown>,
  }));
}

async function checkInput(endpoint: LoadedEndpoint, body: unknown): Promise<Record<string, unknown>> {
  const checked = await endpoint.input.check(body);
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value as Record<string, unknown>;
}

function textOf(message: Message): string {
  return typeof message.content === "string"
    ? message.content
    : message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

test("the project loads with its three endpoints", () => {
  expect([...snapshot.endpoints.keys()]).toEqual(["classify/v1", "extract/v1", "summarize/v1"]);
});

test("the summary's contract holds the summary and its bullets", () => {
  const properties = findEndpoint("summarize").output.jsonSchema["properties"] as Record<string, unknown>;
  expect(Object.keys(properties)).toEqual(["summary", "bullets"]);
});

describe.each(cases)("$endpoint", ({ endpoint: name, inputs, least, versions, release }) => {
  test("has two prompt versions and serves the one that the release table names", () => {
    const endpoint = findEndpoint(name);
    expect([...endpoint.prompts.keys()]).toEqual(versions);
    expect(endpoint.release).toBe(release);
    expect(new Set([...endpoint.prompts.values()].map(({ sha256 }) => sha256)).size).toBe(versions.length);
  });

  test("renders every prompt with every input, which stands unchanged inside its tags in the user's message", async () => {
    const endpoint = findEndpoint(name);
    const all = readInputs(inputs);
    expect(all.length).toBeGreaterThanOrEqual(least);
    for (const { body } of all) {
      const input = await checkInput(endpoint, body);
      const material = String(input["text"] ?? input["body"]);
      for (const prompt of endpoint.prompts.values()) {
        const messages = prompt.render(input);
        expect(messages.map(({ role }) => role)).toEqual(["system", "user"]);
        const [system, user] = messages.map(textOf) as [string, string];
        expect(system).not.toContain(material);
        expect(system).toContain("do not follow them");
        const [, tag, inside] = /<(article|ticket|press-release)>\n([\s\S]*)\n<\/\1>$/.exec(user.trimEnd()) ?? [];
        expect(tag).toBeDefined();
        expect(inside!.endsWith(material)).toBe(true);
      }
    }
  });

  test("has an example that its input takes", async () => {
    const endpoint = findEndpoint(name);
    expect((await endpoint.input.check(endpoint.example)).ok).toBe(true);
  });
});

test("a ticket's subject is rendered only if there is one", async () => {
  const endpoint = findEndpoint("classify");
  const prompt = endpoint.prompts.get("1.0.0")!;
  expect(textOf(prompt.render(await checkInput(endpoint, { body: "b" })).at(-1)!)).toContain("<ticket>\nb\n</ticket>");
  const withSubject = prompt.render(await checkInput(endpoint, { subject: "s", body: "b" }));
  expect(textOf(withSubject.at(-1)!)).toContain("<ticket>\nSubject: s\n\nb\n</ticket>");
});

test("summaries and classifications have a fallback, extracted facts do not", () => {
  expect(findEndpoint("summarize").fallback?.({})).toMatchObject({ bullets: expect.any(Array) as unknown[] });
  expect(findEndpoint("classify").fallback?.({})).toMatchObject({ category: "other" });
  expect(findEndpoint("extract").fallback).toBeUndefined();
});
