import type { ModelSettings, OutputFormat, ReasoningEffort } from "../../message.ts";
import type { LossList } from "../loss-list.ts";
import type { MessagesRequestBody } from "./messages-request-schema.ts";
import { readToolChoice } from "./read-tools.ts";

export function readSettings(request: MessagesRequestBody, losses: LossList): ModelSettings {
  const { temperature, top_p: topP, top_k: topK, max_tokens: maxOutputTokens, stop_sequences: stop } = request;
  if (maxOutputTokens === 0) losses.refuse(["max_tokens"], "only Anthropic's API takes a request for no answer");
  return {
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...(typeof topP === "number" ? { topP } : {}),
    ...(typeof topK === "number" ? { topK } : {}),
    ...(typeof maxOutputTokens === "number" ? { maxOutputTokens } : {}),
    ...(stop && stop.length > 0 ? { stop } : {}),
    ...readReasoning(request, losses),
    ...readToolChoice(request.tool_choice, losses),
    ...readUser(request.metadata, losses),
    ...readServiceTier(request.service_tier, losses),
  };
}

const efforts = ["low", "medium", "high", "xhigh", "max"] as const satisfies readonly ReasoningEffort[];
const thinkingFields = new Set(["type", "budget_tokens", "display"]);

function readReasoning(
  { thinking, output_config: config }: MessagesRequestBody,
  losses: LossList,
): Pick<ModelSettings, "reasoningEffort" | "reasoningTokens"> {
  const asked = config?.effort ?? undefined;
  const effort = efforts.find((known) => known === asked);
  if (asked !== undefined && effort === undefined) {
    losses.drop(["output_config", "effort"], "only Anthropic's own API knows this effort");
  }
  const reasoningEffort = effort === undefined ? {} : { reasoningEffort: effort };
  if (!thinking) return reasoningEffort;
  losses.dropOthers(["thinking"], thinking, thinkingFields);
  if (thinking.display === "omitted")
    losses.drop(["thinking", "display"], "reasoning is shown as the provider shows it");
  const { type, budget_tokens: reasoningTokens } = thinking;
  if (type === "disabled") return { reasoningEffort: "none" };
  if (type === "enabled" && typeof reasoningTokens === "number") return { ...reasoningEffort, reasoningTokens };
  // Adaptive thinking is what other vendors' models do by default.
  if (type !== "adaptive") losses.drop(["thinking"], `thinking of type ${type} is Anthropic's own`);
  return reasoningEffort;
}

const metadataFields = new Set(["user_id"]);

function readUser(metadata: MessagesRequestBody["metadata"], losses: LossList): Pick<ModelSettings, "user"> {
  if (!metadata) return {};
  losses.dropOthers(["metadata"], metadata, metadataFields);
  return typeof metadata.user_id === "string" ? { user: metadata.user_id } : {};
}

/** `auto`, to take what there is, is every vendor's default. */
function readServiceTier(
  tier: MessagesRequestBody["service_tier"],
  losses: LossList,
): Pick<ModelSettings, "serviceTier"> {
  if (tier === undefined || tier === null || tier === "auto") return {};
  if (tier === "standard_only") return { serviceTier: "default" };
  losses.drop(["service_tier"], "only Anthropic's own API knows this tier");
  return {};
}

const configFields = new Set(["effort", "format"]);
const formatFields = new Set(["type", "schema"]);

/** The structure of the answer, by `output_config` or by its older name `output_format`. */
export function readOutput(request: MessagesRequestBody, losses: LossList): OutputFormat | undefined {
  const { output_config: config, output_format: older } = request;
  if (config) losses.dropOthers(["output_config"], config, configFields);
  const format = config?.format ?? older;
  if (!format) return undefined;
  const path = config?.format ? ["output_config", "format"] : ["output_format"];
  losses.dropOthers(path, format, formatFields);
  if (format.type === "json_schema" && format.schema) return { name: "output", schema: format.schema };
  losses.refuse(path, `an output format of type ${format.type} cannot be passed on`);
  return undefined;
}
