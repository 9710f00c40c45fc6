import { createAnthropic } from "@ai-sdk/anthropic";
import { bodyOf } from "../../replay/recording.ts";
import type { Oracle } from "../oracle.ts";

export const anthropicOracle: Oracle = {
  name: "anthropic",
  covers: ({ meta }) => meta.endpoint !== "anthropic.count_tokens",
  create: ({ meta }, fetch) => createAnthropic({ apiKey: "none", fetch })(meta.model ?? "claude-sonnet-5"),
  explain: (recording, field) => {
    const isPaused = /"stop_reason"\s*:\s*"pause_turn"/.test(bodyOf(recording).toString());
    if (field !== "finishReason" || !isPaused) return undefined;
    return "A paused turn is not whole until it is handed back, so it has not come to its stop.";
  },
};
