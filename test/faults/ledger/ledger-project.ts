import { hostilePrices } from "../../../src/testing/hostile-provider/hostile-ledger.ts";
import type { ProjectCopy } from "../../served-project.ts";
import { createDrillProject } from "../drill-project.ts";

/** Lengths of answers, in tokens. */
export const answerTokens = [5, 40, 120] as const;

/** A project whose models cost what the hostile provider charges. */
export function createLedgerProject(providerUrl: string): ProjectCopy {
  const price = {
    inputPerMillionUsd: hostilePrices.inputMicroUsd,
    outputPerMillionUsd: hostilePrices.outputMicroUsd,
  };
  const models: Record<string, unknown> = { embed: { provider: "chat", model: "embed", price } };
  for (const tokens of answerTokens) {
    models[`chat-${tokens}`] = { provider: "chat", model: `ok?tokens=${tokens}`, price };
    models[`messages-${tokens}`] = { provider: "messages", model: `ok?tokens=${tokens}`, price };
  }
  const providers = {
    chat: { type: "openai-chat", baseUrl: providerUrl },
    messages: { type: "anthropic", baseUrl: providerUrl, apiKeyEnv: "DRILL_KEY" },
  };
  const text = { type: "string" };
  const ask = {
    description: "Answers a question.",
    input: { type: "object", properties: { text }, required: ["text"] },
    output: { type: "object", properties: { summary: text }, required: ["summary"] },
    route: "standard",
  };
  return createDrillProject({
    config: { providers, models, tiers: { standard: "chat-40" } },
    endpoints: { ask },
    // `headgate serve` says in its log that it is ready.
    env: { HEADGATE_LOG_LEVEL: "info" },
  });
}
