import { expect, test } from "vitest";
import { listModels } from "./openai-models.ts";

test("a model is owned by the provider that it runs at, or by Headgate where it runs at several", () => {
  const at = (
    ...providers: string[]
  ): { name: string; deployments: { provider: string; model: string; weight: number }[] } => ({
    name: "m",
    deployments: providers.map((provider, index) => ({ provider, model: `m${index}`, weight: 1 })),
  });
  const listed = listModels({
    id: "s",
    endpoints: new Map(),
    providers: new Map(),
    models: new Map([
      ["one", at("openai")],
      ["twice", at("openai", "openai")],
      ["spread", at("openai", "azure")],
    ]),
    tiers: new Map([["smart", ["spread", "one"]]]),
    resilience: { maxAttempts: 3, timeouts: {} },
  });
  expect(listed).toEqual([
    { id: "one", ownedBy: "openai" },
    { id: "twice", ownedBy: "openai" },
    { id: "spread", ownedBy: "headgate" },
    { id: "smart", ownedBy: "headgate" },
  ]);
});
