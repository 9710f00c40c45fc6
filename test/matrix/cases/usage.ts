import type { MatrixCase } from "../matrix-case.ts";
import { shortAnswer, weatherTool } from "./samples.ts";

const ask = [{ role: "user", content: "Say hello." }] as const;

/** What an answer costs. */
export const usageCases: readonly MatrixCase[] = [
  {
    name: "cached-usage",
    about: "most of the prompt was read from a cache, some of it written to one, and the model thought",
    requests: {
      chat: { messages: ask },
      responses: { input: "Say hello." },
      messages: { max_tokens: 1024, messages: ask },
    },
    answer: {
      ...shortAnswer,
      usage: { input: 100, cacheRead: 3000, cacheWrite: 500, output: 40, reasoning: 60 },
    },
  },
  {
    name: "cache-control",
    about: "the client says what is to be cached, and for how long, as only Anthropic's dialect can",
    requests: {
      messages: {
        max_tokens: 1024,
        system: [{ type: "text", text: "A long prompt.", cache_control: { type: "ephemeral", ttl: "1h" } }],
        tools: [{ ...weatherTool.messages, cache_control: { type: "ephemeral", ttl: "1h" } }],
        messages: [
          {
            role: "user",
            content: [{ type: "text", text: "Say hello.", cache_control: { type: "ephemeral" } }],
          },
        ],
      },
    },
    answer: { ...shortAnswer, usage: { input: 5, cacheWrite: 2000, output: 4 } },
  },
  {
    name: "stream-without-usage",
    about: "a client that does not want to know: what is asked of the vendor all the same is not passed on",
    requests: { chat: { messages: ask } },
    streamFields: { chat: { stream: true } },
    answer: shortAnswer,
  },
];
