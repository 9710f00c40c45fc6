import { createAnthropic } from "@ai-sdk/anthropic";
import type { Oracle } from "../oracle.ts";

export const anthropicOracle: Oracle = {
  name: "anthropic",
  covers: ({ meta }) => meta.endpoint !== "anthropic.count_tokens",
  create: ({ meta }, fetch) => createAnthropic({ apiKey: "none", fetch })(meta.model ?? "claude-sonnet-5"),
};
