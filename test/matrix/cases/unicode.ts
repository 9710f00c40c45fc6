import type { MatrixCase } from "../matrix-case.ts";
import { weatherTool } from "./samples.ts";

const question = 'Grüße, 世界! e\u0301 👩‍🚀 שלום \u2028 \\ "';
const ask = [{ role: "user", content: question }] as const;

/** Texts of every kind, cut where it hurts. */
export const unicodeCases: readonly MatrixCase[] = [
  {
    name: "unicode",
    about: "CJK, emoji, combining marks, text from right to left, and pieces that end within a character",
    requests: {
      chat: { messages: ask, tools: [weatherTool.chat] },
      responses: { input: question, tools: [weatherTool.responses] },
      messages: { max_tokens: 1024, messages: ask, tools: [weatherTool.messages] },
    },
    answer: {
      type: "said",
      text: ["你好 e", "\u0301 👩", "\u200d🚀 \ud83c", "\udf09 שָׁל", "ום\u2028\u0000\n\t", '\\"'],
      toolCalls: [{ id: "call_1", name: "get_weather", arguments: ['{"city":"北\ud83c', '\udfd9京 \\u00e9"}'] }],
      end: "tool-calls",
      usage: { input: 60, output: 18 },
    },
    cutBytes: 7,
  },
];
