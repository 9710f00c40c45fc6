import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { NotFoundError } from "openai";
import { afterEach, expect, test } from "vitest";
import { createKey } from "../create-key.ts";
import { createFixture } from "../server-fixture.ts";
import { createServer } from "../server.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const { secret, row } = createKey({ name: "app", tenant: "acme", nowMs: 1 });

async function setup(): Promise<{ url: string; openai: OpenAI; anthropic: Anthropic }> {
  const { dependencies, store } = createFixture({}, { auth: "keys" });
  store.keys.push(row);
  const server = createServer(dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    openai: new OpenAI({ apiKey: secret, baseURL: `${url}/v1`, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: secret, baseURL: url, maxRetries: 0 }),
  };
}

test("OpenAI's client lists models, tiers, what chooses among them, and endpoints", async () => {
  const { openai } = await setup();
  const { data, object } = await openai.models.list();
  expect(object).toBe("list");
  expect(data.map(({ id, owned_by: owner }) => [id, owner])).toEqual([
    ["offline", "local"],
    ["standard", "headgate"],
    ["auto", "headgate"],
    ["endpoint:summarize", "headgate"],
  ]);
  expect(data.every(({ object: kind, created }) => kind === "model" && Number.isInteger(created))).toBe(true);
});

test.each(["offline", "standard", "auto", "endpoint:summarize", "local/anything", "local/with/slashes"])(
  "OpenAI's client finds %s",
  async (id) => {
    const { openai } = await setup();
    expect(await openai.models.retrieve(id)).toMatchObject({ id, object: "model" });
  },
);

test.each(["unknown", "elsewhere/m", "local/", "endpoint:unknown"])("there is no %s", async (id) => {
  const { openai } = await setup();
  const failure = openai.models.retrieve(id);
  await expect(failure).rejects.toBeInstanceOf(NotFoundError);
  await expect(failure).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

test("Anthropic's client gets the list in its own shape, page by page", async () => {
  const { anthropic } = await setup();
  const ids: string[] = [];
  for await (const model of anthropic.models.list({ limit: 1 })) {
    expect(model).toMatchObject({ type: "model", display_name: model.id });
    ids.push(model.id);
  }
  expect(ids).toEqual(["offline", "standard", "auto", "endpoint:summarize"]);
  expect(await anthropic.models.retrieve("standard")).toMatchObject({ type: "model", id: "standard" });
  const before = await anthropic.models.list({ before_id: "endpoint:summarize", limit: 1 });
  expect(before).toMatchObject({ data: [{ id: "auto" }], has_more: true });
  await expect(anthropic.models.retrieve("unknown")).rejects.toMatchObject({ status: 404 });
  await expect(anthropic.models.list({ limit: 0 })).rejects.toMatchObject({ status: 400 });
});

test("the list needs a key", async () => {
  const { url } = await setup();
  const response = await fetch(`${url}/v1/models`);
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { code: "key_missing", type: "authentication_error" } });
});
