import { describe, expect, test } from "vitest";
import type { Call, Route, Target } from "../../call.ts";
import { wholeReply } from "../../reply.ts";
import type { RouteOptions, RouteRule } from "../../endpoint/define-endpoint.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import { toModelEntry } from "../../endpoint/model-entry.ts";
import type { LoadedEndpoint, LoadedPrompt, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { countTokens } from "../../tokens.ts";
import { chooseModel } from "./choose-model.ts";
import { resolveRoute, toTarget } from "./resolve-route.ts";

const snapshot: Snapshot = {
  id: "s1",
  endpoints: new Map(),
  providers: new Map([
    ["openai", { type: "openai-chat", baseUrl: "https://api.openai.com/v1" }],
    ["local", { type: "local" }],
  ]),
  models: new Map([
    ["small", toModelEntry("small", { provider: "openai", model: "gpt-small" })],
    ["big", toModelEntry("big", { provider: "openai", model: "gpt-big" })],
    ["org/open", toModelEntry("org/open", { provider: "local", model: "extractive" })],
  ]),
  tiers: new Map([
    ["fast", ["small"]],
    ["standard", ["small"]],
    ["smart", ["big"]],
  ]),
  resilience: defaultResilience,
};

function makePrompt(version: string, model?: string): LoadedPrompt {
  return { version, sha256: "0", settings: {}, model, render: () => [] };
}

function makeEndpoint(route: RouteOptions, prompts: readonly LoadedPrompt[] = [makePrompt("1.0.0")]): LoadedEndpoint {
  const schema = {
    jsonSchema: {},
    contractSchema: {},
    check: (value: unknown) => ({ ok: true, value }) as const,
    fitsPart: () => true,
  };
  return {
    name: "summarize",
    contract: 1,
    description: "",
    input: schema,
    output: schema,
    prompts: new Map(prompts.map((prompt) => [prompt.version, prompt])),
    release: prompts[0]!.version,
    route,
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
    snapshot,
    messages: [],
    settings: {},
    stream: false,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
    ...fields,
  };
}

async function choose(fields: Partial<Call>, count: (text: string) => Promise<number> = countTokens): Promise<Target> {
  let seen: Route | undefined;
  const call = makeCall(fields);
  await chooseModel({ countTokens: count })(call, async (passed) => {
    seen = passed.route;
    return wholeReply({ text: "", toolCalls: [], finishReason: "stop" });
  });
  expect(call.notes.target).toEqual(toTarget(seen!));
  return toTarget(seen!);
}

const neverCount = async (): Promise<number> => {
  throw new Error("counted without need");
};

describe("an endpoint call", () => {
  test("goes to route.use when no rule holds and the prompt names no model", async () => {
    const endpoint = makeEndpoint({ use: "standard", rules: [{ when: { input: { "/kind": "x" } }, use: "smart" }] });
    expect(await choose({ endpoint, input: { kind: "y" } })).toEqual({
      provider: "openai",
      model: "gpt-small",
      tier: "standard",
      rule: "route.use",
    });
  });

  test("goes where its prompt says before route.use", async () => {
    const endpoint = makeEndpoint({ use: "fast" }, [makePrompt("1.0.0", "big")]);
    expect(await choose({ endpoint, input: {} })).toEqual({ provider: "openai", model: "gpt-big", rule: "prompt" });
  });

  test("goes by the prompt version that was rendered, not by the released one", async () => {
    const endpoint = makeEndpoint({ use: "fast" }, [makePrompt("1.0.0", "big"), makePrompt("1.1.0", "org/open")]);
    const notes = { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] } as const;
    const call = {
      ...notes,
      attempts: [],
      rungs: [],
      warnings: [],
      providerWarnings: [],
      prompt: { version: "1.1.0", sha256: "0" },
    };
    expect((await choose({ endpoint, input: {}, notes: call })).model).toBe("extractive");
  });

  test("takes the first rule that holds, before the prompt's model", async () => {
    const rules: RouteRule[] = [
      { when: { input: { "/tone": "formal" } }, use: "org/open" },
      { when: { input: { "/tone": "brief", "/tags/0": 7 } }, use: "smart" },
      { when: { input: { "/tone": "brief" } }, use: "fast" },
    ];
    const endpoint = makeEndpoint({ use: "standard", rules }, [makePrompt("1.0.0", "big")]);
    expect((await choose({ endpoint, input: { tone: "brief", tags: [7] } })).rule).toBe("route.rules[1]");
    expect((await choose({ endpoint, input: { tone: "brief", tags: [8] } })).rule).toBe("route.rules[2]");
  });

  test("is routed by the exact number of its input's tokens, both bounds included", async () => {
    const text = "Nothing was said about the price of coal in Newcastle.";
    const tokens = await countTokens(text);
    const input = { text, copies: 3 };
    const ruleOf = async (inputTokens: { atLeast?: number; atMost?: number }): Promise<string> => {
      const endpoint = makeEndpoint({ use: "standard", rules: [{ when: { inputTokens }, use: "smart" }] });
      return (await choose({ endpoint, input })).rule;
    };
    expect(await ruleOf({ atMost: tokens })).toBe("route.rules[0]");
    expect(await ruleOf({ atMost: tokens - 1 })).toBe("route.use");
    expect(await ruleOf({ atLeast: tokens })).toBe("route.rules[0]");
    expect(await ruleOf({ atLeast: tokens + 1 })).toBe("route.use");
    expect(await ruleOf({ atLeast: tokens, atMost: tokens })).toBe("route.rules[0]");
  });

  test("meets a lower bound with as many tokens as bytes", async () => {
    const rules: RouteRule[] = [{ when: { inputTokens: { atLeast: 1 } }, use: "smart" }];
    const endpoint = makeEndpoint({ use: "standard", rules });
    expect((await choose({ endpoint, input: { text: "a" } })).rule).toBe("route.rules[0]");
    expect((await choose({ endpoint, input: { text: "" } })).rule).toBe("route.use");
  });

  test("counts tokens only when a rule needs them, and once for all rules", async () => {
    const long = "word ".repeat(500);
    const counted: string[] = [];
    const count = async (text: string): Promise<number> => {
      counted.push(text);
      return 500;
    };
    const rules: RouteRule[] = [
      { when: { input: { "/tone": "formal" }, inputTokens: { atLeast: 1 } }, use: "smart" },
      { when: { inputTokens: { atMost: 100 } }, use: "smart" },
      { when: { inputTokens: { atLeast: 600 } }, use: "smart" },
    ];
    const endpoint = makeEndpoint({ use: "standard", rules });
    await choose({ endpoint, input: { text: long, list: ["a", { deep: "b" }] } }, count);
    expect(counted).toEqual([`${long}\na\nb`]);
    expect((await choose({ endpoint, input: { text: "short" } }, neverCount)).rule).toBe("route.rules[1]");
    const unruled = makeEndpoint({ use: "standard" });
    expect((await choose({ endpoint: unruled, input: { text: long } }, neverCount)).rule).toBe("route.use");
  });

  test("does not see inherited properties of the input", async () => {
    const endpoint = makeEndpoint({
      use: "fast",
      rules: [{ when: { input: { "/constructor/name": "Object" } }, use: "smart" }],
    });
    expect((await choose({ endpoint, input: {} })).rule).toBe("route.use");
  });
});

describe("a chat call", () => {
  test("asks for a model, a tier or provider/model", async () => {
    expect(await choose({ requestedModel: "big" })).toEqual({
      provider: "openai",
      model: "gpt-big",
      rule: "requested",
    });
    expect(await choose({ requestedModel: "fast" })).toEqual({
      provider: "openai",
      model: "gpt-small",
      tier: "fast",
      rule: "requested",
    });
    expect(await choose({ requestedModel: "openai/anything/else" })).toEqual({
      provider: "openai",
      model: "anything/else",
      rule: "requested",
    });
  });

  test("gets a declared model even if its name looks like provider/model", async () => {
    expect((await choose({ requestedModel: "org/open" })).provider).toBe("local");
  });

  test.each(["nope", "", "/", "openai/", "unknown/model", "constructor"])(
    "for %j is refused with a list of what exists",
    async (requestedModel) => {
      const failure = await choose({ requestedModel }).catch((error: unknown) => error);
      expect(HeadgateError.is(failure, "model_not_found")).toBe(true);
      expect((failure as HeadgateError).detail).toBe(
        'Models: small, big, org/open. Tiers: fast, standard, smart. Providers, for "provider/model": openai, local.',
      );
    },
  );
});

describe("a route", () => {
  const models = new Map([
    ["a", toModelEntry("a", { provider: "openai" })],
    ["b", toModelEntry("b", { deployments: [{ provider: "openai", model: "b-1" }, { provider: "local" }] })],
  ]);
  const spread: Snapshot = {
    ...snapshot,
    models,
    tiers: new Map([["smart", ["b", "a"]]]),
  };

  test("of a tier has its models in order, each with its deployments", () => {
    const route = resolveRoute(spread, "smart", "route.use");
    expect(route).toEqual({ candidates: [models.get("b"), models.get("a")], tier: "smart", rule: "route.use" });
    expect(toTarget(route)).toEqual({ provider: "openai", model: "b-1", tier: "smart", rule: "route.use" });
  });

  test("of a model has that alone", () => {
    expect(resolveRoute(spread, "a", "prompt")).toEqual({ candidates: [models.get("a")], rule: "prompt" });
  });

  test("of provider/model has an entry of that name, which carries nothing from the config", () => {
    expect(resolveRoute(spread, "openai/a", "requested")).toEqual({
      candidates: [{ name: "openai/a", deployments: [{ provider: "openai", model: "a", weight: 1 }] }],
      rule: "requested",
    });
  });

  test("is made once for each snapshot, rule and declared name", () => {
    const route = resolveRoute(spread, "smart", "requested");
    expect(resolveRoute(spread, "smart", "requested")).toBe(route);
    expect(resolveRoute(spread, "smart", "prompt")).toMatchObject({ rule: "prompt" });
    const reloaded = { ...spread, tiers: new Map([["smart", ["a"]]]) };
    expect(resolveRoute(reloaded, "smart", "requested").candidates).toEqual([models.get("a")]);
    expect(resolveRoute(spread, "smart", "requested")).toBe(route);
  });
});

test("a name that is longer than any vendor's is not found, since it would go into the call's record", async () => {
  const longest = `openai/${"m".repeat(2041)}`;
  expect(await choose({ requestedModel: longest })).toMatchObject({ model: longest.slice("openai/".length) });
  await expect(choose({ requestedModel: `${longest}m` })).rejects.toMatchObject({ code: "model_not_found" });
});

test("the list of what exists stays short in a large project", () => {
  const models = new Map(
    Array.from(
      { length: 50 },
      (_, index) => [`m${index}`, toModelEntry(`m${index}`, { provider: "local", model: "x" })] as const,
    ),
  );
  const failure = HeadgateError.from(
    (() => {
      try {
        return resolveRoute({ ...snapshot, models, tiers: new Map() }, "nope", "requested");
      } catch (error) {
        return error;
      }
    })(),
  );
  expect(failure.detail).toContain("m19, and 30 more. Tiers: none.");
});
