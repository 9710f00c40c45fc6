import type { ModelSettings, ToolSpec } from "../../message.ts";
import type { ModelTraits } from "./model-traits.ts";
import { toCacheControl } from "./to-content-block.ts";
import { toOutputSchema } from "./to-output-schema.ts";

export interface ToolsOptions {
  readonly model: string;
  readonly traits: ModelTraits;
  readonly tools: readonly ToolSpec[];
  readonly settings: Pick<ModelSettings, "toolChoice" | "parallelToolCalls">;
  readonly warn: (warning: string) => void;
}

/** Whether the request names a tool, or asks for any. */
export function forcesTool({ tools, settings }: Pick<ToolsOptions, "tools" | "settings">): boolean {
  const { toolChoice } = settings;
  return tools.length > 0 && (toolChoice === "required" || typeof toolChoice === "object");
}

/** The fields `tools` and `tool_choice`; neither without tools, where Anthropic refuses the choice. */
export function toTools(options: ToolsOptions): Record<string, unknown> {
  const { tools, settings, traits, model, warn } = options;
  if (tools.length === 0) return {};
  const { toolChoice } = settings;
  const isRefused = forcesTool(options) && !traits.canForceTools;
  if (isRefused) warn(`${model} cannot be made to call a tool: it is offered to, and may answer otherwise.`);
  // A tool that cannot be asked for by name is at least the only one.
  const offered =
    isRefused && typeof toolChoice === "object" ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const choice = toChoice(isRefused ? "auto" : toolChoice, settings.parallelToolCalls === false);
  return { tools: offered.map((tool) => toTool(tool, options)), ...(choice ? { tool_choice: choice } : {}) };
}

function toTool(tool: ToolSpec, options: ToolsOptions): Record<string, unknown> {
  const { name, description, parameters, cacheTtl } = tool;
  const strictSchema = tool.isStrict === true ? toStrictSchema(tool, options) : undefined;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: strictSchema ?? { type: "object", ...parameters },
    ...(strictSchema ? { strict: true } : {}),
    ...toCacheControl(cacheTtl),
  };
}

function toStrictSchema({ parameters }: ToolSpec, { traits, model, warn }: ToolsOptions): object | undefined {
  const schema = traits.hasOutputFormat ? toOutputSchema({ type: "object", ...parameters }) : undefined;
  if (!schema) warn(`Strict tools are not offered by ${model}, or not with such a schema: a tool is offered without.`);
  return schema;
}

function toChoice(choice: ModelSettings["toolChoice"], isOneAtMost: boolean): Record<string, unknown> | undefined {
  const limit = isOneAtMost ? { disable_parallel_tool_use: true } : {};
  if (typeof choice === "object") return { type: "tool", name: choice.name, ...limit };
  if (choice === "required") return { type: "any", ...limit };
  if (choice === "none") return { type: "none" };
  return choice === "auto" || isOneAtMost ? { type: "auto", ...limit } : undefined;
}
