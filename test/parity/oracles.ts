import type { Oracle } from "./oracle.ts";
import { geminiOracle } from "./oracles/gemini.ts";
import { anthropicOracle } from "./oracles/anthropic.ts";
import { bedrockOracle } from "./oracles/bedrock.ts";
import { openAiChatOracle } from "./oracles/openai-chat.ts";
import { openAiResponsesOracle } from "./oracles/openai-responses.ts";

/** Every AI SDK provider that ours are held against. */
export const oracles: readonly Oracle[] = [
  anthropicOracle,
  bedrockOracle,
  geminiOracle,
  openAiChatOracle,
  openAiResponsesOracle,
];
