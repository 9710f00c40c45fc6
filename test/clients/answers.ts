import type { SaidAnswer } from "../matrix/matrix-case.ts";
import type { OddAnswer } from "./upstream.ts";

/** What models say in the tests of all clients. */

/** 15 tokens in, 4 of them from a cache; 5 out. */
const usage = { input: 11, cacheRead: 4, output: 5 };

export const greeting: SaidAnswer = { type: "said", text: ["Grüße", " an 🌉", " alle."], end: "stop", usage };
export const greetingText = "Grüße an 🌉 alle.";

/** Two calls at once, with the words before them. */
export const lookups: SaidAnswer = {
  type: "said",
  text: ["One ", "moment."],
  toolCalls: [
    { id: "call_a", name: "lookup", arguments: ['{"id"', ":7}"] },
    { id: "call_b", name: "lookup", arguments: ['{"id":', "8}"] },
  ],
  end: "tool-calls",
  usage,
};

export function lookup(id: number): SaidAnswer {
  const toolCalls = [{ id: `call_${id}`, name: "lookup", arguments: ['{"id":', `${id}}`] }];
  return { type: "said", toolCalls, end: "tool-calls", usage };
}

export function say(...text: readonly string[]): SaidAnswer {
  return { type: "said", text, end: "stop", usage };
}

export const city = { city: "Bern", people: 134_000 };
export const cityJson = say('{"city":', '"Bern",', '"people":134000}');

/** 3 tokens of the 8 that come out are thought. */
export const thought: SaidAnswer = {
  type: "said",
  reasoning: { text: ["Greet", " them."], seal: "c2VhbGVk" },
  text: ["Good", " day."],
  end: "stop",
  usage: { ...usage, reasoning: 3 },
};

/** Breaks off at the limit of tokens. */
export const tooLong: SaidAnswer = { type: "said", text: ['{"city":', '"Be'], end: "length", usage };

export const filtered: SaidAnswer = { type: "said", text: ["It is"], end: "content-filter", usage };

/** The model declines. */
export const refusal: SaidAnswer = { type: "said", refusal: ["I cannot", " help."], end: "refusal", usage };
export const refusalText = "I cannot help.";

/** A rate limit that lasts for so many seconds. */
export function busy(seconds: number): OddAnswer {
  const body = { error: { message: "Too many requests.", type: "rate_limit_error" } };
  return { type: "odd", status: 429, headers: { "retry-after": String(seconds) }, body };
}

/** A vendor that is out of order. */
export const down: OddAnswer = { type: "odd", status: 500, body: {} };

export const hanging: OddAnswer = { type: "odd", stallAfter: 0 };

const manyWords = say("This ", "answer ", "has ", "many ", "words, ", "but ", "no ", "end.");

/** Breaks off after the first words. */
export const cutOff: OddAnswer = { type: "odd", said: manyWords, cutAfter: 6 };

/** Never ends, after the first words. */
export const stalled: OddAnswer = { type: "odd", said: manyWords, stallAfter: 6 };

/** A PNG of one pixel. */
export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
