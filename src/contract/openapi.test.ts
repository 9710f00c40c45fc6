import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { defaultResilience } from "../endpoint/default-resilience.ts";
import { compileSchema } from "../endpoint/compile-schema.ts";
import type { LoadedEndpoint, Snapshot } from "../endpoint/snapshot.ts";
import { toOpenApi } from "./openapi.ts";
import type { OpenApiDocument } from "./openapi.ts";

const redocly = join(import.meta.dirname, "../../node_modules/.bin/redocly");

async function lint(document: OpenApiDocument): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-openapi-"));
  try {
    const file = join(folder, "openapi.json");
    await writeFile(file, JSON.stringify(document));
    await writeFile(join(folder, "redocly.yaml"), "extends:\n  - recommended\ntelemetry: off\n");
    const options = { cwd: folder, env: { ...process.env, REDOCLY_TELEMETRY: "off", CI: "true" } };
    const { stdout, stderr } = await promisify(execFile)(redocly, ["lint", "--max-problems=50", file], options).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function toSnapshot(endpoints: readonly Partial<LoadedEndpoint>[]): Snapshot {
  const loaded = endpoints.map((endpoint) => ({
    name: "summarize",
    contract: 1,
    description: "Summarizes a text.",
    input: compileSchema(z.object({ text: z.string() }), "input"),
    output: compileSchema(z.object({ summary: z.string() }), "output"),
    ...endpoint,
  }));
  return {
    id: "abc123",
    endpoints: new Map(
      loaded.map((endpoint) => [`${endpoint.name}/v${endpoint.contract}`, endpoint as LoadedEndpoint]),
    ),
    providers: new Map(),
    models: new Map(),
    tiers: new Map(),
    resilience: defaultResilience,
  };
}

const node: z.ZodType = z.lazy(() => z.object({ label: z.string(), children: z.array(node) }));

const rich = toSnapshot([
  {
    input: compileSchema(z.object({ text: z.string().min(1), words: z.number().int().default(80) }), "input"),
    example: { text: "A long article." },
  },
  { contract: 2, description: "Summarizes a text. With bullets." },
  {
    name: "extract-entities",
    description: "Finds people's names & dates.",
    output: compileSchema(
      z.object({
        people: z.array(z.object({ name: z.string(), email: z.email().optional() })),
        kind: z.enum(["news", "other"]),
        when: z.iso.date().nullable(),
        score: z.number().min(0).max(1),
      }),
      "output",
    ),
  },
  { name: "outline", output: compileSchema(z.object({ root: node }), "output") },
  {
    name: "raw",
    input: compileSchema(
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: "https://example.org/raw",
        type: "object",
        properties: { item: { $ref: "#/$defs/item" }, literal: { const: { $ref: "#/not/a/reference" } } },
        $defs: { item: { type: "object", properties: { next: { $ref: "#/$defs/item" }, all: { $ref: "#" } } } },
      },
      "input",
    ),
  },
]);

test.each(["keys", "open"] as const)(
  "the document passes Redocly's recommended rules without a warning (%s)",
  async (auth) => {
    const report = await lint(toOpenApi(rich, { version: "1.2.3", auth }));
    expect(report).toContain("Your API description is valid");
    expect(report).not.toMatch(/warning/i);
  },
);

test("a document that breaks the rules is reported", async () => {
  const document = toOpenApi(rich, { version: "1.2.3", auth: "keys" });
  const broken = { ...document, paths: { ...document.paths, "/x": { get: { responses: {} } } } };
  expect(await lint(broken as unknown as OpenApiDocument)).not.toContain("Your API description is valid");
});

test("an endpoint's answer has the envelope around its own fields", () => {
  const { paths, components } = toOpenApi(rich, { version: "1.2.3", auth: "keys" });
  const operation = paths["/api/extract-entities/v1"]?.post;
  expect(operation?.operationId).toBe("extract-entities_v1");
  const answer = components.schemas["ExtractEntitiesV1Answer"];
  expect(Object.keys(answer?.["properties"] as object)).toEqual([
    "requestId",
    "status",
    "people",
    "kind",
    "when",
    "score",
    "warnings",
  ]);
  expect(answer?.["required"]).toEqual(["requestId", "status", "people", "kind", "when", "score", "warnings"]);
});

test("a schema's own references lead to where it stands in the document", () => {
  const { components } = toOpenApi(rich, { version: "1.2.3", auth: "keys" });
  const schema = JSON.stringify(components.schemas["RawV1Input"]);
  expect(schema).toContain('{"$ref":"#/components/schemas/RawV1Input/$defs/item"}');
  expect(schema).toContain('{"$ref":"#/components/schemas/RawV1Input"}');
  expect(schema).toContain('{"const":{"$ref":"#/not/a/reference"}}');
  expect(schema).not.toContain("$id");
});

test("an example answer is shown only when it is valid by the endpoint's schema", () => {
  const snapshot = toSnapshot([
    { name: "easy" },
    { name: "strict", output: compileSchema(z.object({ code: z.string().regex(/^[A-Z]{3}-\d{4}$/) }), "output") },
  ]);
  const { paths } = toOpenApi(snapshot, { version: "1.2.3", auth: "keys" });
  const exampleOf = (path: string): unknown => {
    const response = paths[path]?.post?.responses["200"];
    return response && "content" in response ? response.content?.["application/json"]?.example : undefined;
  };
  expect(exampleOf("/api/easy/v1")).toMatchObject({
    status: "ok",
    summary: expect.any(String) as string,
    warnings: [],
  });
  expect(exampleOf("/api/strict/v1")).toBeUndefined();
});
