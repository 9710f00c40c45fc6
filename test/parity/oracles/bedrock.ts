import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import type { Oracle } from "../oracle.ts";

export const bedrockOracle: Oracle = {
  name: "bedrock",
  covers: ({ meta }) => meta.endpoint !== "bedrock.count-tokens",
  create: (_recording, fetch) =>
    createAmazonBedrock({ baseURL: "http://replay", region: "us-east-1", apiKey: "k", fetch }).languageModel("m"),
  explain: ({ response }, field) =>
    field === "toolCalls" && JSON.stringify(response.body ?? "").includes('"server_tool_use"')
      ? "The AI SDK takes a tool that Bedrock itself has run (Nova's code interpreter) for one that the client is to run."
      : undefined,
};
