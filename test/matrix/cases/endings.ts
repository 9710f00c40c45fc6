import type { MatrixCase, VendorAnswer } from "../matrix-case.ts";
import { shortAnswer } from "./samples.ts";

const question = "Tell me a story.";
const ask = [{ role: "user", content: question }] as const;

function endingCase(name: string, about: string, answer: VendorAnswer): MatrixCase {
  return {
    name,
    about,
    requests: {
      chat: { messages: ask, max_completion_tokens: 64 },
      responses: { input: question, max_output_tokens: 64 },
      messages: { max_tokens: 64, messages: ask },
    },
    answer,
  };
}

/** How answers end, and fail. */
export const endingCases: readonly MatrixCase[] = [
  endingCase("refusal", "the model declines", {
    type: "said",
    refusal: ["I cannot", " help with that."],
    end: "refusal",
    usage: { input: 12, output: 6 },
  }),
  endingCase("content-filter", "the vendor's filter ends the answer", {
    ...shortAnswer,
    text: ["Once", " upon"],
    end: "content-filter",
  }),
  endingCase("length", "the answer is as long as it may be", {
    ...shortAnswer,
    text: ["Once", " upon"],
    end: "length",
    usage: { input: 12, output: 64 },
  }),
  endingCase("rate-limit", "the vendor wants to be asked later, and is asked again", {
    type: "failed",
    failure: "rate-limit",
  }),
  endingCase("context-too-long", "the prompt is longer than the model's context", {
    type: "failed",
    failure: "context-too-long",
  }),
  endingCase("overloaded", "the vendor has no room; a stream learns of it after its first words", {
    type: "failed",
    failure: "overloaded",
  }),
];
