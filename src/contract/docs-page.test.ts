import { Script } from "node:vm";
import { expect, test } from "vitest";
import { testSnapshot } from "../server/server-fixture.ts";
import type { LoadedEndpoint, Snapshot } from "../endpoint/snapshot.ts";
import { errorCatalogue } from "../errors.ts";
import { docsPageScript } from "./docs-page-script.ts";
import { toDocsPage } from "./docs-page.ts";
import { toOpenApi } from "./openapi.ts";

function toPage(change: Partial<LoadedEndpoint> = {}, auth: "keys" | "open" = "keys"): string {
  const endpoint = { ...(testSnapshot.endpoints.get("summarize/v1") as LoadedEndpoint), ...change };
  const snapshot: Snapshot = { ...testSnapshot, endpoints: new Map([[`${endpoint.name}/v1`, endpoint]]) };
  return toDocsPage(toOpenApi(snapshot, { version: "1.2.3", auth }));
}

test("the page shows each endpoint with its fields, an example to send and what comes back", () => {
  const page = toPage();
  expect(page).toContain("<code>/api/summarize/v1</code>");
  expect(page).toContain("Summarizes a text.");
  for (const field of ["text", "summary", "requestId", "status", "warnings"])
    expect(page).toContain(`<code>${field}</code>`);
  expect(page).toContain('<form data-path="/api/summarize/v1">');
  expect(page).toContain("{&quot;text&quot;:&quot;A long article.&quot;}");
});

test("the page explains every error code where problems' types point", () => {
  const page = toPage();
  for (const code of Object.keys(errorCatalogue)) expect(page).toContain(`id="error-${code}"`);
});

test("nothing that a project declares can become markup", () => {
  const hostile = `</textarea></script><script>alert(1)</script><img src=x onerror="alert(1)">'"\``;
  const schema = {
    type: "object",
    description: hostile,
    properties: { [hostile]: { type: hostile, description: hostile, enum: [hostile], pattern: hostile } },
    required: [hostile],
  };
  const compiled = {
    jsonSchema: schema,
    contractSchema: schema,
    check: (value: unknown) => ({ ok: true, value }) as const,
    fitsPart: () => true,
  };
  const page = toPage({
    name: hostile,
    description: hostile,
    example: { text: hostile },
    input: compiled,
    output: compiled,
  });
  expect(page).toContain("&lt;/textarea&gt;");
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toContain("<img");
  expect(page).not.toMatch(/<[^>]*onerror="/);
});

test("the page loads nothing from anywhere", () => {
  const page = toPage();
  expect(page).not.toMatch(/\s(?:src|href)="(?:https?:)?\/\//);
  expect(page).not.toMatch(/@import|url\(/);
  expect(page).not.toMatch(/\son\w+=|style="/);
});

test("only a server with keys asks for one", () => {
  expect(toPage({}, "keys")).toContain('<input id="key"');
  expect(toPage({}, "open")).not.toContain('<input id="key"');
});

test("a text with quotes survives in the command to paste", () => {
  expect(toPage({ example: { text: "it's" } })).toContain(String.raw`it&#39;\&#39;&#39;s`);
});

test("the page's script is valid JavaScript", () => {
  expect(() => new Script(docsPageScript)).not.toThrow();
});
