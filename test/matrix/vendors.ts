import { anthropicVendor } from "./vendors/anthropic.ts";
import { bedrockVendor } from "./vendors/bedrock.ts";
import { geminiVendor } from "./vendors/gemini.ts";
import { openAiChatVendor } from "./vendors/openai-chat.ts";
import { openAiResponsesVendor } from "./vendors/openai-responses.ts";
import type { MatrixVendor } from "./vendors/vendor.ts";

/** Every vendor that requests go to. */
export const matrixVendors: readonly MatrixVendor[] = [
  openAiChatVendor,
  openAiResponsesVendor,
  anthropicVendor,
  geminiVendor,
  bedrockVendor,
];
