import type { MatrixCase } from "../matrix-case.ts";
import { shortAnswer } from "./samples.ts";

const question = "Who won yesterday?";
const ask = [{ role: "user", content: question }] as const;

/** What only one dialect knows. */
export const foreignCases: readonly MatrixCase[] = [
  {
    name: "own-fields",
    about: "fields that only one dialect has, or none at all",
    requests: {
      chat: {
        messages: ask,
        store: true,
        metadata: { topic: "sport" },
        prompt_cache_key: "key-1",
        modalities: ["text"],
        prediction: { type: "content", content: "Nobody won." },
        x_unheard_of: { deep: true },
      },
      responses: {
        input: question,
        metadata: { topic: "sport" },
        prompt_cache_key: "key-1",
        truncation: "auto",
        max_tool_calls: 3,
        x_unheard_of: { deep: true },
      },
      messages: {
        max_tokens: 1024,
        messages: ask,
        context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
        x_unheard_of: { deep: true },
      },
    },
    headers: { messages: { "anthropic-beta": "context-management-2025-06-27" } },
    answer: shortAnswer,
  },
  {
    name: "logit-bias",
    about: "tokens that are forbidden by their number, which is another token's to another model",
    requests: { chat: { messages: ask, logit_bias: { "50256": -100 } } },
    answer: shortAnswer,
  },
  {
    name: "server-tool",
    about: "a tool that the vendor runs itself: a search of the web",
    requests: {
      chat: { messages: ask, web_search_options: { search_context_size: "low" } },
      responses: { input: question, tools: [{ type: "web_search" }] },
      messages: {
        max_tokens: 1024,
        messages: ask,
        tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 3 }],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "sources",
    about: "an answer that says where it has it from",
    requests: {
      chat: { messages: ask },
      responses: { input: question },
      messages: { max_tokens: 1024, messages: ask },
    },
    answer: {
      ...shortAnswer,
      text: ["Nobody won", " yesterday."],
      sources: [
        { url: "https://example.com/news", title: "News", start: 0, end: 10 },
        { url: "https://example.org/", title: "More", start: 11, end: 20 },
      ],
    },
  },
];
