import type { MatrixCase } from "../matrix-case.ts";
import { shortAnswer, weatherTool } from "./samples.ts";

const question = "Who won yesterday?";
const ask = [{ role: "user", content: question }] as const;

/** What older clients, other vendors and careful clients leave in requests. */
export const leftoverCases: readonly MatrixCase[] = [
  {
    name: "defaults",
    about: "fields that say what holds anyway, and are nothing to warn of",
    requests: {
      chat: {
        messages: ask,
        n: 1,
        temperature: null,
        top_p: null,
        stop: null,
        seed: null,
        tools: [],
        logit_bias: {},
        logprobs: false,
        presence_penalty: 0,
        frequency_penalty: 0,
        response_format: { type: "text" },
        modalities: ["text"],
        store: false,
        user: null,
      },
      responses: {
        input: question,
        instructions: null,
        temperature: null,
        tools: [],
        tool_choice: "auto",
        parallel_tool_calls: true,
        text: { format: { type: "text" } },
        reasoning: null,
        include: [],
        truncation: "disabled",
        metadata: {},
        store: false,
        background: false,
        previous_response_id: null,
      },
      messages: {
        max_tokens: 1024,
        messages: ask,
        system: "",
        stop_sequences: [],
        tools: [],
        metadata: {},
        service_tier: "auto",
      },
    },
    answer: shortAnswer,
  },
  {
    name: "legacy-functions",
    about: "functions, as chat completions had them before it had tools",
    requests: {
      chat: {
        messages: [
          ...ask,
          { role: "assistant", content: null, function_call: { name: "get_weather", arguments: '{"city":"Paris"}' } },
          { role: "function", name: "get_weather", content: "21 °C" },
        ],
        functions: [weatherTool.chat.function],
        function_call: { name: "get_weather" },
      },
    },
    answer: shortAnswer,
  },
  {
    name: "custom-tool",
    about: "a tool whose argument is a text, by a grammar",
    requests: {
      chat: { messages: ask, tools: [{ type: "custom", custom: { name: "run_sql", description: "Runs SQL." } }] },
      responses: { input: question, tools: [{ type: "custom", name: "run_sql", description: "Runs SQL." }] },
    },
    answer: shortAnswer,
  },
  {
    name: "unknown-content",
    about: "content of a kind that is not known",
    requests: {
      chat: {
        messages: [{ role: "user", content: [{ type: "video_url", video_url: { url: "https://example.com/a.mp4" } }] }],
      },
      responses: {
        input: [{ role: "user", content: [{ type: "input_video", video_url: "https://example.com/a.mp4" }] }],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          {
            role: "user",
            content: [{ type: "video", source: { type: "url", url: "https://example.com/a.mp4" } }],
          },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "earlier-refusal",
    about: "the model declined before",
    requests: {
      chat: {
        messages: [
          ...ask,
          { role: "assistant", content: null, refusal: "I cannot help with that." },
          { role: "user", content: "Why?" },
        ],
      },
      responses: {
        input: [
          ...ask,
          {
            type: "message",
            id: "msg_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
            role: "assistant",
            status: "completed",
            content: [{ type: "refusal", refusal: "I cannot help with that." }],
          },
          { role: "user", content: "Why?" },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "earlier-server-tool",
    about: "an earlier answer that came from a search which the vendor did itself",
    requests: {
      responses: {
        input: [
          ...ask,
          { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "winner" } },
          {
            type: "message",
            id: "msg_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
            role: "assistant",
            status: "completed",
            content: [
              {
                type: "output_text",
                text: "Nobody won.",
                annotations: [
                  { type: "url_citation", url: "https://example.com/", title: "News", start_index: 0, end_index: 11 },
                ],
              },
            ],
          },
          { role: "user", content: "Really?" },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          ...ask,
          {
            role: "assistant",
            content: [
              { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "winner" } },
              {
                type: "web_search_tool_result",
                tool_use_id: "srvtoolu_1",
                content: [
                  { type: "web_search_result", url: "https://example.com/", title: "News", encrypted_content: "Eo8B" },
                ],
              },
              {
                type: "text",
                text: "Nobody won.",
                citations: [
                  {
                    type: "web_search_result_location",
                    url: "https://example.com/",
                    title: "News",
                    cited_text: "Nobody won.",
                    encrypted_index: "Eo8B",
                  },
                ],
              },
            ],
          },
          { role: "user", content: "Really?" },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "kept-prompt",
    about: "a prompt that the vendor keeps",
    requests: { responses: { prompt: { id: "pmpt_1", variables: { sport: "chess" } }, input: question } },
    answer: shortAnswer,
  },
];
