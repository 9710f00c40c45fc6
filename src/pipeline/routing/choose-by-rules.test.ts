import { describe, expect, test } from "vitest";
import type { Call, RouteFeatures, Target } from "../../call.ts";
import type { RoutingRule, TaskKind } from "../../endpoint/define-routing.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import { toModelEntry } from "../../endpoint/model-entry.ts";
import type { LoadedEndpoint, Snapshot } from "../../endpoint/snapshot.ts";
import { countPrompt, estimatePrompt } from "../../prompt-tokens.ts";
import { wholeReply } from "../../reply.ts";
import { chooseModel, type ChooseModelOptions } from "./choose-model.ts";

const snapshot: Snapshot = {
  id: "s1",
  endpoints: new Map(),
  providers: new Map([["openai", { type: "openai-chat", baseUrl: "https://api.openai.com/v1" }]]),
  models: new Map(["small", "middle", "big"].map((name) => [name, toModelEntry(name, { provider: "openai" })])),
  tiers: new Map([
    ["fast", ["small"]],
    ["standard", ["middle"]],
    ["smart", ["big"]],
  ]),
  resilience: defaultResilience,
};

function withRules(rules: readonly RoutingRule[], others: readonly RoutingRule[] = []): Snapshot {
  const sets = [
    { version: "v1", rules, otherwise: "standard" },
    { version: "v2", rules: others, otherwise: "smart" },
  ];
  return { ...snapshot, routing: { sets: new Map(sets.map((set) => [set.version, set])), use: "v1" } };
}

function endpointOf(fields: Partial<LoadedEndpoint> = {}): LoadedEndpoint {
  return {
    name: "summarize",
    prompts: new Map(),
    release: "1.0.0",
    route: { use: "auto" },
    ...fields,
  } as Partial<LoadedEndpoint> as LoadedEndpoint;
}

interface Chosen {
  readonly target: Target;
  readonly routing: Call["notes"]["routing"];
}

async function choose(fields: Partial<Call>, options: ChooseModelOptions = {}): Promise<Chosen> {
  const call: Call = {
    requestId: "r",
    startedAtMs: Date.parse("2026-11-24T12:00:00Z") + 0.25,
    deadlineMs: 1000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot,
    messages: [],
    settings: {},
    stream: false,
    requestedModel: "auto",
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
    ...fields,
  };
  await chooseModel(options)(call, async () => wholeReply({ text: "", toolCalls: [], finishReason: "stop" }));
  return { target: call.notes.target!, routing: call.notes.routing };
}

function say(text: string): Pick<Call, "messages"> {
  return { messages: [{ role: "user", content: text }] };
}

const words = (count: number): string => "bridge ".repeat(count);

describe("without rule sets of its own a project goes by those that come with Headgate", () => {
  test.each<[string, number, string, string]>([
    ["classification", 3000, "fast", "default.rules[0]"],
    ["extraction", 10, "fast", "default.rules[0]"],
    ["coding", 10, "smart", "default.rules[1]"],
    ["analysis", 10, "smart", "default.rules[1]"],
    ["summarization", 10, "fast", "default.rules[2]"],
    ["summarization", 1000, "standard", "default.otherwise"],
    ["summarization", 3000, "smart", "default.rules[3]"],
  ])("the task %s with %i words goes to %s", async (task, count, tier, rule) => {
    const { target } = await choose({ endpoint: endpointOf({ task: task as TaskKind }), ...say(words(count)) });
    expect(target).toMatchObject({ tier, rule });
    const chat = await choose({ metadata: { task }, ...say(words(count)) });
    expect(chat.target).toMatchObject({ tier, rule });
  });

  test("what a client says of an endpoint's task does not count", async () => {
    const { target } = await choose({ endpoint: endpointOf(), metadata: { task: "coding" }, ...say(words(1000)) });
    expect(target.tier).toBe("standard");
  });

  test("a tier that the project does not declare is answered by standard", async () => {
    const few = { ...snapshot, tiers: new Map([["standard", ["middle"]]]) };
    for (const task of ["coding", "extraction"]) {
      expect((await choose({ snapshot: few, metadata: { task } })).target).toMatchObject({
        tier: "standard",
        model: "middle",
      });
    }
  });

  test("a project without it as well is told what it lacks", async () => {
    const none = { ...snapshot, tiers: new Map() };
    await expect(choose({ snapshot: none })).rejects.toMatchObject({
      code: "model_not_found",
      detail: expect.stringContaining('a tier "standard"'),
    });
  });
});

describe("the project's rule set in force", () => {
  const rules: readonly RoutingRule[] = [
    { when: { hasImages: true }, use: "big" },
    { when: { hasTools: true, team: "web" }, use: "smart" },
    { when: { budgetLeft: { atMost: 0.1 } }, use: "small" },
  ];

  test("chooses, and its version and what it was told are noted", async () => {
    const { target, routing } = await choose(
      {
        snapshot: withRules(rules),
        tools: [{ name: "look-up", parameters: { type: "object" } }],
        keyId: "k1",
        keyName: "app",
        team: "web",
        metadata: { task: "chat", plan: "pro" },
        ...say("Where is my parcel?"),
      },
      { budgetLeft: () => ({ monthly: 0.5 }) },
    );
    expect(target).toMatchObject({ tier: "smart", model: "big", rule: "v1.rules[1]" });
    expect(routing).toEqual({
      version: "v1",
      features: {
        task: "chat",
        tokens: expect.any(Number),
        hasTools: true,
        keyId: "k1",
        keyName: "app",
        team: "web",
        metadata: { task: "chat", plan: "pro" },
        atMs: Date.parse("2026-11-24T12:00:00Z"),
        budgetLeft: { monthly: 0.5 },
      },
    });
    expect(JSON.stringify(routing)).not.toContain("parcel");
  });

  test("is told which budget is running out", async () => {
    const { target } = await choose({ snapshot: withRules(rules) }, { budgetLeft: () => ({ a: 0.9, b: 0.05 }) });
    expect(target).toMatchObject({ model: "small", rule: "v1.rules[2]" });
    expect((await choose({ snapshot: withRules(rules) })).target.rule).toBe("v1.otherwise");
  });

  const image = { type: "image", url: "data:image/png;base64,AAAA" } as const;

  test.each<[string, Partial<Call>]>([
    ["a message", { messages: [{ role: "user", content: [image] }] }],
    [
      "a chat's own body",
      { foreign: { dialect: "openai-chat", body: { messages: [{ role: "user", content: [{ type: "image_url" }] }] } } },
    ],
    [
      "a response's own body",
      {
        foreign: {
          dialect: "openai-responses",
          body: { input: [{ type: "function_call_output", output: [{ type: "input_image", file_id: "f" }] }] },
        },
      },
    ],
    [
      "a tool's result",
      {
        foreign: {
          dialect: "anthropic-messages",
          body: { messages: [{ role: "user", content: [{ type: "tool_result", content: [{ type: "image" }] }] }] },
        },
      },
    ],
  ])("sees an image in %s", async (_where, fields) => {
    const { target, routing } = await choose({ snapshot: withRules(rules), ...fields });
    expect(target.rule).toBe("v1.rules[0]");
    expect(routing?.features.hasImages).toBe(true);
  });

  test("is not asked where the call, a rule of the endpoint or its prompt names a model", async () => {
    const of = withRules(rules);
    const named = await choose({ snapshot: of, requestedModel: "fast" });
    expect(named).toMatchObject({ target: { tier: "fast", rule: "requested" }, routing: undefined });
    const prompt = { version: "1.0.0", sha256: "0", settings: {}, model: "big", render: () => [] };
    const endpoint = endpointOf({ prompts: new Map([["1.0.0", prompt]]) });
    expect((await choose({ snapshot: of, endpoint, input: {} })).target.rule).toBe("prompt");
    const ruled = endpointOf({ route: { use: "auto", rules: [{ when: { input: { "/x": 1 } }, use: "small" }] } });
    expect((await choose({ snapshot: of, endpoint: ruled, input: { x: 1 } })).target.rule).toBe("route.rules[0]");
    expect((await choose({ snapshot: of, endpoint: ruled, input: { x: 2 } })).target.rule).toBe("v1.otherwise");
  });

  test("does not choose what embeds or moderates", async () => {
    for (const type of ["embed", "moderate"] as const) {
      const call = { snapshot: withRules(rules), task: { type, inputs: ["x"] } };
      await expect(choose(call)).rejects.toMatchObject({ code: "model_not_found" });
    }
    expect((await choose({ snapshot: withRules(rules), task: { type: "count-tokens" } })).target.tier).toBe("standard");
  });

  test("keeps of the client's metadata what is short enough for a record", async () => {
    const metadata = { long: "x".repeat(2000), task: "chat", longer: "y".repeat(500), last: "z" };
    const { routing } = await choose({ snapshot: withRules(rules), metadata });
    expect(Object.keys(routing?.features.metadata ?? {})).toEqual(["long", "task"]);
  });
});

describe("tokens", () => {
  const call = say("The council approved the new bridge on Tuesday night, after two years of debate. ".repeat(20));

  async function tokensSeen(border: number): Promise<RouteFeatures["tokens"]> {
    const rules: readonly RoutingRule[] = [{ when: { tokens: { atLeast: border } }, use: "smart" }];
    return (await choose({ ...call, snapshot: withRules(rules) })).routing?.features.tokens;
  }

  test("are estimated where every number near the estimate leads to the same choice, else counted", async () => {
    const estimate = estimatePrompt(call);
    const counted = await countPrompt(call, "o200k_base");
    expect(counted).not.toBe(estimate);
    expect(await tokensSeen(estimate * 2)).toBe(estimate);
    expect(await tokensSeen(Math.floor(estimate / 2))).toBe(estimate);
    expect(await tokensSeen(counted)).toBe(counted);
  });

  test("are routed by their exact number at a border", async () => {
    const counted = await countPrompt(call, "o200k_base");
    const tierAt = async (border: number): Promise<string | undefined> => {
      const rules: readonly RoutingRule[] = [{ when: { tokens: { atLeast: border } }, use: "smart" }];
      return (await choose({ ...call, snapshot: withRules(rules) })).target.tier;
    };
    expect([await tierAt(counted), await tierAt(counted + 1)]).toEqual(["smart", "standard"]);
  });

  test("are not counted where another rule decides", async () => {
    const estimate = estimatePrompt(call);
    const rules: readonly RoutingRule[] = [
      { when: { hasTools: false }, use: "fast" },
      { when: { tokens: { atLeast: estimate } }, use: "smart" },
    ];
    const { routing } = await choose({ ...call, snapshot: withRules(rules) });
    expect(routing?.features.tokens).toBe(estimate);
  });
});

describe("the language", () => {
  const german = "Bitte fassen Sie den Bericht zusammen und nennen Sie die drei wichtigsten Ergebnisse.";
  const rules: readonly RoutingRule[] = [{ when: { language: ["de", "fr"] }, use: "smart" }];

  test("is that of the user's words, not of the instructions", async () => {
    const messages = [
      { role: "system", content: "Summarise what the user sends, in three short bullets and in plain English." },
      { role: "user", content: german },
    ] as const;
    const chat = await choose({ snapshot: withRules(rules), messages });
    expect(chat).toMatchObject({ target: { rule: "v1.rules[0]" }, routing: { features: { language: "de" } } });
    const endpoint = await choose({
      snapshot: withRules(rules),
      endpoint: endpointOf(),
      input: { text: german },
      messages: [{ role: "user", content: "Summarise this, in three short bullets and in plain English." }],
    });
    expect(endpoint.target.rule).toBe("v1.rules[0]");
  });

  test("is none where it cannot be told", async () => {
    const { target, routing } = await choose({ snapshot: withRules(rules), ...say("x = 5; for (;;) {}") });
    expect(target.rule).toBe("v1.otherwise");
    expect(routing?.features.language).toBeUndefined();
  });

  test("is found out only for projects with a rule set that asks for it, in force or not", async () => {
    const asked: string[] = [];
    const detectLanguage = async (text: string): Promise<string> => {
      asked.push(text);
      return "de";
    };
    await choose({ snapshot: withRules([]), ...say(german) }, { detectLanguage });
    await choose({ ...say(german) }, { detectLanguage });
    expect(asked).toEqual([]);
    const { routing } = await choose({ snapshot: withRules([], rules), ...say(german.repeat(20)) }, { detectLanguage });
    expect(asked).toEqual([german.repeat(20).slice(0, 500)]);
    expect(routing?.features.language).toBe("de");
  });
});
