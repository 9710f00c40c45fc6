import type { CallerProject } from "./caller-process.ts";

export interface CallerOrder {
  /** Of budget and endpoint. */
  readonly name: string;
  readonly budgetMicroUsd: number;
  readonly price: unknown;
  readonly baseUrl: string;
  /** The hostile provider's. */
  readonly model: string;
  readonly dataFolder: string;
}

const text = { type: "string" };

/** One endpoint, one model, and one budget for the month. */
export function createCallerProject(order: CallerOrder): CallerProject {
  const { name, budgetMicroUsd, price, baseUrl, model, dataFolder } = order;
  return {
    dataFolder,
    config: {
      providers: { hostile: { type: "openai-chat", baseUrl } },
      models: { plain: { provider: "hostile", model, price } },
      tiers: { standard: "plain" },
      budgets: { [name]: { usd: budgetMicroUsd / 1e6, window: "month" } },
    },
    endpoint: {
      name,
      definition: {
        description: "Answers a question.",
        input: { type: "object", properties: { text }, required: ["text"] },
        output: { type: "object", properties: { summary: text }, required: ["summary"], additionalProperties: false },
        prompts: { "1.0.0": `---\nversion: 1.0.0\nconfig: { maxOutputTokens: 300 }\n---\n{{text}}` },
        route: "standard",
        timeoutMs: 60_000,
      },
    },
  };
}
