import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEnvironment } from "../../src/config.ts";
import type { ModelDefinition } from "../../src/endpoint/define-config.ts";
import { openGateway, type OpenGateway } from "../../src/gateway.ts";
import { createServer, type Server } from "../../src/server/server.ts";
import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createHostileProvider, type HostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import { createStoreFolder } from "../../src/testing/store-folder.ts";
import { readAll } from "./read-all.ts";

// Official clients at a real server, whose first vendor breaks every stream off: what they read is one answer.

const steady = "ok?text=a&tokens=30";
const faults = ["fin", "fin-in-event", "no-finish", "garbled", "error-mid-overloaded"].flatMap((name) =>
  [1, 2, 7].map((after) => `${name}?after=${after}&text=a&tokens=30`),
);
const vendors = ["openai-chat", "openai-responses", "anthropic"] as const;
// Each has a model of its own: one that fails too often is not asked any more.
const cases = vendors.flatMap((vendor) =>
  faults.map((fault, index) => ({ vendor, fault, model: `${vendor}-${index}`, tier: `first-${vendor}-${index}` })),
);

let hostile: HostileProvider;
let gateway: OpenGateway;
let server: Server;
let url: string;
let removeData: () => void;

beforeAll(async () => {
  hostile = await createHostileProvider();
  const data = await createStoreFolder();
  removeData = () => data.remove();
  const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
  const models: Record<string, ModelDefinition> = {};
  for (const vendor of vendors) models[`${vendor}-steady`] = { provider: vendor, model: steady };
  for (const { vendor, fault, model } of cases) models[model] = { provider: vendor, model: `fault:${fault}` };
  const tiers = Object.fromEntries(cases.map(({ vendor, model, tier }) => [tier, [model, `${vendor}-steady`]]));
  const openaiServer = { baseUrl: hostile.url, apiKeyEnv: "KEY" };
  gateway = await openGateway({
    config: {
      providers: {
        "openai-chat": { type: "openai-chat", ...openaiServer },
        "openai-responses": { type: "openai-responses", ...openaiServer },
        anthropic: { type: "anthropic", ...openaiServer, baseUrl: hostile.url },
      },
      models,
      tiers,
    },
    dataFolder: data.path,
    environment: readEnvironment({ KEY: "k" }),
    sources: [],
    log,
    logCall,
  });
  server = createServer({
    gateway,
    store: gateway.store,
    clock: systemClock,
    logger: log,
    version: "1.0.0",
    auth: "open",
  });
  ({ url } = await server.listen({ host: "127.0.0.1", port: 0 }));
});

afterAll(async () => {
  await server.close({ drainMs: 0 });
  await gateway.close();
  await hostile.close();
  removeData();
});

const user = [{ role: "user" as const, content: "Tell me." }];
const note = { rescued: true, model: steady };

describe.each(cases)("$vendor that breaks off: $fault", ({ tier: model }) => {
  const openai = (): OpenAI => new OpenAI({ apiKey: "k", baseURL: `${url}/v1`, maxRetries: 0 });
  const text = (): string => hostile.textOf(steady);

  test("openai's chat", async () => {
    const chunks = await readAll(await openai().chat.completions.create({ model, messages: user, stream: true }));
    expect(chunks.map(({ choices: [choice] }) => choice?.delta.content ?? "").join("")).toBe(text());
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: "stop" }], headgate: note });
  });

  test("openai's responses", async () => {
    const events = await readAll(await openai().responses.create({ model, input: user, stream: true }));
    const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
    expect(deltas.join("")).toBe(text());
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const response = await openai().responses.stream({ model, input: user }).finalResponse();
    expect(response).toMatchObject({ output_text: text(), headgate: note });
  });

  test("anthropic", async () => {
    const anthropic = new Anthropic({ apiKey: "k", baseURL: url, maxRetries: 0 });
    const stream = anthropic.messages.stream({ model, messages: user, max_tokens: 99 });
    const notes: unknown[] = [];
    stream.on("streamEvent", (event) => {
      if ("headgate" in event) notes.push(event.headgate);
    });
    const { content, stop_reason: reason } = await stream.finalMessage();
    expect(notes).toEqual([note]);
    expect(content.map((block) => (block.type === "text" ? block.text : "")).join("")).toBe(text());
    expect([content.length, reason]).toEqual([1, "end_turn"]);
  });
});
