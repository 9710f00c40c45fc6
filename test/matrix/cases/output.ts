import type { MatrixCase } from "../matrix-case.ts";
import { shortAnswer } from "./samples.ts";

const question = "Name a colour.";
const ask = [{ role: "user", content: question }] as const;
const schema = {
  type: "object",
  properties: { name: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
  required: ["name", "tags"],
  additionalProperties: false,
};

/** How the answer has to be. */
export const outputCases: readonly MatrixCase[] = [
  {
    name: "structured-output",
    about: "an answer by a JSON Schema",
    requests: {
      chat: {
        messages: ask,
        response_format: { type: "json_schema", json_schema: { name: "colour", strict: true, schema } },
      },
      responses: { input: question, text: { format: { type: "json_schema", name: "colour", strict: true, schema } } },
      messages: { max_tokens: 1024, messages: ask, output_config: { format: { type: "json_schema", schema } } },
    },
    answer: { ...shortAnswer, text: ['{"name":"red",', '"tags":["warm"]}'] },
  },
  {
    name: "json-mode",
    about: "an answer in JSON, of whatever shape",
    requests: {
      chat: { messages: [{ role: "user", content: "A colour as JSON." }], response_format: { type: "json_object" } },
      responses: { input: "A colour as JSON.", text: { format: { type: "json_object" } } },
    },
    answer: { ...shortAnswer, text: ['{"name":', '"red"}'] },
  },
  {
    name: "stop-sequences",
    about: "an answer that ends before a certain text",
    requests: {
      chat: { messages: ask, stop: ["END", "\n\n"] },
      messages: { max_tokens: 1024, messages: ask, stop_sequences: ["END", "\n\n"] },
    },
    answer: { ...shortAnswer, end: "stop-sequence", stopSequence: "END" },
  },
  {
    name: "sampling",
    about: "every setting of how tokens are chosen and how many there are",
    requests: {
      chat: {
        messages: ask,
        temperature: 0.3,
        top_p: 0.9,
        max_completion_tokens: 200,
        stop: "END",
        seed: 7,
        presence_penalty: 0.5,
        frequency_penalty: -0.5,
        user: "user-1",
        service_tier: "flex",
      },
      responses: {
        input: question,
        temperature: 0.3,
        top_p: 0.9,
        max_output_tokens: 200,
        user: "user-1",
        service_tier: "flex",
        text: { verbosity: "medium" },
      },
      messages: {
        messages: ask,
        max_tokens: 200,
        temperature: 0.3,
        top_p: 0.9,
        top_k: 40,
        stop_sequences: ["END"],
        metadata: { user_id: "user-1" },
        service_tier: "standard_only",
      },
    },
    answer: shortAnswer,
  },
  {
    name: "sampling-while-reasoning",
    about: "the same settings for a model that reasons, and takes few of them",
    model: "reasoning",
    requests: {
      chat: {
        messages: ask,
        temperature: 0.3,
        top_p: 0.9,
        max_tokens: 9000,
        reasoning_effort: "low",
        verbosity: "low",
      },
      responses: {
        input: question,
        temperature: 0.3,
        top_p: 0.9,
        max_output_tokens: 9000,
        reasoning: { effort: "low" },
        text: { verbosity: "low" },
      },
      messages: {
        messages: ask,
        max_tokens: 9000,
        temperature: 1,
        top_p: 0.97,
        thinking: { type: "enabled", budget_tokens: 2000 },
      },
    },
    answer: {
      ...shortAnswer,
      reasoning: { text: [], seal: "c2VhbA==" },
      usage: { input: 12, output: 4, reasoning: 32 },
    },
  },
  {
    name: "logprobs",
    about: "what each token was worth to the model",
    requests: {
      chat: { messages: ask, logprobs: true, top_logprobs: 2 },
      responses: { input: question, include: ["message.output_text.logprobs"], top_logprobs: 2 },
    },
    answer: {
      ...shortAnswer,
      logprobs: [
        {
          token: "Hello",
          logprob: -0.01,
          top: [
            { token: "Hello", logprob: -0.01 },
            { token: "Hi", logprob: -4.6 },
          ],
        },
        {
          token: " there.",
          logprob: -0.5,
          top: [
            { token: " there.", logprob: -0.5 },
            { token: "!", logprob: -1 },
          ],
        },
      ],
    },
  },
  {
    name: "several-choices",
    about: "several answers to one question, which only chat completions has",
    requests: { chat: { messages: ask, n: 2 } },
    answer: { ...shortAnswer, choices: 2, usage: { input: 12, output: 8 } },
  },
];
