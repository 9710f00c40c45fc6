import { createOpenAI } from "@ai-sdk/openai";
import { createXai } from "@ai-sdk/xai";
import { bodyOf } from "../../replay/recording.ts";
import type { Oracle } from "../oracle.ts";

export const openAiResponsesOracle: Oracle = {
  name: "openai-responses",
  covers: () => true,
  create: ({ provider }, fetch) =>
    provider === "xai"
      ? createXai({ apiKey: "none", fetch }).responses("grok-4.3")
      : createOpenAI({ apiKey: "none", fetch }).responses("gpt-5"),
  explain: (recording, field) => {
    if (field !== "reasoning") return undefined;
    const body = bodyOf(recording).toString();
    if (/"type":\s*"reasoning_text"/.test(body)) {
      return "The vendor shows the reasoning itself; the AI SDK reads summaries only.";
    }
    if (/"summary_index":\s*1\b|"summary":\s*\[\s*\{[^\]]*\},\s*\{/.test(body)) {
      return "The AI SDK keeps the summaries of one item apart as parts; in one text an empty line does it.";
    }
    return undefined;
  },
};
