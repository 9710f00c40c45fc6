import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForeignRequest } from "../../src/call.ts";
import { readEnvironment } from "../../src/config.ts";
import { openGateway } from "../../src/gateway.ts";
import type { OpenGateway } from "../../src/gateway.ts";
import { createRequestId } from "../../src/ids.ts";
import type { CallRecord } from "../../src/store/store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { faults } from "../../src/testing/hostile-provider/faults.ts";
import { hostilePrices } from "../../src/testing/hostile-provider/hostile-ledger.ts";
import { createHostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import type { HostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import type { TemporaryFolder } from "../../src/testing/store-folder.ts";
import { createStoreFolder } from "../../src/testing/store-folder.ts";

/** An answer costs the same whether it is streamed or not, however its provider tells the usage. */
const providers = { chat: "openai-chat", messages: "anthropic", responses: "openai-responses" } as const;
type ProviderName = keyof typeof providers;

const dialects = ["openai-chat", "anthropic-messages"] as const satisfies readonly ForeignRequest["dialect"][];
const rows = faults.filter(({ group }) => group === "G").map(({ name, dialects: only }) => ({ name, only }));
/** Usage that is not told, or not where the dialect has it: it is estimated, and the record says so. */
const estimated: ReadonlySet<string> = new Set([
  ...["chat", "messages", "responses"].flatMap((provider) => [
    `${provider} usage-none`,
    `${provider} usage-wrong-types`,
  ]),
  "chat usage-after-done",
  "responses usage-only-at-start",
]);
const price = { inputPerMillionUsd: hostilePrices.inputMicroUsd, outputPerMillionUsd: hostilePrices.outputMicroUsd };

let hostile: HostileProvider;
let folder: TemporaryFolder;
let gateway: OpenGateway;
const records: CallRecord[] = [];

beforeAll(async () => {
  hostile = await createHostileProvider();
  folder = await createStoreFolder();
  gateway = await openGateway({
    config: {
      providers: {
        chat: { type: "openai-chat", baseUrl: hostile.url },
        messages: { type: "anthropic", baseUrl: hostile.url, apiKeyEnv: "KEY" },
        responses: { type: "openai-responses", baseUrl: hostile.url, apiKeyEnv: "KEY" },
      },
      models: Object.fromEntries(
        Object.keys(providers).flatMap((provider) =>
          ["ok", ...rows.map(({ name }) => `fault:${name}`)].map((model) => [
            toName(provider, model),
            { provider, model, price },
          ]),
        ),
      ),
      tiers: {},
    },
    dataFolder: folder.path,
    environment: readEnvironment({ KEY: "k" }),
    sources: [],
    log: createLogger({ level: "silent", destination: { write: () => {} } }).log,
    logCall: (record) => void records.push(record),
  });
});
afterAll(async () => {
  await gateway.close();
  await hostile.close();
  folder.remove();
});

function toName(provider: string, model: string): string {
  return `${provider}-${model.replaceAll(/[^a-z]+/g, "-")}`;
}

async function bill(model: string, dialect: ForeignRequest["dialect"], stream: boolean): Promise<CallRecord> {
  const content = "Tell me of the bridge, and of the ferry that it replaces.";
  const messages = [{ role: "user" as const, content }];
  const reply = await gateway.callModel({
    model,
    messages,
    settings: { maxOutputTokens: 4000 },
    foreign: { dialect, body: { model, messages, max_tokens: 4000, stream } },
    tenant: "t",
    requestId: createRequestId(Date.now()),
    signal: new AbortController().signal,
    stream,
  });
  for await (const _part of reply.parts);
  return records.at(-1)!;
}

describe.each(dialects)("for clients of %s", (dialect) => {
  describe.each(Object.keys(providers) as ProviderName[])("a model of %s", (provider) => {
    const own = { chat: "openai-chat", messages: "anthropic", responses: "openai-responses" }[provider];
    const shapes = rows.filter(({ only }) => only === undefined || only.some((name) => name === own));

    test.each(["ok", ...shapes.map(({ name }) => `fault:${name}`)])("%s", async (model) => {
      const fault = model.replace("fault:", "");
      const plain = await bill(toName(provider, "ok"), dialect, false);
      const streamed = await bill(toName(provider, model), dialect, true);
      expect([plain.status, streamed.status]).toEqual(["ok", "ok"]);
      expect(plain.costMicroUsd).toBe(costOf(plain));
      const isEstimated = estimated.has(`${provider} ${fault}`);
      expect(streamed.isUsageEstimated ?? false).toBe(isEstimated);
      const billed = isEstimated ? streamed : usageOf(fault, plain);
      expect(streamed.costMicroUsd).toBe(costOf(billed));
      expect(billed.inputTokens > 0 && billed.outputTokens > 0).toBe(fault !== "usage-zero");
    });
  });
});

type Tokens = Pick<CallRecord, "inputTokens" | "outputTokens">;

/** Nearly all streams tell what the whole answer does; those that tell something else are believed. */
function usageOf(fault: string, plain: Tokens): Tokens {
  if (fault === "usage-zero") return { inputTokens: 0, outputTokens: 0 };
  return fault === "usage-reasoning" ? { ...plain, outputTokens: 100_040 } : plain;
}

function costOf({ inputTokens, outputTokens }: Tokens): number {
  return inputTokens * hostilePrices.inputMicroUsd + outputTokens * hostilePrices.outputMicroUsd;
}
