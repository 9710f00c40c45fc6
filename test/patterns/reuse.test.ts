import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHostileProvider, type HostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import { createDrillProject } from "../faults/drill-project.ts";
import { readRecords } from "../faults/read-records.ts";
import type { ProjectCopy, ServedProject } from "../served-project.ts";

let provider: HostileProvider;
let project: ProjectCopy;
let server: ServedProject;

beforeAll(async () => {
  provider = await createHostileProvider();
  const openai = { baseUrl: provider.url, apiKeyEnv: "DRILL_KEY" };
  project = createDrillProject({
    config: {
      providers: {
        chat: { type: "openai-chat", ...openai },
        responses: { type: "openai-responses", ...openai },
        messages: { type: "anthropic", baseUrl: provider.url, apiKeyEnv: "DRILL_KEY" },
      },
      models: { m: { provider: "chat", model: "ok?tokens=20&pace=5" } },
      tiers: { fast: "m", standard: "m", smart: "m" },
      reuse: { dialects: { ttlSeconds: 600 } },
    },
    endpoints: {
      kept: { ...endpoint, reuse: { ttlSeconds: 600 } },
      plain: endpoint,
    },
  });
  server = await project.serve();
});

afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

beforeEach(() => provider.reset());

const endpoint = {
  description: "Answers.",
  route: "standard",
  input: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  output: { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] },
};

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Told> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const stream = { accept: "text/event-stream" };

function readDone({ text }: Told): Record<string, unknown> {
  const data = /event: done\ndata: (.*)\n/.exec(text)?.[1];
  return JSON.parse(data ?? "{}") as Record<string, unknown>;
}

describe("an endpoint", () => {
  test("says in its head where the answer comes from, plain and streamed", async () => {
    const first = await post("/api/kept/v1", { text: "one" });
    expect([first.status, first.headers.get("x-headgate-cache"), first.headers.get("age")]).toEqual([
      200,
      "miss",
      null,
    ]);
    const again = await post("/api/kept/v1", { text: "one" });
    expect([again.headers.get("x-headgate-cache"), again.headers.get("age")]).toEqual(["hit", "0"]);
    const streamed = await post("/api/kept/v1", { text: "one" }, stream);
    expect([streamed.headers.get("x-headgate-cache"), streamed.headers.get("age")]).toEqual(["hit", "0"]);
    const answers = [JSON.parse(first.text), JSON.parse(again.text), readDone(streamed)] as { requestId: string }[];
    expect(new Set(answers.map(({ requestId: _requestId, ...answer }) => JSON.stringify(answer))).size).toBe(1);
    expect(new Set(answers.map(({ requestId }) => requestId)).size).toBe(3);
    expect(provider.ledger.entries).toHaveLength(1);
    const other = await post("/api/kept/v1", { text: "two" });
    expect(other.headers.get("x-headgate-cache")).toBe("miss");
    const fresh = await post("/api/kept/v1", { text: "one" }, { "cache-control": "no-cache" });
    expect(fresh.headers.get("x-headgate-cache")).toBe("bypass");
    const none = await post("/api/kept/v1", { text: "three" }, { "cache-control": "only-if-cached" });
    expect([none.status, JSON.parse(none.text)]).toEqual([504, expect.objectContaining({ code: "not_cached" })]);
    expect(provider.ledger.entries).toHaveLength(3);
  });

  test("that does not reuse says nothing of it", async () => {
    for (let count = 1; count <= 2; count++) {
      const told = await post("/api/plain/v1", { text: "one" });
      expect([told.status, told.headers.get("x-headgate-cache")]).toEqual([200, null]);
      expect(provider.ledger.entries).toHaveLength(count);
    }
  });

  test("is recorded once for each request, and paid for once", async () => {
    const told = await Promise.all([1, 2, 3].map(() => post("/api/kept/v1", { text: "paid once" })));
    told.push(await post("/api/kept/v1", { text: "paid once" }));
    const records = await readRecords(server.url);
    const own = told.map(({ headers }) => records.get(headers.get("x-request-id")!)!);
    expect(own.map(({ cache }) => cache).sort()).toEqual(["hit", "join", "join", "miss"]);
    const { inputTokens } = provider.ledger.entries[0]!;
    expect(own.reduce((sum, record) => sum + record.inputTokens, 0)).toBe(inputTokens);
    for (const record of own.filter(({ cache }) => cache !== "miss")) {
      expect(record).toMatchObject({ status: "ok", attempts: 0, costMicroUsd: 0, savedInputTokens: inputTokens });
    }
  });

  test("closes the model's stream when the last of its readers leaves", async () => {
    const clients = [new AbortController(), new AbortController()];
    const slow = { text: `slow ${"x".repeat(10)}` };
    provider.setFault("ok?tokens=20&pace=5", "stall");
    const leaving = clients.map(({ signal }) =>
      fetch(`${server.url}/api/kept/v1`, {
        method: "POST",
        headers: { "content-type": "application/json", ...stream },
        body: JSON.stringify(slow),
        signal,
      }).then((response) => response.text()),
    );
    await provider.ledger.waitFor(() => provider.ledger.entries.length === 1, 5000);
    clients[0]!.abort();
    await expect(leaving[0]).rejects.toThrow("aborted");
    expect(provider.ledger.entries[0]!.end).toBe("open");
    clients[1]!.abort();
    await expect(leaving[1]).rejects.toThrow("aborted");
    await provider.ledger.waitFor(() => provider.ledger.entries[0]!.end !== "open", 5000);
    expect(provider.ledger.entries).toHaveLength(1);
  });
});

describe("a dialect", () => {
  const user = [{ role: "user", content: "Hi" }];
  const chat = (model: string): Record<string, unknown> => ({ model, messages: user });
  const messages = (model: string): Record<string, unknown> => ({ model, messages: user, max_tokens: 200 });
  const cases = [
    ["/v1/chat/completions", chat("chat/ok?a=1")],
    ["/v1/chat/completions", chat("messages/ok?a=1")],
    ["/v1/messages", messages("messages/ok?a=2")],
    ["/v1/messages", messages("chat/ok?a=2")],
    ["/v1/responses", { model: "responses/ok?a=3", input: "Hi" }],
    ["/v1/responses", { model: "chat/ok?a=3", input: "Hi" }],
  ] as const;

  for (const [path, body] of cases) {
    test(`${path} of ${body["model"] as string} gives a kept answer plain and streamed, with ids of its own`, async () => {
      const told: Told[] = [];
      for (const isStream of [true, false, true, false]) told.push(await post(path, { ...body, stream: isStream }));
      expect(told.map(({ headers }) => headers.get("x-headgate-cache"))).toEqual(["miss", "hit", "hit", "hit"]);
      expect(provider.ledger.entries).toHaveLength(1);
      expect(new Set(told.map(readText)).size).toBe(1);
      expect(readText(told[0]!)).not.toBe("");
      expect(new Set(told.map(readId)).size).toBe(4);
    });
  }

  test("/v1/embeddings gives kept vectors", async () => {
    const body = { model: "chat/ok", input: ["one", "two"] };
    const told = [await post("/v1/embeddings", body), await post("/v1/embeddings", body)];
    expect(told.map(({ headers }) => headers.get("x-headgate-cache"))).toEqual(["miss", "hit"]);
    const [first, again] = told.map(({ text }) => (JSON.parse(text) as { data: unknown }).data);
    expect(again).toEqual(first);
    expect(provider.ledger.entries).toHaveLength(1);
  });

  test("twins share an answer under way, each with an id of its own", async () => {
    const body = { ...chat("chat/ok?tokens=30&pace=10"), messages: [{ role: "user", content: "twins" }] };
    const told = await Promise.all(
      [true, true, false, true].map((isStream) => post("/v1/chat/completions", { ...body, stream: isStream })),
    );
    const statuses = told.map(({ headers }) => String(headers.get("x-headgate-cache")));
    expect(statuses.toSorted()).toEqual(["join", "join", "join", "miss"]);
    expect(provider.ledger.entries).toHaveLength(1);
    expect(new Set(told.map(readText)).size).toBe(1);
    expect(new Set(told.map(readId)).size).toBe(4);
  });
});

/** All the text of an answer, whatever its form. */
function readText({ text }: Told): string {
  const pieces: string[] = [];
  for (const match of text.matchAll(/"(?:content|text|delta)":("(?:[^"\\]|\\.)*")/g)) {
    // The last events of the Responses API say it all once more.
    const piece = JSON.parse(match[1]!) as string;
    if (piece !== "" && pieces.join("") !== piece) pieces.push(piece);
  }
  return pieces.join("");
}

function readId({ text }: Told): string {
  return /"id":\s?"((?:chatcmpl|msg|resp)[^"]*)"/.exec(text)?.[1] ?? "";
}
