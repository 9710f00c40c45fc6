import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import type { ProviderContext } from "../provider.ts";
import { compareVectors, createEmbedder, type Embedder } from "./embed.ts";
import { createLocalProvider } from "./local.ts";

const embedder = createEmbedder({ clock: systemClock });
afterAll(() => embedder.close());

function toContext(warnings: string[] = [], signal = new AbortController().signal): ProviderContext {
  return { signal, deadlineMs: systemClock.now() + 60_000, warn: (warning) => void warnings.push(warning) };
}

test("the built-in engine embeds any number of texts, near by their meaning", async () => {
  const { embed } = createLocalProvider({ clock: systemClock, embed: embedder });
  const inputs = [
    "My cat refuses the new food.",
    "pets",
    "vehicles",
    ...Array.from({ length: 20 }, (_, at) => `text ${at}`),
  ];
  const warnings: string[] = [];
  const { vectors, usage } = await embed!({ model: "any", inputs }, toContext(warnings));
  expect(vectors).toHaveLength(inputs.length);
  expect(compareVectors(vectors[0]!, vectors[1]!)).toBeGreaterThan(compareVectors(vectors[0]!, vectors[2]!));
  expect(usage).toMatchObject({ outputTokens: 0, isEstimated: true });
  expect(usage!.inputTokens).toBeGreaterThan(inputs.length);
  expect(warnings).toEqual([]);
});

test("what it cannot do it says", async () => {
  const { embed } = createLocalProvider({ clock: systemClock, embed: embedder });
  const warnings: string[] = [];
  await embed!({ model: "any", inputs: ["x".repeat(1001)], dimensions: 8 }, toContext(warnings));
  expect(warnings).toEqual([
    "dimensions is not offered by the built-in engine and was dropped.",
    "The built-in engine reads the first 1000 characters of a text; the rest was dropped.",
  ]);
});

test("more than the first sentence of a text counts", async () => {
  const { embed } = createLocalProvider({ clock: systemClock, embed: embedder });
  const lead = "The weather was mild and the town was quiet. ".repeat(8);
  const { vectors } = await embed!(
    { model: "any", inputs: [lead, `${lead}Then a dragon burnt it down.`] },
    toContext(),
  );
  expect(compareVectors(vectors[0]!, vectors[1]!)).toBeLessThan(0.999);
});

test("without its model it says so", async () => {
  const absent = createEmbedder({ clock: systemClock, modelPackage: "@headgate-test/absent-model" });
  const { embed } = createLocalProvider({ clock: systemClock, embed: absent });
  await expect(embed!({ model: "any", inputs: ["x"] }, toContext())).rejects.toMatchObject({
    code: "provider_unavailable",
  });
  expect(createLocalProvider({ clock: systemClock }).embed).toBeUndefined();
});

test("a call that is cancelled ends at once", async () => {
  const never: Embedder = { embed: () => new Promise(() => {}), close: async () => {} };
  const { embed } = createLocalProvider({ clock: systemClock, embed: never });
  const controller = new AbortController();
  const answer = embed!({ model: "any", inputs: ["x"] }, toContext([], controller.signal));
  setImmediate(() => controller.abort());
  await expect(answer).rejects.toMatchObject({ code: "request_cancelled" });
});
