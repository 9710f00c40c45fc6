import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { createHeadgate, defineEndpoint } from "../../src/index.ts";
import type { AnswerEvent, Headgate } from "../../src/index.ts";
import { applyDelta } from "../../src/contract/apply-delta.ts";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import type { ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { writeProject } from "../sample-project.ts";

const tagger = defineEndpoint({
  description: "Tags a text.",
  input: z.object({ text: z.string() }),
  output: z.object({ tags: z.array(z.string()), isUrgent: z.boolean() }),
  prompts: { "1.0.0": "---\nversion: 1.0.0\n---\nTag this: {{text}}" },
});

// The folder only holds the library's state here: everything is declared in code.
function open(url: string, dataFolder: string): Headgate<{ readonly tagger: typeof tagger }> {
  return createHeadgate({
    dataFolder,
    endpoints: { tagger },
    providers: { scripted: { type: "openai-chat", baseUrl: url } },
    models: { m: { provider: "scripted" } },
    tiers: { standard: "m" },
  });
}

const dataFolder = mkdtempSync(join(tmpdir(), "headgate-library-"));
let provider: ScriptedProvider;
let headgate: ReturnType<typeof open>;

beforeAll(async () => {
  provider = await createScriptedProvider();
  headgate = open(provider.url, dataFolder);
  await headgate.ready();
});

afterAll(async () => {
  await headgate.close();
  await provider.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

test("an endpoint in code is a typed function", async () => {
  provider.script({ json: { tags: ["bridge"], isUrgent: false } });
  const answer = await headgate.call("tagger", { text: "A bridge." });
  expectTypeOf(answer.tags).toEqualTypeOf<string[]>();
  expectTypeOf(answer.isUrgent).toEqualTypeOf<boolean>();
  expectTypeOf<Parameters<typeof headgate.call<"tagger">>[1]>().toEqualTypeOf<{ text: string }>();
  expect(answer).toMatchObject({ status: "ok", tags: ["bridge"], isUrgent: false, warnings: [] });
});

test("a streamed answer's deltas add up to the whole that ends it", async () => {
  provider.script({ json: { tags: ["bridge", "ferry"], isUrgent: true } });
  const grown: Record<string, unknown> = {};
  const events: AnswerEvent<{ tags: string[]; isUrgent: boolean }>[] = [];
  for await (const event of headgate.stream("tagger", { text: "A bridge." })) {
    if (event.type === "delta") applyDelta(grown, event);
    events.push(event);
  }
  const last = events.at(-1);
  expect(last?.type === "done" && last.answer).toMatchObject({ status: "ok", ...grown });
  expect(grown).toEqual({ tags: ["bridge", "ferry"], isUrgent: true });
});

test("a bad input is refused with its fields before the model is asked", async () => {
  const asked = provider.ledger.requests.length;
  await expect(headgate.call("tagger", { text: 5 } as never)).rejects.toMatchObject({
    code: "input_invalid",
    issues: [{ path: "/text" }],
  });
  expect(provider.ledger.requests).toHaveLength(asked);
});

test("cancelling a call closes the provider's connection", async () => {
  const known = provider.ledger.requests.length;
  provider.script({ hang: true });
  const controller = new AbortController();
  const calling = headgate.call("tagger", { text: "A bridge." }, { signal: controller.signal });
  const seen = await provider.ledger.waitFor((requests) => requests[known]);
  controller.abort();
  await expect(calling).rejects.toMatchObject({ code: "request_cancelled" });
  await provider.ledger.waitFor(() => seen.closedByPeerAtMs !== undefined);
});

test("a project with mistakes is told by the first call", async () => {
  const folder = writeProject({ "endpoints/broken/endpoint.ts": "export default {}" });
  const broken = createHeadgate({ project: folder });
  await expect(broken.call("broken", {})).rejects.toMatchObject({ code: "project_invalid" });
  await broken.close();
});
