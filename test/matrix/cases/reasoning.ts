import type { MatrixCase } from "../matrix-case.ts";
import { shortAnswer, weatherTool } from "./samples.ts";

const question = "What is the weather in Paris?";
const ask = [{ role: "user", content: question }] as const;
const thoughts = { text: ["I need", " the weather."], seal: "c2VhbA==" } as const;
const calling = {
  type: "said",
  reasoning: thoughts,
  toolCalls: [{ id: "call_1", name: "get_weather", arguments: ['{"city":"Paris"}'] }],
  end: "tool-calls",
  usage: { input: 60, output: 18, reasoning: 40 },
} as const;

const requests = {
  chat: { messages: ask, tools: [weatherTool.chat], reasoning_effort: "high" },
  responses: {
    input: question,
    tools: [weatherTool.responses],
    reasoning: { effort: "high", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    store: false,
  },
  messages: {
    max_tokens: 20_000,
    messages: ask,
    tools: [weatherTool.messages],
    thinking: { type: "enabled", budget_tokens: 16_000 },
  },
} as const;

/** What the model thinks before it speaks. */
export const reasoningCases: readonly MatrixCase[] = [
  {
    name: "reasoning",
    about: "thinking is asked for, answered, and handed back with the tool's result",
    model: "reasoning",
    requests,
    answer: calling,
    next: { toolResults: ["21 °C"], answer: { ...shortAnswer, text: ["21 °C", "."] } },
  },
  {
    name: "reasoning-then-text",
    about: "thinking before words, and both handed back with another question",
    model: "reasoning",
    requests,
    answer: { ...calling, toolCalls: undefined, text: ["It is", " warm."], end: "stop" },
    next: { user: "How warm?", answer: { ...shortAnswer, text: ["21 °C", "."] } },
  },
  {
    name: "reasoning-elsewhere",
    about: "what one vendor's model thought is handed to another vendor's, which cannot read it",
    model: "reasoning",
    requests,
    answer: calling,
    next: { toolResults: ["21 °C"], isElsewhere: true, answer: { ...shortAnswer, text: ["21 °C", "."] } },
  },
  {
    name: "reasoning-off",
    about: "no thinking is wanted",
    model: "reasoning",
    requests: {
      chat: { messages: ask, reasoning_effort: "none" },
      responses: { input: question, reasoning: { effort: "none" } },
      messages: { max_tokens: 1024, messages: ask, thinking: { type: "disabled" } },
    },
    answer: shortAnswer,
  },
  {
    name: "reasoning-least",
    about: "as little thinking as there is",
    model: "reasoning",
    requests: {
      chat: { messages: ask, reasoning_effort: "minimal" },
      responses: { input: question, reasoning: { effort: "minimal" } },
      messages: { max_tokens: 2048, messages: ask, output_config: { effort: "low" }, thinking: { type: "adaptive" } },
    },
    answer: shortAnswer,
  },
];
