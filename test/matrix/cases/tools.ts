import type { MatrixCase } from "../matrix-case.ts";
import { clockTool, pngBase64, shortAnswer, weatherTool } from "./samples.ts";

const question = "What is the weather in Paris?";
const ask = [{ role: "user", content: question }] as const;
const inParis = { id: "call_1", name: "get_weather", arguments: ['{"ci', 'ty":"Par', 'is"}'] } as const;
const calling = { type: "said", toolCalls: [inParis], end: "tool-calls", usage: { input: 60, output: 18 } } as const;

/** Tools of the client's own: offered, called, answered. */
export const toolCases: readonly MatrixCase[] = [
  {
    name: "tool-call",
    about: "a tool is offered, and called after some words; its result is handed back",
    requests: {
      chat: { messages: ask, tools: [weatherTool.chat], tool_choice: "auto" },
      responses: { input: question, tools: [weatherTool.responses], tool_choice: "auto", store: false },
      messages: { max_tokens: 1024, messages: ask, tools: [weatherTool.messages], tool_choice: { type: "auto" } },
    },
    answer: { ...calling, text: ["Let me", " look."] },
    next: { toolResults: ['{"celsius":21}'], answer: { ...shortAnswer, text: ["21 °C", "."] } },
  },
  {
    name: "parallel-tool-calls",
    about: "three calls in one turn, one of them without arguments; their results are handed back",
    requests: {
      chat: { messages: ask, tools: [weatherTool.chat, clockTool.chat] },
      responses: { input: question, tools: [weatherTool.responses, clockTool.responses], store: false },
      messages: { max_tokens: 1024, messages: ask, tools: [weatherTool.messages, clockTool.messages] },
    },
    answer: {
      ...calling,
      toolCalls: [
        inParis,
        { id: "call_2", name: "get_weather", arguments: ['{"city":', '"Rome"}'] },
        { id: "call_3", name: "get_time", arguments: ["{}"] },
      ],
    },
    next: {
      toolResults: ["21 °C", "27 °C", "12:00"],
      user: "Which is warmer?",
      answer: { ...shortAnswer, text: ["Rome", "."] },
    },
  },
  {
    name: "tool-call-without-arguments",
    about: "a call of a tool that takes nothing, of which vendors stream nothing",
    requests: {
      chat: { messages: ask, tools: [clockTool.chat] },
      responses: { input: question, tools: [clockTool.responses], store: false },
      messages: { max_tokens: 1024, messages: ask, tools: [clockTool.messages] },
    },
    answer: { ...calling, toolCalls: [{ id: "call_1", name: "get_time", arguments: [] }] },
    next: { toolResults: ["12:00"], answer: shortAnswer },
  },
  {
    name: "tool-round-trip",
    about: "calls and results in the conversation so far, with words before, between and after",
    requests: {
      chat: {
        messages: [
          ...ask,
          {
            role: "assistant",
            content: "I look at both.",
            tool_calls: [
              { id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
              { id: "call_b", type: "function", function: { name: "get_time", arguments: "" } },
            ],
          },
          { role: "tool", tool_call_id: "call_a", content: '{"celsius":21}' },
          { role: "tool", tool_call_id: "call_b", content: [{ type: "text", text: "12:00" }] },
          { role: "assistant", content: "It is 21 °C at noon." },
          { role: "user", content: "And in Rome?" },
        ],
        tools: [weatherTool.chat, clockTool.chat],
      },
      responses: {
        input: [
          ...ask,
          { role: "assistant", content: "I look at both." },
          {
            type: "function_call",
            id: "fc_12345xyz",
            call_id: "call_a",
            name: "get_weather",
            arguments: '{"city":"Paris"}',
            status: "completed",
          },
          { type: "function_call", id: "fc_67890xyz", call_id: "call_b", name: "get_time", arguments: "" },
          { type: "function_call_output", call_id: "call_a", output: '{"celsius":21}' },
          { type: "function_call_output", call_id: "call_b", output: [{ type: "input_text", text: "12:00" }] },
          { role: "assistant", content: "It is 21 °C at noon." },
          { role: "user", content: "And in Rome?" },
        ],
        tools: [weatherTool.responses, clockTool.responses],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          ...ask,
          {
            role: "assistant",
            content: [
              { type: "text", text: "I look at both." },
              { type: "tool_use", id: "call_a", name: "get_weather", input: { city: "Paris" } },
              { type: "tool_use", id: "call_b", name: "get_time", input: {} },
            ],
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "call_a", content: '{"celsius":21}' },
              { type: "tool_result", tool_use_id: "call_b", content: [{ type: "text", text: "12:00" }] },
            ],
          },
          { role: "assistant", content: "It is 21 °C at noon." },
          { role: "user", content: "And in Rome?" },
        ],
        tools: [weatherTool.messages, clockTool.messages],
      },
    },
    answer: { ...calling, toolCalls: [{ id: "call_1", name: "get_weather", arguments: ['{"city":"Rome"}'] }] },
  },
  {
    name: "tool-error",
    about: "a tool that failed, which only Anthropic's dialect can say, and one that returned nothing",
    requests: {
      chat: {
        messages: [
          ...ask,
          {
            role: "assistant",
            content: null,
            tool_calls: [
              { id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
              { id: "call_b", type: "function", function: { name: "get_time", arguments: "{}" } },
            ],
          },
          { role: "tool", tool_call_id: "call_a", content: "Error: no such city" },
          { role: "tool", tool_call_id: "call_b", content: "" },
        ],
        tools: [weatherTool.chat, clockTool.chat],
      },
      responses: {
        input: [
          ...ask,
          { type: "function_call", call_id: "call_a", name: "get_weather", arguments: '{"city":"Paris"}' },
          { type: "function_call", call_id: "call_b", name: "get_time", arguments: "{}" },
          { type: "function_call_output", call_id: "call_a", output: "Error: no such city", status: "incomplete" },
          { type: "function_call_output", call_id: "call_b", output: "" },
        ],
        tools: [weatherTool.responses, clockTool.responses],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          ...ask,
          {
            role: "assistant",
            content: [
              { type: "tool_use", id: "call_a", name: "get_weather", input: { city: "Paris" } },
              { type: "tool_use", id: "call_b", name: "get_time", input: {} },
            ],
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "call_a", is_error: true, content: "Error: no such city" },
              { type: "tool_result", tool_use_id: "call_b" },
              { type: "text", text: "Try again." },
            ],
          },
        ],
        tools: [weatherTool.messages, clockTool.messages],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "tool-image-result",
    about: "a tool that returned an image with its words",
    requests: {
      responses: {
        input: [
          ...ask,
          { type: "function_call", call_id: "call_a", name: "get_weather", arguments: '{"city":"Paris"}' },
          {
            type: "function_call_output",
            call_id: "call_a",
            output: [
              { type: "input_text", text: "The radar:" },
              { type: "input_image", image_url: `data:image/png;base64,${pngBase64}`, detail: "auto" },
            ],
          },
        ],
        tools: [weatherTool.responses],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          ...ask,
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "call_a", name: "get_weather", input: { city: "Paris" } }],
          },
          {
            role: "user",
            content: [
              {
                type: "tool_result",
                tool_use_id: "call_a",
                content: [
                  { type: "text", text: "The radar:" },
                  { type: "image", source: { type: "base64", media_type: "image/png", data: pngBase64 } },
                ],
              },
            ],
          },
        ],
        tools: [weatherTool.messages],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "tool-choice-required",
    about: "some tool has to be called",
    requests: {
      chat: { messages: ask, tools: [weatherTool.chat, clockTool.chat], tool_choice: "required" },
      responses: { input: question, tools: [weatherTool.responses, clockTool.responses], tool_choice: "required" },
      messages: {
        max_tokens: 1024,
        messages: ask,
        tools: [weatherTool.messages, clockTool.messages],
        tool_choice: { type: "any" },
      },
    },
    answer: calling,
  },
  {
    name: "tool-choice-named",
    about: "one tool has to be called, with strict arguments and one at a time",
    requests: {
      chat: {
        messages: ask,
        tools: [{ type: "function", function: { ...weatherTool.chat.function, strict: true } }, clockTool.chat],
        tool_choice: { type: "function", function: { name: "get_weather" } },
        parallel_tool_calls: false,
      },
      responses: {
        input: question,
        tools: [{ ...weatherTool.responses, strict: true }, clockTool.responses],
        tool_choice: { type: "function", name: "get_weather" },
        parallel_tool_calls: false,
      },
      messages: {
        max_tokens: 1024,
        messages: ask,
        tools: [{ ...weatherTool.messages, strict: true }, clockTool.messages],
        tool_choice: { type: "tool", name: "get_weather", disable_parallel_tool_use: true },
      },
    },
    answer: calling,
  },
  {
    name: "tool-choice-none",
    about: "tools are told of, and none may be called",
    requests: {
      chat: { messages: ask, tools: [weatherTool.chat], tool_choice: "none" },
      responses: { input: question, tools: [weatherTool.responses], tool_choice: "none" },
      messages: { max_tokens: 1024, messages: ask, tools: [weatherTool.messages], tool_choice: { type: "none" } },
    },
    answer: shortAnswer,
  },
  {
    name: "parallel-tool-calls-off",
    about: "the model decides, and calls one tool at most",
    requests: {
      chat: { messages: ask, tools: [weatherTool.chat], parallel_tool_calls: false },
      responses: { input: question, tools: [weatherTool.responses], parallel_tool_calls: false },
      messages: {
        max_tokens: 1024,
        messages: ask,
        tools: [weatherTool.messages],
        tool_choice: { type: "auto", disable_parallel_tool_use: true },
      },
    },
    answer: calling,
  },
];
