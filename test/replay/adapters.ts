import type { ReplayAdapter } from "./adapter.ts";
import { aiSdkAdapter } from "./adapters/ai-sdk.ts";
import { anthropicAdapter } from "./adapters/anthropic.ts";
import { bedrockAdapter } from "./adapters/bedrock.ts";
import { geminiAdapter } from "./adapters/gemini.ts";
import { openAiChatAdapter } from "./adapters/openai-chat.ts";
import { openAiEmbeddingsAdapter } from "./adapters/openai-embeddings.ts";
import { openAiResponsesAdapter } from "./adapters/openai-responses.ts";

/** Every dialect that recordings are replayed in. */
export const replayAdapters: readonly ReplayAdapter[] = [
  openAiChatAdapter,
  openAiEmbeddingsAdapter,
  anthropicAdapter,
  bedrockAdapter,
  geminiAdapter,
  openAiResponsesAdapter,
  aiSdkAdapter,
];
