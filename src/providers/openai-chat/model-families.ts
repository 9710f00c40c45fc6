import type { ReasoningEffort } from "../../message.ts";
import type { Lackable, Quirks } from "./quirks.ts";

/** Models of one vendor that take other settings than its usual ones. */
export interface ModelFamily extends Partial<
  Pick<
    Quirks,
    | "json"
    | "efforts"
    | "effortWords"
    | "systemRole"
    | "reasoningBack"
    | "needsReasoningBack"
    | "samplesWithoutReasoningOnly"
    | "toolsWithoutReasoningOnly"
    | "audio"
  >
> {
  readonly match: RegExp;
  /** On top of what the vendor lacks. */
  readonly lacks?: readonly Lackable[];
  /** What this family has and the vendor's others lack. */
  readonly offers?: readonly Lackable[];
}

const sampling = ["temperature", "topP", "presencePenalty", "frequencyPenalty", "topLogprobs"] as const;
const penalties = ["presencePenalty", "frequencyPenalty"] as const;
const lowToHigh = ["low", "medium", "high"] as const satisfies readonly ReasoningEffort[];
const upToXhigh = ["none", ...lowToHigh, "xhigh"] as const satisfies readonly ReasoningEffort[];

// Models that reason say so by their name only. `ft:` is a fine-tuned model, named after its base.
const openAi: readonly ModelFamily[] = [
  {
    match: /^(?:ft:)?o\d/,
    systemRole: "developer",
    efforts: lowToHigh,
    lacks: [...sampling, "stop", "verbosity", "parallelToolCalls"],
  },
  { match: /^(?:ft:)?gpt-4o(?:-mini)?-search/, lacks: [...sampling, "seed", "stop", "reasoningEffort", "verbosity"] },
  { match: /^(?:ft:)?gpt-5-chat/, lacks: ["reasoningEffort", "verbosity"] },
  { match: /^(?:ft:)?gpt-5\.\d+-chat/, systemRole: "developer", efforts: ["medium"], lacks: [...sampling, "stop"] },
  {
    match: /^(?:ft:)?gpt-5(?:-|$)/,
    systemRole: "developer",
    efforts: ["minimal", ...lowToHigh],
    lacks: [...sampling, "stop"],
  },
  { match: /^(?:ft:)?gpt-5\.1(?:-|$)/, ...reasoner(["none", ...lowToHigh]) },
  { match: /^(?:ft:)?gpt-5\.[2-5](?:-|$)/, ...reasoner(upToXhigh) },
  { match: /^(?:ft:)?gpt-5\.\d/, ...reasoner(upToXhigh), toolsWithoutReasoningOnly: true },
  { match: /^(?:ft:)?gpt-(?:6-(?:luna|sol)|6\.1-terra)/, ...reasoner(upToXhigh) },
  {
    match: /^(?:ft:)?gpt-[6-9]/,
    systemRole: "developer",
    efforts: [...lowToHigh, "xhigh"],
    lacks: [...sampling, "stop"],
  },
  { match: /^(?:ft:)?(?:chat)?gpt-[34]/, lacks: ["reasoningEffort", "verbosity"] },
];

function reasoner(efforts: readonly ReasoningEffort[]): Omit<ModelFamily, "match"> {
  return { systemRole: "developer", efforts, samplesWithoutReasoningOnly: true, lacks: [...penalties, "stop"] };
}

const groq: readonly ModelFamily[] = [
  { match: /^openai\/gpt-oss/, json: "schema", efforts: lowToHigh, offers: ["reasoningEffort"] },
  {
    match: /^qwen\/qwen-?3/,
    efforts: ["none", "medium"],
    effortWords: { medium: "default" },
    offers: ["reasoningEffort"],
  },
  { match: /^(?:moonshotai\/kimi-k2|meta-llama\/llama-4)/, json: "schema" },
];

const mistral: readonly ModelFamily[] = [
  {
    match:
      /^(?:codestral|devstral|ministral|mistral-code|mistral-large-(?:latest|2)|mistral-tiny|open-|pixtral|voxtral)/,
    lacks: ["reasoningEffort"],
  },
  { match: /^mistral-large-4/, efforts: lowToHigh },
  { match: /^zai-glm-(?:5(?:-3.*)?|latest)$/, efforts: ["low", "high", "max"] },
];

const deepSeek: readonly ModelFamily[] = [
  // The fourth generation thinks unless told not to, and wants all of its thoughts back.
  {
    match: /deepseek-v4|^deepseek-(?:flash|pro)/,
    samplesWithoutReasoningOnly: true,
    reasoningBack: "reasoning_content",
    needsReasoningBack: true,
  },
  { match: /^deepseek-reasoner/, samplesWithoutReasoningOnly: true },
];

const xai: readonly ModelFamily[] = [
  { match: /^grok-3-mini/, efforts: ["low", "high"], lacks: [...penalties, "stop"] },
  { match: /^grok-(?:2|3)(?:-|$)|non-reasoning/, lacks: ["reasoningEffort"] },
  {
    match: /^grok-4(?:-|$)|^grok-4\.20(?:-\d{4})?-reasoning|^grok-code/,
    lacks: [...penalties, "stop", "reasoningEffort"],
  },
  { match: /^grok-/, efforts: ["none", ...lowToHigh], lacks: [...penalties, "stop"] },
];

const perplexity: readonly ModelFamily[] = [
  { match: /^sonar-(?:deep-research|reasoning)/, efforts: ["minimal", ...lowToHigh], offers: ["reasoningEffort"] },
];

const cerebras: readonly ModelFamily[] = [
  { match: /^gpt-oss/, efforts: lowToHigh },
  { match: /^(?:llama|qwen-3-.*-instruct)/, lacks: ["reasoningEffort"] },
];

export const modelFamilies = { openai: openAi, groq, mistral, deepseek: deepSeek, xai, perplexity, cerebras };
