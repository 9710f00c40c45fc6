/** What the client speaks. `endpoint` is the typed contract. */
export type Surface = "chat" | "messages" | "responses" | "endpoint";

/** Where the call is when its client leaves. */
export type Place = "queued" | "connecting" | "before the first token" | "streaming" | "in a tool call" | "in a rescue";

/**
 * How it shows that the call is there, and that it is over. `seen`: the client has read pieces, and the provider's
 * connection ends. `asked`: the provider has the request, and its connection ends. `connections`: the count of
 * connections. `refused`: the provider has said no, and the call waits; then only the record tells. `full`: all
 * connections are taken, and the call waits; the same.
 */
export type Evidence = "seen" | "asked" | "connecting" | "deaf" | "refused" | "full";

export interface Phase {
  readonly place: Place;
  readonly name: string;
  readonly surface: Surface;
  readonly isStream: boolean;
  readonly evidence: Evidence;
  /** Of the abort's number: a tier, a model or `provider/model`; for the endpoint a tier that its rules pick. */
  readonly target: (abort: number) => string;
  readonly hasTools?: boolean;
  /** The client leaves when it has read this many pieces of content. */
  readonly pieces: (abort: number) => number;
  /** Aborts of the full drill. */
  readonly aborts: number;
  /** Model calls of each: more where a rescue is at work. */
  readonly calls: number;
}

const slow = "ok?tokens=400&pace=40";
const silent = "fault:blackhole";
const headOnly = "fault:ttft-after-head?ms=60000";
const tool = "ok?tool=look_up&pace=400";
const stallsAfter = 10;

type Row = Partial<Phase> & Pick<Phase, "name" | "surface" | "target" | "aborts">;

function toPhase(place: Place, evidence: Evidence, row: Row): Phase {
  return { place, evidence, isStream: true, calls: 1, pieces: () => 1, ...row };
}

const always =
  (target: string): Phase["target"] =>
  () =>
    target;
// From the first words to the middle of the answer.
const varied = (abort: number): number => 1 + ((abort * 7) % 25);

/** The full drill's phases: 1,000 aborts and more. */
export const phases: readonly Phase[] = [
  ...[
    { name: "all connections taken, stream", isStream: true },
    { name: "all connections taken, plain", isStream: false },
  ].map((row) =>
    toPhase("queued", "full", { ...row, surface: "chat", target: always(`crowded/${silent}`), aborts: 40 }),
  ),
  toPhase("queued", "refused", {
    name: "waiting to ask again after a 429",
    surface: "chat",
    target: (abort) => `chat/fault:rate-limit?s=20&n=${abort}`,
    aborts: 60,
  }),
  toPhase("connecting", "connecting", {
    name: "the provider's backlog is full",
    surface: "chat",
    target: always("unanswered/ok"),
    aborts: 60,
  }),
  toPhase("connecting", "deaf", {
    name: "accepted and not looked at",
    surface: "chat",
    target: always("deaf/ok"),
    aborts: 60,
  }),
  ...listSilent(),
  ...listStreaming(),
  toPhase("in a tool call", "seen", {
    name: "arguments arriving, chat relay",
    surface: "chat",
    target: always(`chat/${tool}`),
    hasTools: true,
    aborts: 40,
  }),
  toPhase("in a tool call", "seen", {
    name: "arguments arriving, messages translated",
    surface: "messages",
    target: always(`chat/${tool}`),
    hasTools: true,
    aborts: 40,
  }),
  ...(["chat", "messages"] as const).map((surface) =>
    toPhase("in a rescue", "seen", {
      name: `the second stream running, ${surface}`,
      surface,
      target: (abort) => `rescue-${surface}-${abort}`,
      pieces: (abort) => stallsAfter + 1 + (abort % 10),
      aborts: 40,
      calls: 2,
    }),
  ),
];

function listSilent(): Phase[] {
  const rows: readonly (readonly [Surface, boolean, number])[] = [
    ["chat", true, 60],
    ["chat", false, 60],
    ["messages", true, 40],
    ["messages", false, 40],
    ["endpoint", true, 40],
    ["endpoint", false, 40],
  ];
  return [
    ...rows.map(([surface, isStream, aborts]) =>
      toPhase("before the first token", "asked", {
        name: `no head yet, ${surface} ${isStream ? "stream" : "plain"}`,
        surface,
        isStream,
        target: always(surface === "endpoint" ? "silent" : `${surface}/${silent}`),
        aborts,
      }),
    ),
    ...(["chat", "messages"] as const).map((surface) =>
      toPhase("before the first token", "asked", {
        name: `a head and no token, ${surface} stream`,
        surface,
        target: always(`${surface}/${headOnly}`),
        aborts: 40,
      }),
    ),
  ];
}

function listStreaming(): Phase[] {
  const rows: readonly (readonly [string, Surface, string, number])[] = [
    ["chat relay", "chat", `chat/${slow}`, 100],
    ["messages relay", "messages", `messages/${slow}`, 100],
    ["responses relay", "responses", `responses/${slow}`, 40],
    ["chat translated to messages", "chat", `messages/${slow}`, 60],
    ["messages translated to chat", "messages", `chat/${slow}`, 60],
    ["typed endpoint", "endpoint", "slow", 100],
  ];
  return rows.map(([name, surface, target, aborts]) =>
    toPhase("streaming", "seen", { name, surface, target: always(target), pieces: varied, aborts }),
  );
}

/** A piece of content, as each surface shows it. */
export const pieceShapes: Readonly<Record<Surface, RegExp>> = {
  chat: /"(?:content|arguments)":"(?!")/g,
  messages: /"type":"(?:text_delta|input_json_delta)"/g,
  responses: /"type":"response\.output_text\.delta"/g,
  endpoint: /event: delta\n/g,
};

const question = "Tell me of the bridge.";
const tools = {
  chat: [{ type: "function", function: { name: "look_up", parameters: { type: "object" } } }],
  messages: [{ name: "look_up", input_schema: { type: "object" } }],
};

/** What the client sends; the mark tells its request from others, all the way to the provider. */
export function toRequest(
  { surface, isStream, target, hasTools = false }: Phase,
  abort: number,
  mark: string,
): { readonly path: string; readonly accept: string; readonly body: unknown } {
  const accept = isStream ? "text/event-stream" : "application/json";
  const model = target(abort);
  const text = `${question} ${mark}`;
  const messages = [{ role: "user", content: text }];
  switch (surface) {
    case "endpoint":
      return { path: "/api/ask/v1", accept, body: { text, use: model } };
    case "responses":
      return { path: "/v1/responses", accept, body: { model, input: text, stream: isStream, store: false } };
    default: {
      const extra = {
        ...(hasTools ? { tools: tools[surface] } : {}),
        ...(surface === "messages" ? { max_tokens: 4000 } : {}),
      };
      const path = surface === "chat" ? "/v1/chat/completions" : "/v1/messages";
      return { path, accept, body: { model, messages, stream: isStream, ...extra } };
    }
  }
}

export interface Upstreams {
  readonly main: string;
  readonly crowded: string;
  readonly deaf: string;
  readonly unanswered: string;
}

/** The project's config. A stall counts against its model, so each rescue has a first model of its own. */
export function toConfig({ main, crowded, deaf, unanswered }: Upstreams): unknown {
  const chat = (baseUrl: string): unknown => ({ type: "openai-chat", baseUrl });
  const messages = { type: "anthropic", baseUrl: main, apiKeyEnv: "DRILL_KEY" };
  const providers = {
    chat: chat(main),
    "chat-backup": chat(main),
    messages,
    "messages-backup": messages,
    responses: { type: "openai-responses", baseUrl: main, apiKeyEnv: "DRILL_KEY" },
    crowded: chat(crowded),
    deaf: chat(deaf),
    unanswered: chat(unanswered),
  };
  const models: Record<string, unknown> = {
    slow: { provider: "chat", model: "ok?pace=40" },
    silent: { provider: "chat", model: silent },
  };
  const tiers: Record<string, unknown> = {};
  for (const surface of ["chat", "messages"]) {
    models[`${surface}-second`] = { provider: `${surface}-backup`, model: `${slow}&text=same` };
    for (const phase of phases.filter((each) => each.place === "in a rescue" && each.surface === surface)) {
      for (let abort = 0; abort < phase.aborts; abort++) {
        const model = `fault:stall?after=${stallsAfter}&tokens=400&text=same&n=${abort}`;
        models[`${surface}-first-${abort}`] = { provider: surface, model, timeouts: { betweenContentMs: 150 } };
        tiers[phase.target(abort)] = [`${surface}-first-${abort}`, `${surface}-second`];
      }
    }
  }
  return { providers, models, tiers };
}

export const endpoint = {
  description: "Answers a question.",
  input: {
    type: "object",
    properties: { text: { type: "string" }, use: { type: "string" } },
    required: ["text", "use"],
  },
  output: {
    type: "object",
    properties: { points: { type: "array", items: { type: "string" }, minItems: 40, maxItems: 40 } },
    required: ["points"],
    additionalProperties: false,
  },
  route: { rules: [{ when: { input: { "/use": "silent" } }, use: "silent" }], use: "slow" },
};
