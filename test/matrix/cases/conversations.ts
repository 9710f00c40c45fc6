import type { MatrixCase } from "../matrix-case.ts";
import { shortAnswer } from "./samples.ts";

/** Who says what: roles and their order. */
export const conversationCases: readonly MatrixCase[] = [
  {
    name: "plain",
    about: "one question, one answer",
    requests: {
      chat: { messages: [{ role: "user", content: "Say hello." }] },
      responses: { input: "Say hello." },
      messages: { max_tokens: 1024, messages: [{ role: "user", content: "Say hello." }] },
    },
    answer: shortAnswer,
  },
  {
    name: "system-prompts",
    about: "a system prompt, and a second system message in the middle of the conversation",
    requests: {
      chat: {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Who are you?" },
          { role: "assistant", content: "A model." },
          { role: "system", content: "From now on answer in French." },
          { role: "user", content: "Say hello." },
        ],
      },
      responses: {
        instructions: "Be brief.",
        input: [
          { role: "user", content: "Who are you?" },
          { role: "assistant", content: "A model." },
          { role: "system", content: "From now on answer in French." },
          { role: "user", content: "Say hello." },
        ],
      },
      messages: {
        max_tokens: 1024,
        system: [{ type: "text", text: "Be brief." }],
        messages: [
          { role: "user", content: "Who are you?" },
          { role: "assistant", content: "A model." },
          { role: "system", content: "From now on answer in French." },
          { role: "user", content: "Say hello." },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "developer-role",
    about: "instructions of the developer, which newer models of OpenAI have instead of the system's",
    requests: {
      chat: {
        messages: [
          { role: "developer", content: [{ type: "text", text: "Be brief." }] },
          { role: "user", content: "Say hello." },
        ],
      },
      responses: {
        input: [
          { role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
          { role: "user", content: [{ type: "input_text", text: "Say hello." }] },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "multi-turn",
    about: "a conversation of several turns, two of the user's in a row",
    requests: {
      chat: {
        messages: [
          { role: "user", content: "My name is Ada." },
          { role: "assistant", content: "Hello Ada." },
          { role: "user", content: "Now a question." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is" },
              { type: "text", text: "my name?" },
            ],
          },
        ],
      },
      responses: {
        input: [
          { role: "user", content: "My name is Ada." },
          {
            type: "message",
            id: "msg_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: "Hello Ada.", annotations: [] }],
          },
          { role: "user", content: "Now a question." },
          {
            role: "user",
            content: [
              { type: "input_text", text: "What is" },
              { type: "input_text", text: "my name?" },
            ],
          },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          { role: "user", content: "My name is Ada." },
          { role: "assistant", content: [{ type: "text", text: "Hello Ada." }] },
          { role: "user", content: "Now a question." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is" },
              { type: "text", text: "my name?" },
            ],
          },
        ],
      },
    },
    answer: { ...shortAnswer, text: ["Ada", "."] },
  },
  {
    name: "named-speakers",
    about: "participants with names, which only chat completions has",
    requests: {
      chat: {
        messages: [
          { role: "user", name: "ada", content: "I say yes." },
          { role: "user", name: "bob", content: "I say no." },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "empty-content",
    about: "an earlier answer without a word, and another one to come",
    requests: {
      chat: {
        messages: [
          { role: "user", content: "Say nothing." },
          { role: "assistant", content: "" },
          { role: "user", content: "Again." },
        ],
      },
      responses: {
        input: [
          { role: "user", content: "Say nothing." },
          { role: "assistant", content: "" },
          { role: "user", content: "Again." },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          { role: "user", content: "Say nothing." },
          { role: "assistant", content: [] },
          { role: "user", content: "Again." },
        ],
      },
    },
    answer: { type: "said", text: [], end: "stop", usage: { input: 9, output: 1 } },
  },
  {
    name: "prefilled-answer",
    about: "the client begins the answer itself, as Anthropic's clients do",
    requests: {
      chat: {
        messages: [
          { role: "user", content: "Name a colour as JSON." },
          { role: "assistant", content: '{"colour":' },
        ],
      },
      responses: {
        input: [
          { role: "user", content: "Name a colour as JSON." },
          { role: "assistant", content: '{"colour":' },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          { role: "user", content: "Name a colour as JSON." },
          { role: "assistant", content: '{"colour":' },
        ],
      },
    },
    answer: { ...shortAnswer, text: [' "red"', "}"] },
  },
];
