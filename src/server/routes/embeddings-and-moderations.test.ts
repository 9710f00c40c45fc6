import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEnvironment } from "../../config.ts";
import { openGateway } from "../../gateway.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { createStoreFolder } from "../../testing/store-folder.ts";
import { findSpecViolations } from "../../../test/specs/openai-spec.ts";
import { parseJson } from "../../json.ts";
import { createFixture } from "../server-fixture.ts";
import { createServer } from "../server.ts";

const opened = new AsyncDisposableStack();
const seen: { path: string; body: Record<string, unknown> }[] = [];
const logged: string[] = [];
let answer: unknown;
let openai: OpenAI;
let url: string;

beforeAll(async () => {
  const vendor = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = parseJson(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      seen.push({ path: request.url ?? "", body });
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  vendor.listen(0, "127.0.0.1");
  await once(vendor, "listening");
  opened.defer(() => vendor.closeAllConnections());
  const baseUrl = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/v1`;
  const data = await createStoreFolder();
  opened.defer(() => data.remove());
  const destination = { write: (line: string) => void logged.push(line) };
  const { log, logCall } = createLogger({ level: "warn", destination });
  const keys = { OPENAI_API_KEY: "sk-1", MISTRAL_API_KEY: "sk-2", GROQ_API_KEY: "sk-3" };
  const gateway = await openGateway({
    config: {
      providers: {
        offline: { type: "local" },
        openai: { type: "openai-chat", vendor: "openai", baseUrl },
        mistral: { type: "openai-chat", vendor: "mistral", baseUrl },
        groq: { type: "openai-chat", vendor: "groq", baseUrl },
      },
      models: { embed: { provider: "offline" }, "omni-moderation-latest": { provider: "openai" } },
    },
    dataFolder: data.path,
    environment: readEnvironment(keys),
    sources: [],
    log,
    logCall,
  });
  opened.defer(() => gateway.close());
  const server = createServer(createFixture(gateway).dependencies);
  opened.defer(() => server.close({ drainMs: 0 }));
  ({ url } = await server.listen({ host: "127.0.0.1", port: 0 }));
  openai = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0 });
});

afterAll(() => opened.disposeAsync());

describe("embeddings", () => {
  test("come from the built-in engine, in either encoding", async () => {
    // The client asks for base64 and reads it.
    const encoded = await openai.embeddings.create({ model: "embed", input: ["A cat.", "A dog."] });
    const floats = await openai.embeddings.create({
      model: "embed",
      input: ["A cat.", "A dog."],
      encoding_format: "float",
    });
    expect(encoded.data).toHaveLength(2);
    expect(encoded.data[0]?.embedding).toHaveLength(384);
    for (const [at, number] of floats.data[1]!.embedding.entries()) {
      expect(encoded.data[1]!.embedding[at]).toBeCloseTo(number, 5);
    }
    expect(findSpecViolations("embeddings", floats)).toEqual([]);
    expect(floats).toMatchObject({ model: "embed", usage: { prompt_tokens: expect.any(Number) as number } });
  });

  test("of a provider of the dialect come back byte by byte", async () => {
    answer = { object: "list", data: [{ index: 0, embedding: [1], own: true }], usage: { prompt_tokens: 3 }, own: 1 };
    const body = { model: "openai/text-embedding-3-small", input: [1, 2], encoding_format: "float", own: true };
    const response = await post("/v1/embeddings", body);
    expect(await response.text()).toBe(JSON.stringify(answer));
    expect(seen.at(-1)).toEqual({ path: "/v1/embeddings", body: { ...body, model: "text-embedding-3-small" } });
  });

  test("at an unknown price are told once in the log", async () => {
    answer = { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 3 } };
    for (const input of ["a", "b"]) await post("/v1/embeddings", { model: "openai/priceless", input });
    const told = logged.map((line) => parseJson(line)).filter((line) => JSON.stringify(line).includes("priceless"));
    expect(told).toMatchObject([{ event: "price.unknown", provider: "openai", model: "priceless" }]);
  });

  test("of tokens are refused where texts are needed", async () => {
    const response = await post("/v1/embeddings", { model: "embed", input: [1, 2] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "not_translatable", param: "input" } });
  });

  test("are refused by a provider without them", async () => {
    const response = await post("/v1/embeddings", { model: "groq/m", input: "x" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "not_translatable" } });
  });

  test("say what was left out", async () => {
    const response = await post("/v1/embeddings", { model: "embed", input: "x", user: "u", dimensions: 3 });
    expect(response.headers.get("headgate-warning")).toContain("/user was dropped");
    expect(response.headers.get("headgate-warning")).toContain("dimensions is not offered");
  });
});

describe("moderation", () => {
  test("of OpenAI passes through, for a client that names no model", async () => {
    const result = { flagged: true, categories: { hate: true }, category_scores: { hate: 0.9 }, own: 1 };
    answer = { id: "modr-1", model: "omni-moderation-2024-09-26", results: [result] };
    expect(await openai.moderations.create({ input: "Hmpf." })).toMatchObject({ id: "modr-1", results: [result] });
    expect(seen.at(-1)).toEqual({ path: "/v1/moderations", body: { model: "omni-moderation-latest", input: "Hmpf." } });
  });

  test("of Mistral is translated", async () => {
    answer = { id: "x", results: [{ categories: { pii: true }, category_scores: { pii: 0.8 } }] };
    const { results } = await openai.moderations.create({
      model: "mistral/mistral-moderation-latest",
      input: ["My IBAN."],
    });
    expect(results).toMatchObject([{ flagged: true, categories: { pii: true }, category_scores: { pii: 0.8 } }]);
    expect(seen.at(-1)?.body).toEqual({ model: "mistral-moderation-latest", input: ["My IBAN."] });
  });

  test("of an image is refused by a provider of texts", async () => {
    const input = [{ type: "image_url" as const, image_url: { url: "https://x.test/a.png" } }];
    await expect(openai.moderations.create({ model: "mistral/m", input })).rejects.toMatchObject({
      status: 400,
      code: "not_translatable",
    });
  });
});

function post(path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}
