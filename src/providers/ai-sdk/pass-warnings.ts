import { isRecord } from "../../json.ts";

/** The AI SDK's words for what Headgate calls otherwise. */
const names: Readonly<Record<string, string>> = {
  stopSequences: "stop",
  responseFormat: "output",
  reasoning: "reasoningEffort",
};

/**
 * Passes on a model's warnings: which feature it lacks or imitates, by name. What a provider says in free text may
 * quote the prompt, and is only said to be there.
 */
export function passWarnings(warnings: unknown, provider: string, warn: (warning: string) => void): void {
  if (!Array.isArray(warnings)) return;
  for (const warning of warnings) if (isRecord(warning)) warn(toSentence(warning, provider));
}

function toSentence(warning: Readonly<Record<string, unknown>>, provider: string): string {
  const tool = isRecord(warning["tool"]) ? `the tool ${toName(warning["tool"]["name"])}` : undefined;
  const feature = tool ?? toName(warning["feature"] ?? warning["setting"]);
  const by = /^[\w.-]{1,60}$/.test(provider) ? provider : "this provider";
  switch (warning["type"]) {
    case "unsupported":
    case "unsupported-setting":
    case "unsupported-tool":
      return `${feature} is not offered by ${by} and was dropped or changed.`;
    case "compatibility":
      return `${feature} is only imitated by ${by}.`;
    case "deprecated":
      return `${feature} is deprecated by ${by}.`;
    default:
      return `${by} has a remark on this request.`;
  }
}

function toName(value: unknown): string {
  if (typeof value !== "string" || !/^[A-Za-z][\w .-]{0,60}$/.test(value)) return "a feature";
  return names[value] ?? value;
}
