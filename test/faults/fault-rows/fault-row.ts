import type { Fault } from "../../../src/testing/hostile-provider/fault.ts";

/** What the client speaks. `endpoint` is the typed contract. */
export type Surface = "chat" | "messages" | "endpoint";

/** What stands by: nothing, a model that would say the same, or one that says something else. */
export type Backup = "none" | "same" | "other";

/** One fault, done to one request. */
export interface FaultRow {
  readonly id: number;
  readonly fault: Fault;
  readonly surface: Surface;
  readonly isStream: boolean;
  readonly backup: Backup;
  /** The tier that the client asks for, or that the endpoint uses for the row's input. */
  readonly target: string;
  /** The primary's model, as its provider gets it. */
  readonly model: string;
}

export const backupModels: Readonly<Record<Exclude<Backup, "none">, string>> = {
  same: "ok?text=first",
  other: "ok?text=second",
};

/** Faults of time are made short enough for a drill. */
const shorter: Readonly<Record<string, string>> = {
  "slow-region": "ms=100",
  "slow-drip-body": "ms=1",
  "late-finish": "ms=200",
  "slow-accept": "ms=200",
  "slow-drip": "ms=20",
  jitter: "ms=20",
  burst: "bytes=262144",
};

/** Every fault in every way that it applies, in a fixed order. */
export function listRows(faults: readonly Fault[]): FaultRow[] {
  const rows: FaultRow[] = [];
  for (const fault of faults) {
    for (const surface of ["chat", "messages", "endpoint"] as const) {
      if (!fault.dialects.includes(surface === "messages" ? "anthropic" : "openai-chat")) continue;
      for (const isStream of [false, true]) {
        if (fault.appliesTo === (isStream ? "plain" : "stream")) continue;
        for (const backup of ["none", "same", "other"] as const) {
          const id = rows.length + 1;
          const params = shorter[fault.name] === undefined ? "" : `${shorter[fault.name]}&`;
          const model = `fault:${fault.name}?${params}text=first&row=${id}`;
          rows.push({ id, fault, surface, isStream, backup, target: `row-${id}`, model });
        }
      }
    }
  }
  return rows;
}

/** The project's config: a tier for each row. */
export function toConfig(rows: readonly FaultRow[], baseUrl: string): unknown {
  const timeouts = { firstTokenMs: 1500, betweenContentMs: 1500, wholeAnswerMs: 3000 };
  const models: Record<string, unknown> = {};
  const tiers: Record<string, unknown> = {};
  for (const protocol of ["chat", "messages"]) {
    for (const [name, model] of Object.entries(backupModels)) {
      models[`${protocol}-${name}`] = { provider: `${protocol}-backup`, model };
    }
  }
  for (const { id, surface, backup, target, model } of rows) {
    const protocol = surface === "messages" ? "messages" : "chat";
    models[`model-${id}`] = { provider: `${protocol}-primary`, model };
    tiers[target] = [`model-${id}`, ...(backup === "none" ? [] : [`${protocol}-${backup}`])];
  }
  for (const [name, model] of Object.entries({ first: backupModels.same, second: backupModels.other })) {
    models[`healthy-${name}-chat`] = { provider: "chat-backup", model };
    tiers[`healthy-${name}`] = [`healthy-${name}-chat`];
  }
  const chat = { type: "openai-chat", baseUrl };
  const messages = { type: "anthropic", baseUrl, apiKeyEnv: "DRILL_KEY" };
  const providers = {
    "chat-primary": chat,
    "chat-backup": chat,
    "messages-primary": messages,
    "messages-backup": messages,
  };
  return { providers, models, tiers, resilience: { timeouts } };
}

/** The project's one endpoint: its input says which row it is. */
export function toEndpoint(rows: readonly FaultRow[]): unknown {
  const rules = rows
    .filter(({ surface }) => surface === "endpoint")
    .map(({ target }) => ({ when: { input: { "/row": target } }, use: target }));
  for (const name of ["healthy-first", "healthy-second"]) rules.push({ when: { input: { "/row": name } }, use: name });
  const text = { type: "string" };
  return {
    description: "Answers a question.",
    input: { type: "object", properties: { text, row: text }, required: ["text", "row"] },
    output: {
      type: "object",
      properties: { summary: text, bullets: { type: "array", items: text, minItems: 2, maxItems: 2 } },
      required: ["summary", "bullets"],
      additionalProperties: false,
    },
    route: { rules, use: "healthy-first" },
    timeoutMs: 10_000,
  };
}
