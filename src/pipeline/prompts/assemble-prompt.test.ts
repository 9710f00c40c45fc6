import { describe, expect, test } from "vitest";
import { wholeReply } from "../../reply.ts";
import type { Call } from "../../call.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import { compileSchema } from "../../endpoint/compile-schema.ts";
import type { LoadedEndpoint, LoadedPrompt } from "../../endpoint/snapshot.ts";
import { assemblePrompt } from "./assemble-prompt.ts";
import { loadPrompt } from "./load-prompt.ts";

function makePrompt(version: string, template: string): LoadedPrompt {
  const text = `---\nversion: ${version}\nconfig: { temperature: 0.2, seed: 1 }\n---\n${template}`;
  const result = loadPrompt({ fileName: `${version}.prompt`, text });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.prompt;
}

const prompts = new Map(
  [
    makePrompt("1.0.0", '{{role "system"}}Old.{{role "user"}}{{text}}'),
    makePrompt("1.1.0", '{{role "system"}}New.{{role "user"}}{{text}}'),
  ].map((prompt) => [prompt.version, prompt]),
);
const output = { type: "object", properties: { summary: { type: "string" } }, additionalProperties: false };
const schema = compileSchema(output, "output");

function makeEndpoint(release: string): LoadedEndpoint {
  return {
    name: "summarize",
    contract: 1,
    description: "",
    input: schema,
    output: schema,
    prompts,
    release,
    route: { use: "standard" },
    normalize: { html: false, overflow: "reject", whitespace: "collapse" },
    validate: { reasks: 2 },
    timeoutMs: 1000,
  };
}

function makeCall(fields: Partial<Call>): Call {
  return {
    requestId: "r",
    startedAtMs: 0,
    deadlineMs: 1000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot: {
      id: "s",
      endpoints: new Map(),
      providers: new Map(),
      models: new Map(),
      tiers: new Map(),
      resilience: defaultResilience,
    },
    messages: [],
    settings: {},
    stream: false,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
    ...fields,
  };
}

async function pass(call: Call): Promise<Call> {
  let passed: Call | undefined;
  await assemblePrompt()(call, async (next) => {
    passed = next;
    return wholeReply({ text: "", toolCalls: [], finishReason: "stop" });
  });
  return passed!;
}

describe("assemblePrompt", () => {
  test("renders the released version, and no other, with the call's input", async () => {
    for (const [release, word] of [
      ["1.0.0", "Old."],
      ["1.1.0", "New."],
    ] as const) {
      const passed = await pass(makeCall({ endpoint: makeEndpoint(release), input: { text: "A" } }));
      expect(passed.messages).toEqual([
        { role: "system", content: word },
        { role: "user", content: "A" },
      ]);
    }
  });

  test("notes the version and hash that were rendered", async () => {
    const call = makeCall({ endpoint: makeEndpoint("1.1.0"), input: { text: "A" } });
    await pass(call);
    expect(call.notes.prompt).toEqual({ version: "1.1.0", sha256: prompts.get("1.1.0")!.sha256 });
  });

  test("asks for the endpoint's output and sets the prompt's settings under those of the call", async () => {
    const call = makeCall({ endpoint: makeEndpoint("1.0.0"), input: { text: "A" }, settings: { temperature: 1 } });
    const passed = await pass(call);
    expect(passed.output).toEqual({ name: "summarize", schema: schema.jsonSchema });
    expect(passed.settings).toEqual({ temperature: 1, seed: 1 });
  });

  test("passes on a call without an endpoint untouched", async () => {
    const call = makeCall({ messages: [{ role: "user", content: "Hi" }] });
    expect(await pass(call)).toBe(call);
    expect(call.notes.prompt).toBeUndefined();
  });

  test("refuses a release that the endpoint does not have", async () => {
    const call = makeCall({ endpoint: makeEndpoint("9.9.9"), input: {} });
    await expect(pass(call)).rejects.toMatchObject({ code: "project_invalid" });
  });

  test.each([undefined, null, "text", [1]])("refuses the input %j", async (input) => {
    const call = makeCall({ endpoint: makeEndpoint("1.0.0"), input });
    await expect(pass(call)).rejects.toMatchObject({ code: "input_invalid" });
  });
});
