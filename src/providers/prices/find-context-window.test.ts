import { expect, test } from "vitest";
import type { ModelDefinition } from "../../endpoint/define-config.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import { toModelEntry } from "../../endpoint/model-entry.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createContextWindows } from "./find-context-window.ts";

const snapshot: Snapshot = {
  id: "s",
  endpoints: new Map(),
  providers: new Map([
    ["openai", { type: "openai-chat", vendor: "openai" }],
    ["box", { type: "openai-chat", baseUrl: "http://127.0.0.1:1/v1" }],
  ]),
  models: new Map(),
  tiers: new Map(),
  resilience: defaultResilience,
};

const findContextWindow = createContextWindows({ clock: createManualClock() });

function ask(definition: ModelDefinition, name = "gpt-4o-mini"): Promise<number | undefined> {
  return findContextWindow(toModelEntry(name, definition), snapshot);
}

test("a declared context window wins over the price list's", async () => {
  expect(await ask({ provider: "openai", contextWindow: 500 })).toBe(500);
  expect(await ask({ provider: "box", contextWindow: 500 })).toBe(500);
});

test("the price list knows those of its vendors' models", async () => {
  expect(await ask({ provider: "openai" })).toBe(128_000);
});

test("it is unknown of others", async () => {
  expect(await ask({ provider: "box" })).toBeUndefined();
  expect(await ask({ provider: "openai" }, "a-model-of-tomorrow")).toBeUndefined();
  expect(await ask({ provider: "gone" })).toBeUndefined();
});

test("of several deployments the least holds, and one that is not known makes it unknown", async () => {
  const both = [{ provider: "openai" }, { provider: "openai", model: "text-embedding-3-small" }];
  expect(await ask({ deployments: both })).toBe(8192);
  expect(await ask({ deployments: [{ provider: "openai" }, { provider: "box" }] })).toBeUndefined();
});
