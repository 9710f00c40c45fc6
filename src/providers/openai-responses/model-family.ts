import type { ReasoningEffort } from "../../message.ts";

/** What the models of one family take. */
export interface ModelFamily {
  /** Its reasoning can be asked for sealed, to be handed back; other models refuse to be asked. */
  readonly seals: boolean;
  /** In ascending order; empty: the effort cannot be set. */
  readonly efforts: readonly ReasoningEffort[];
  /** What the model does if nothing is asked for. */
  readonly defaultEffort: ReasoningEffort;
  /** Whether it takes `temperature`, `top_p` and log-probabilities. */
  readonly sampling: "always" | "without-reasoning" | "never";
  readonly hasVerbosity: boolean;
}

type Row = readonly [name: RegExp, family: ModelFamily];

/** What every model that reasons can be set to. */
export const upToHigh = ["low", "medium", "high"] as const satisfies readonly ReasoningEffort[];
const upToXhigh = [...upToHigh, "xhigh"] as const satisfies readonly ReasoningEffort[];

const plain: ModelFamily = {
  seals: false,
  efforts: [],
  defaultEffort: "none",
  sampling: "always",
  hasVerbosity: false,
};
const reasoning: ModelFamily = {
  seals: true,
  efforts: upToHigh,
  defaultEffort: "medium",
  sampling: "never",
  hasVerbosity: false,
};
const gpt5: ModelFamily = { ...reasoning, efforts: ["minimal", ...upToHigh], hasVerbosity: true };
const gpt51: ModelFamily = {
  ...gpt5,
  efforts: ["none", ...upToHigh],
  defaultEffort: "none",
  sampling: "without-reasoning",
};
const gpt52: ModelFamily = { ...gpt51, efforts: ["none", ...upToXhigh] };
const gpt56: ModelFamily = { ...gpt52, efforts: ["none", ...upToXhigh, "max"], defaultEffort: "medium" };
const grok: ModelFamily = { ...reasoning, defaultEffort: "low", sampling: "always" };

// The first match holds. Sources: OpenAI's and xAI's model pages and reasoning guides, their refusals as reported in
// public, and the defaults that recorded answers repeat.
const rows: readonly Row[] = [
  [/^(?:gpt-3|gpt-4|chatgpt-4o|gpt-5-chat)/, plain],
  [/^(?:o\d|codex-mini|computer-use)/, reasoning],
  [/^gpt-5\.\d+-chat/, { ...gpt5, efforts: ["medium"] }],
  [/^gpt-5-pro/, { ...gpt5, efforts: ["high"], defaultEffort: "high" }],
  [/^gpt-5\.\d+-pro/, { ...gpt5, efforts: ["medium", "high", "xhigh"] }],
  [/^gpt-5(?:\.1)?-codex(?!-max)/, reasoning],
  [/^gpt-5\.\d+-codex/, { ...reasoning, efforts: upToXhigh }],
  [/^gpt-5(?:-|$)/, gpt5],
  [/^gpt-5\.1(?:-|$)/, gpt51],
  [/^gpt-5\.[2-4](?:-|$)/, gpt52],
  [/^gpt-5\.5(?:-|$)/, { ...gpt52, defaultEffort: "medium" }],
  [/^gpt-5\.\d/, gpt56],
  [/^gpt-6(?:-luna|-sol|\.1-terra)/, gpt56],
  [/^gpt-[6-9]/, { ...gpt5, efforts: [...upToXhigh, "max"] }],
  [/^gpt-oss/, { ...reasoning, seals: false, sampling: "always" }],
  [/^grok-3-mini/, { ...grok, efforts: ["low", "high"] }],
  [/^grok-4\.3|^grok-latest|^grok-4\.20-multi/, { ...grok, efforts: ["none", ...upToHigh] }],
  [/^grok-4\.[6-9](?:-|$)/, { ...grok, efforts: upToXhigh, defaultEffort: "high" }],
  // These refuse the setting, whatever its value.
  [/^grok-(?:3|4|build|code)/, { ...grok, efforts: [] }],
];

/** Undefined for a name that says nothing, such as that of an Azure deployment: then everything is passed on. */
export function findModelFamily(model: string): ModelFamily | undefined {
  // OpenRouter, Bedrock and fine-tuned models put a name before OpenAI's.
  const name = model
    .replace(/^ft:/, "")
    .replace(/^.*\//, "")
    .replace(/^openai\./, "");
  return rows.find(([pattern]) => pattern.test(name))?.[1];
}

const allEfforts: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** The nearest of the offered efforts; of two that are as near, the lower. */
export function nearestEffort(wanted: ReasoningEffort, offered: readonly ReasoningEffort[]): ReasoningEffort {
  const distance = (effort: ReasoningEffort): number =>
    Math.abs(allEfforts.indexOf(effort) - allEfforts.indexOf(wanted));
  return offered.reduce((best, effort) => (distance(effort) < distance(best) ? effort : best), offered[0] ?? wanted);
}

// The API knows no number of tokens: it is told the effort that usually takes about as many.
const effortsByTokens: readonly (readonly [upToTokens: number, effort: ReasoningEffort])[] = [
  [0, "none"],
  [1024, "minimal"],
  [4096, "low"],
  [16_384, "medium"],
  [32_768, "high"],
];

/** The effort that a budget of thinking tokens is worth. */
export function toEffort(reasoningTokens: number): ReasoningEffort {
  return effortsByTokens.find(([upToTokens]) => reasoningTokens <= upToTokens)?.[1] ?? "xhigh";
}
