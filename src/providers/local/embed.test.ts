import { afterAll, describe, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import { parseJson } from "../../json.ts";
import { compareVectors, createEmbedder, type Embedder } from "./embed.ts";
import { createLocalProvider } from "./local.ts";

const embedder = createEmbedder({ clock: systemClock });
afterAll(() => embedder.close());

describe("with the model installed", () => {
  test("texts of like meaning have nearer vectors than others", async () => {
    const vectors = await embedder.embed(["My cat refuses the new food.", "pets", "vehicles"]);
    const [text, pets, vehicles] = vectors!;
    expect(compareVectors(text!, pets!)).toBeGreaterThan(compareVectors(text!, vehicles!) + 0.1);
    expect(compareVectors(text!, text!)).toBeCloseTo(1, 3);
  });

  test("a text has the same vector whether it comes alone, again or with others", async () => {
    const [alone] = (await embedder.embed(["A lamp fell."]))!;
    const together = (await embedder.embed(["Rain.", "A lamp fell.", "Rain."]))!;
    expect(together[1]).toEqual(alone);
    expect(together[0]).toEqual(together[2]);
  });

  test("labels that no word of the text names are chosen by meaning", async () => {
    const texts = {
      "The lid of the saucepan warped after the first soup.": "kitchen",
      "Half of the tulip bulbs never came up.": "garden",
      "The brakes squeal whenever I drive downhill.": "vehicles",
      "The sleeves are too short and the wool itches.": "clothing",
      "The leash snapped while walking our spaniel.": "pets",
    };
    const answers = await Promise.all(Object.keys(texts).map((text) => choose(text, embedder)));
    expect(answers).toEqual(Object.values(texts));
  });
});

describe("without a working model", () => {
  test("a package that is not installed gives no vectors, and answers come by words", async () => {
    const absent = createEmbedder({ clock: systemClock, modelPackage: "@headgate-test/absent-model" });
    expect(await absent.embed(["text"])).toBeUndefined();
    expect(await choose("We saw three vehicles in the yard.", absent)).toBe("vehicles");
    await absent.close();
  });

  test("a package that fails to load gives no vectors, once and for all", async () => {
    const broken = createEmbedder({ clock: systemClock, enginePackage: "node:path" });
    expect(await broken.embed(["text"])).toBeUndefined();
    expect(await broken.embed(["text"])).toBeUndefined();
    await broken.close();
  });

  test("a model that does not load in time gives no vectors", async () => {
    const hasty = { ...systemClock, sleep: async () => {} };
    const slow = createEmbedder({ clock: hasty });
    expect(await slow.embed(["text"])).toBeUndefined();
    expect(await slow.embed(["text"])).toBeUndefined();
    await slow.close();
  });

  test("a call that is cancelled while the model loads ends at once", async () => {
    const never: Embedder = { embed: () => new Promise(() => {}), close: async () => {} };
    const controller = new AbortController();
    const answer = choose("Soup.", never, controller.signal);
    setImmediate(() => controller.abort());
    await expect(answer).rejects.toMatchObject({ code: "request_cancelled" });
  });

  test("closing settles what still waits", async () => {
    const closing = createEmbedder({ clock: systemClock });
    const waiting = closing.embed(["text"]);
    await closing.close();
    expect(await waiting).toBeUndefined();
    expect(await closing.embed(["text"])).toBeUndefined();
  });
});

async function choose(text: string, embed: Embedder, signal = new AbortController().signal): Promise<unknown> {
  const schema = { enum: ["kitchen", "garden", "vehicles", "clothing", "pets"] };
  const provider = createLocalProvider({ clock: systemClock, embed });
  const reply = await provider.generate(
    {
      model: "extractive",
      messages: [{ role: "user", content: `<text>${text}</text>` }],
      settings: {},
      output: { name: "label", schema },
      stream: false,
    },
    { signal, deadlineMs: systemClock.now() + 60_000, warn: () => {} },
  );
  return parseJson(reply.whole!.text);
}
