import { pino } from "pino";
import type { Completion, Part, Reply } from "../reply.ts";
import { wholeReply } from "../reply.ts";
import { systemClock } from "../clock.ts";
import type { LoadedEndpoint, Snapshot } from "../endpoint/snapshot.ts";
import type { Gateway } from "../gateway.ts";
import type { CallRecord, BudgetStore, IdempotencyStore, KeyRow, Store, Switch } from "../store/store.ts";
import { parseJson } from "../json.ts";
import type { ServerDependencies } from "./server-dependencies.ts";

/** What the server's tests share: a scripted gateway, a store in memory, a log that can be read. */
export interface Fixture {
  readonly dependencies: ServerDependencies;
  readonly store: MemoryStore;
  readonly logLines: Record<string, unknown>[];
}

type MemoryStore = Store & { readonly keys: KeyRow[]; readonly records: CallRecord[] };

export function createFixture(gateway: Partial<Gateway> = {}, overrides: Partial<ServerDependencies> = {}): Fixture {
  const store = createMemoryStore();
  const logLines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: "debug" },
    { write: (line) => logLines.push(parseJson(line) as Record<string, unknown>) },
  );
  const dependencies: ServerDependencies = {
    gateway: {
      get snapshot() {
        return gateway.snapshot ?? testSnapshot;
      },
      callEndpoint: gateway.callEndpoint ?? refuse,
      callModel: gateway.callModel ?? refuse,
    },
    store,
    clock: systemClock,
    logger,
    version: "1.2.3",
    auth: "open",
    ...overrides,
  };
  return { dependencies, store, logLines };
}

/** An endpoint's whole answer with the one output field `summary`. */
export function summaryReply(summary: string): Reply {
  return wholeReply(summaryCompletion(summary));
}

function summaryCompletion(summary: string): Completion {
  const output = { summary };
  return {
    text: JSON.stringify(output),
    toolCalls: [],
    finishReason: "stop",
    usage: { inputTokens: 11, outputTokens: 7 },
    outcome: { status: "ok", output, warnings: [] },
  };
}

export function streamReply(parts: AsyncIterable<Part>): Reply {
  return { parts };
}

export const testSnapshot: Snapshot = {
  id: "5n4p5h0t",
  endpoints: new Map([
    ["summarize/v1", toEndpoint(1)],
    ["summarize/v2", toEndpoint(2)],
  ]),
  providers: new Map([["local", { type: "local" }]]),
  models: new Map([["offline", { name: "offline", deployments: [{ provider: "local", model: "local", weight: 1 }] }]]),
  tiers: new Map([["standard", ["offline"]]]),
  resilience: { maxAttempts: 3, timeouts: {} },
};

function toEndpoint(contract: number): LoadedEndpoint {
  const input = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
  const output = { type: "object", properties: { summary: { type: "string" } }, required: ["summary"] };
  return {
    name: "summarize",
    contract,
    description: "Summarizes a text.",
    input: toSchema(input),
    output: toSchema(output),
    prompts: new Map(),
    release: "1.0.0",
    route: { use: "standard" },
    normalize: { html: false, overflow: "reject", whitespace: "collapse" },
    validate: { reasks: 2 },
    timeoutMs: 60_000,
    example: { text: "A long article." },
  };
}

function toSchema(jsonSchema: Record<string, unknown>): LoadedEndpoint["input"] {
  return {
    jsonSchema,
    contractSchema: jsonSchema,
    check: (value) => ({ ok: true, value }),
    fitsPart: () => true,
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new Error("The test scripted no answer."));
}

/** Budgets are the gateway's. */
const unspent: BudgetStore = {
  changeLeases: refuse,
  addSpending: refuse,
  listBalances: async () => [],
  beat: refuse,
  endProcesses: refuse,
  dropBudgetWindows: refuse,
};

/** Tests of idempotency keys have a real store. */
const unclaimed: IdempotencyStore = {
  claimKeys: refuse,
  findClaim: async () => undefined,
  renewClaims: refuse,
  settleClaim: refuse,
  releaseClaim: refuse,
  dropExpiredClaims: async () => 0,
};

function createMemoryStore(): MemoryStore {
  const keys: KeyRow[] = [];
  const records: CallRecord[] = [];
  return {
    kind: "embedded",
    keys,
    records,
    insertKey: async (key) => void keys.push(key),
    listKeys: async () => [...keys],
    revokeKey: async (id, atMs) => {
      const index = keys.findIndex((key) => key.id === id && key.revokedAtMs === undefined);
      const key = keys[index];
      if (key) keys[index] = { ...key, revokedAtMs: atMs };
      return key !== undefined;
    },
    insertRecords: async (added) => void records.push(...added),
    findRecord: async (id) => records.find(({ requestId }) => requestId === id),
    listRecords: async ({ endpoint, status, beforeMs = Infinity, limit }) =>
      records
        .filter((row) => endpoint === undefined || row.endpoint === endpoint)
        .filter((row) => status === undefined || row.status === status)
        .filter((row) => row.startedAtMs < beforeMs)
        .sort((left, right) => right.startedAtMs - left.startedAtMs)
        .slice(0, limit),
    countRecords: async () => records.length,
    // Tests of stored responses have a real store.
    insertResponse: refuse,
    findResponse: async () => undefined,
    findConversation: async () => undefined,
    findResponseItems: async () => new Map(),
    deleteResponse: async () => false,
    dropExpiredResponses: async () => 0,
    ...unspent,
    findAnswers: async (asked) => asked.map(() => undefined),
    listAnswerKeys: async () => [],
    insertAnswers: async () => {},
    dropExpiredAnswers: async () => 0,
    ...createMemorySwitches(),
    ...unclaimed,
    // Tests of usage and alerts have a real store.
    sumUsage: async () => [],
    claimAlert: async () => false,
    takeDueAlerts: async () => [],
    scheduleAlert: async () => {},
    dropAlerts: async () => {},
    ping: async () => {},
    close: async () => {},
  };
}

function createMemorySwitches(): Pick<Store, "listSwitches" | "setSwitch"> {
  const switches = new Map<string, Switch>();
  return {
    listSwitches: async () => [...switches.values()],
    setSwitch: async (name, value, changedAtMs) => {
      const known = switches.get(name);
      const previous = known && known.value !== value ? known.value : known?.previous;
      const changed = { name, value, ...(previous === undefined ? {} : { previous }), changedAtMs };
      switches.set(name, changed);
      return changed;
    },
  };
}
