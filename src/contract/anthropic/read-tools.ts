import type { ModelSettings, ToolSpec } from "../../message.ts";
import type { LossList, LossPath } from "../loss-list.ts";
import type { MessagesRequestBody, ToolEntry } from "./messages-request-schema.ts";
import { readCacheTtl } from "./read-content.ts";

const toolFields = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "allowed_callers",
  "cache_control",
  "eager_input_streaming",
  "defer_loading",
  "input_examples",
]);

/** The client's own tools. Those that Anthropic runs, or whose schema only its models know, are refused. */
export function readTools(tools: MessagesRequestBody["tools"], losses: LossList): readonly ToolSpec[] | undefined {
  const specs = (tools ?? []).flatMap((tool, index) => readTool(tool, ["tools", index], losses));
  return specs.length > 0 ? specs : undefined;
}

function readTool(tool: ToolEntry, path: LossPath, losses: LossList): readonly ToolSpec[] {
  const { type, name, description, input_schema: parameters } = tool;
  if (type !== undefined && type !== null && type !== "custom") {
    refuseTool(type, path, losses);
    return [];
  }
  losses.dropOthers(path, tool, toolFields);
  if (tool.allowed_callers && !tool.allowed_callers.includes("direct")) {
    losses.refuse([...path, "allowed_callers"], "a tool that only Anthropic's code execution may call");
  }
  if (tool["defer_loading"] === true) losses.drop([...path, "defer_loading"], "every tool is given at once");
  if (tool["input_examples"]) losses.drop([...path, "input_examples"], "examples are told to Anthropic's models only");
  if (tool["eager_input_streaming"] === true) {
    losses.drop([...path, "eager_input_streaming"], "arguments are streamed as the provider sends them");
  }
  const cacheTtl = readCacheTtl(tool.cache_control);
  const spec: ToolSpec = {
    name: name ?? "",
    ...(typeof description === "string" ? { description } : {}),
    parameters: parameters ?? { type: "object" },
    ...(typeof tool.strict === "boolean" ? { isStrict: tool.strict } : {}),
    ...(cacheTtl === undefined ? {} : { cacheTtl }),
  };
  return [spec];
}

function refuseTool(type: string, path: LossPath, losses: LossList): void {
  // Without the search its findings, the deferred tools, are there all the same.
  if (type.startsWith("tool_search_tool")) losses.drop(path, "there is nothing to search, every tool is given at once");
  else losses.refuse(path, `only Anthropic's models have the tool ${type}`);
}

const choiceFields = new Set(["type", "name", "disable_parallel_tool_use"]);

export function readToolChoice(
  choice: MessagesRequestBody["tool_choice"],
  losses: LossList,
): Pick<ModelSettings, "toolChoice" | "parallelToolCalls"> {
  if (!choice) return {};
  const path = ["tool_choice"];
  losses.dropOthers(path, choice, choiceFields);
  const toolChoice = toToolChoice(choice);
  if (toolChoice === undefined) losses.refuse(path, `a choice of type ${choice.type} cannot be passed on`);
  return {
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(choice.disable_parallel_tool_use === true ? { parallelToolCalls: false } : {}),
  };
}

function toToolChoice({ type, name }: NonNullable<MessagesRequestBody["tool_choice"]>): ModelSettings["toolChoice"] {
  if (type === "auto" || type === "none") return type;
  if (type === "any") return "required";
  return type === "tool" && typeof name === "string" ? { name } : undefined;
}
