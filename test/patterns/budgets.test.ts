import Anthropic, { RateLimitError as AnthropicRateLimitError } from "@anthropic-ai/sdk";
import OpenAI, { RateLimitError as OpenAiRateLimitError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHostileProvider, type HostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import { createDrillProject } from "../faults/drill-project.ts";
import type { ProjectCopy, ServedProject } from "../served-project.ts";

// Each key has a budget of its own. A model call costs a tenth of a cent, if nothing else is said.
const perCallUsd = 0.001;
const budgets = {
  three: { usd: 3 * perCallUsd },
  "three-natively": { usd: 3 * perCallUsd },
  "three-before-a-crash": { usd: 3 * perCallUsd },
  downgraded: { usd: perCallUsd, onExceeded: "downgrade", downgradeTo: "cheap" },
  warned: { usd: perCallUsd, onExceeded: "warn" },
  leaving: { usd: 0.0065 },
  tokens: { tokens: 1000 },
} as const;
type Name = keyof typeof budgets;

let provider: HostileProvider;
let project: ProjectCopy;
let server: ServedProject;
const secrets = new Map<Name, string>();

beforeAll(async () => {
  provider = await createHostileProvider();
  project = createDrillProject({
    config: toConfig(provider.url),
    endpoints: { ask: endpoint },
    env: { HEADGATE_LOG_LEVEL: "info" },
  });
  const [first, ...others] = Object.keys(budgets) as Name[];
  await createKey(first!);
  server = await project.serve({ command: "serve" });
  // These are made by the running server, which is quicker.
  for (const name of others) await createKey(name);
});
afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

async function createKey(name: Name): Promise<void> {
  const created = await project.run(["keys", "create", "--name", name, "--json"]);
  secrets.set(name, (JSON.parse(created.stdout) as { secret: string }).secret);
}

function toConfig(baseUrl: string): unknown {
  const free = { inputPerMillionUsd: 0, outputPerMillionUsd: 0 };
  const price = { ...free, perRequestUsd: perCallUsd };
  return {
    providers: { hostile: { type: "openai-chat", baseUrl } },
    models: {
      plain: { provider: "hostile", model: "ok", price },
      cheap: { provider: "hostile", model: "ok?text=cheap", price: { ...free, perRequestUsd: perCallUsd / 10 } },
      wordy: { provider: "hostile", model: "wordy", price },
      "by-token": {
        provider: "hostile",
        model: "ok?tokens=20&pace=20",
        price: { inputPerMillionUsd: 2, outputPerMillionUsd: 10 },
      },
      unpriced: { provider: "hostile", model: "ok?text=unpriced" },
    },
    tiers: { standard: "wordy" },
    budgets: Object.fromEntries(
      Object.entries(budgets).map(([name, budget]) => [name, { per: "key", only: name, window: "month", ...budget }]),
    ),
  };
}

const text = { type: "string" };
const endpoint = {
  description: "Answers a question.",
  input: { type: "object", properties: { text }, required: ["text"] },
  output: { type: "object", properties: { summary: text }, required: ["summary"], additionalProperties: false },
  route: "standard",
};

const messages = [{ role: "user" as const, content: "Tell me of the bridge." }];

interface Counted<Client> {
  readonly client: Client;
  /** Requests that it has sent. */
  sent: number;
}

/** Clients that ask again by themselves, as they do by default. */
function createClients(name: Name): { readonly openai: Counted<OpenAI>; readonly anthropic: Counted<Anthropic> } {
  const counted = <Client>(create: (fetch: typeof globalThis.fetch) => Client): Counted<Client> => {
    const counting = (...request: Parameters<typeof fetch>): Promise<Response> => {
      result.sent++;
      return fetch(...request);
    };
    const result: Counted<Client> = { sent: 0, client: create(counting) };
    return result;
  };
  const apiKey = secrets.get(name)!;
  return {
    openai: counted((fetch) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, fetch })),
    anthropic: counted((fetch) => new Anthropic({ baseURL: server.url, authToken: apiKey, apiKey: null, fetch })),
  };
}

/** Resolves to the model that the provider was asked for. */
async function chat(name: Name, model: string): Promise<string> {
  const answer = await createClients(name).openai.client.chat.completions.create({ model, messages, max_tokens: 300 });
  return answer.model;
}

function askEndpoint(name: Name): Promise<Response> {
  return fetch(`${server.url}/api/ask/v1`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${secrets.get(name)!}` },
    body: JSON.stringify({ text: "Tell me of the bridge." }),
  });
}

describe("a budget that is used up", () => {
  test("refuses official clients with 429 and the time until it begins anew, and they do not ask again", async () => {
    for (let call = 0; call < 3; call++) await chat("three", "plain");
    const { openai, anthropic } = createClients("three");
    const seen = provider.ledger.entries.length;
    const refused = await openai.client.chat.completions.create({ model: "plain", messages }).catch((error) => error);
    expect(refused).toBeInstanceOf(OpenAiRateLimitError);
    expect(refused).toMatchObject({ status: 429, code: "budget_exceeded" });
    expect(refused.message).toContain('The budget "three" of key');
    expect(refused.message).toContain("0.003000 USD of 0.003000 USD spent this month");
    const untilNextMs = Date.parse(/begins anew at (\S+)\.$/.exec(refused.message)![1]!) - Date.now();
    expect(Number(refused.headers.get("retry-after")) - untilNextMs / 1000).toBeLessThan(60);
    const alike = await anthropic.client.messages
      .create({ model: "plain", messages, max_tokens: 300 })
      .catch((error) => error);
    expect(alike).toBeInstanceOf(AnthropicRateLimitError);
    expect(JSON.stringify(alike.error)).toContain("budget_exceeded");
    expect([openai.sent, anthropic.sent, provider.ledger.entries.length]).toEqual([1, 1, seen]);
  });

  test("counts what is asked once more about an answer, and refuses an endpoint's client with a problem", async () => {
    provider.setFault("wordy", "text-unicode?times=1");
    const seen = provider.ledger.entries.length;
    expect((await askEndpoint("three-natively")).status).toBe(200);
    expect(provider.ledger.entries.length - seen).toBe(2);
    expect((await askEndpoint("three-natively")).status).toBe(200);
    const refused = await askEndpoint("three-natively");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      code: "budget_exceeded",
      status: 429,
      retryable: false,
      detail: expect.stringContaining("0.003000 USD of 0.003000 USD spent this month"),
      retryAfterMs: expect.any(Number),
    });
  });

  test("and downgrades has the cheaper model answer", async () => {
    expect([await chat("downgraded", "plain"), await chat("downgraded", "plain")]).toEqual(["ok", "ok?text=cheap"]);
  });

  test("and only warns lets calls pass, also those whose price is unknown", async () => {
    for (const model of ["plain", "plain", "unpriced"]) expect(await chat("warned", model)).toContain("ok");
  });
});

test("a budget in money refuses a model without a price, whose clients do not ask again", async () => {
  const { openai } = createClients("leaving");
  const refused = openai.client.chat.completions.create({ model: "unpriced", messages });
  await expect(refused).rejects.toMatchObject({ status: 500, code: "price_unknown" });
  expect(openai.sent).toBe(1);
  expect(await chat("tokens", "unpriced")).toBe("ok?text=unpriced");
});

test("a stream that its client has left holds nothing but what it has cost", async () => {
  const { client } = createClients("leaving").openai;
  const stream = await client.chat.completions.create({ model: "by-token", messages, max_tokens: 300, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await provider.ledger.waitFor((entries) => entries.at(-1)?.end.startsWith("client-"));
  // What each may cost is about half of the budget: all three would not fit.
  for (let call = 0; call < 2; call++) expect(await chat("leaving", "by-token")).toContain("ok");
});

test("a killed server's budgets go on where they were, at once", async () => {
  await chat("three-before-a-crash", "plain");
  await server.kill();
  server = await project.serve({ command: "serve" });
  await expect(chat("three", "plain")).rejects.toMatchObject({ code: "budget_exceeded" });
  await chat("three-before-a-crash", "plain");
  await chat("three-before-a-crash", "plain");
  await expect(chat("three-before-a-crash", "plain")).rejects.toMatchObject({ code: "budget_exceeded" });
});
