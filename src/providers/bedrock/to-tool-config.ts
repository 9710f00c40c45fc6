import type { Message, ModelSettings, ToolSpec } from "../../message.ts";
import type { JsonSchema } from "../../json.ts";
import type { ModelRequest } from "../provider.ts";
import type { ModelTraits } from "./model-traits.ts";
import { toClosedSchema } from "./to-closed-schema.ts";
import { toCachePoint, type Block } from "./to-conversation.ts";

type Warn = (warning: string) => void;

export interface Tools {
  readonly toolConfig?: Block;
  /** For `additionalModelRequestFields`: what Converse has no word for. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ToolOptions {
  readonly traits: ModelTraits;
  /** The tool whose arguments are the answer. */
  readonly outputTool?: { readonly name: string; readonly description: string; readonly schema: JsonSchema };
  readonly warn: Warn;
}

export function toTools(request: ModelRequest, options: ToolOptions): Tools {
  const { traits, outputTool, warn } = options;
  const declared = listTools(request, warn);
  const blocks = declared.flatMap((tool) => [
    toToolBlock(tool, options),
    ...(traits.caches === "everywhere" ? toCachePoint(tool.cacheTtl, traits, warn) : []),
  ]);
  if (outputTool) {
    const { name, description, schema } = outputTool;
    blocks.push({ toolSpec: { name, description, inputSchema: { json: schema } } });
  }
  if (blocks.length === 0) return { fields: {} };
  const choice = outputTool
    ? { type: declared.length === 0 ? outputTool.name : "any" }
    : toChoice(request.settings, options);
  const toolChoice = choice && toToolChoice(choice.type, traits);
  const isSerial = request.settings.parallelToolCalls === false && declared.length > 0;
  if (isSerial && traits.family === "anthropic") {
    return { toolConfig: { tools: blocks }, fields: { tool_choice: toSerialChoice(choice?.type) } };
  }
  if (isSerial) warn("parallelToolCalls is not offered by this model on Bedrock and was dropped.");
  return { toolConfig: { tools: blocks, ...(toolChoice ? { toolChoice } : {}) }, fields: {} };
}

/** Whether the request's tools may be called at all. */
function listTools({ tools = [], settings, messages }: ModelRequest, warn: Warn): readonly ToolSpec[] {
  const used = listUsedTools(messages);
  if (settings.toolChoice === "none") {
    if (used.length === 0) return [];
    if (tools.length > 0) warn("toolChoice none is not offered by Bedrock: the model may still call a tool.");
  }
  if (tools.length > 0) return tools;
  // Earlier calls and results are refused unless their tools are declared.
  return used.map((name) => ({ name, parameters: { type: "object", properties: {} } }));
}

function listUsedTools(messages: readonly Message[]): string[] {
  return [...new Set(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ name }) => name)))];
}

function toToolBlock({ name, description, parameters, isStrict }: ToolSpec, { traits, warn }: ToolOptions): Block {
  const closed = isStrict === true && traits.hasSchemaMode ? toClosedSchema(parameters) : undefined;
  if (isStrict === true && !closed)
    warn("A strict tool is not offered by this model on Bedrock and is declared as others are.");
  return {
    toolSpec: {
      name,
      ...(description === undefined || description.trim() === "" ? {} : { description }),
      inputSchema: { json: closed ?? parameters },
      ...(closed ? { strict: true } : {}),
    },
  };
}

interface Choice {
  /** `any`, or the name of a tool. */
  readonly type: string;
}

/** Undefined leaves it to the model, which is what Bedrock does anyway. */
function toChoice({ toolChoice }: ModelSettings, { traits, warn }: ToolOptions): Choice | undefined {
  if (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none") return undefined;
  if (traits.forces === "nothing") {
    warn("toolChoice is not offered by this model on Bedrock: the model decides itself.");
    return undefined;
  }
  if (toolChoice === "required") return { type: "any" };
  if (traits.forces === "tool") return { type: toolChoice.name };
  warn("toolChoice with a name is not offered by this model on Bedrock: it is to call any tool.");
  return { type: "any" };
}

function toToolChoice(type: string, { forces }: ModelTraits): Block {
  return type === "any" || forces === "any" ? { any: {} } : { tool: { name: type } };
}

/** Claude's own field, which Converse passes on. */
function toSerialChoice(type: string | undefined): Block {
  const one = { disable_parallel_tool_use: true };
  if (type === undefined || type === "any") return { type: type ?? "auto", ...one };
  return { type: "tool", name: type, ...one };
}
