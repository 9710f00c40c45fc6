import { isRecord } from "../../json.ts";
import type { ModelSettings, ToolSpec } from "../../message.ts";
import type { ChatRequestBody, ChatToolBody } from "./chat-request-schema.ts";
import type { LossList } from "../loss-list.ts";
import { readCacheTtl } from "./read-parts.ts";

export interface ToolUse {
  /** Undefined if there are none. */
  readonly tools: readonly ToolSpec[] | undefined;
  readonly toolChoice: ModelSettings["toolChoice"];
}

/** Reads `tools` and `tool_choice`; of a choice among allowed tools, only those are kept. */
export function readTools({ tools, tool_choice: choice }: ChatRequestBody, losses: LossList): ToolUse {
  const specs = (tools ?? []).flatMap((tool, at) => readTool(tool, at, losses));
  const { toolChoice, allowed } = readChoice(choice, losses);
  const kept = allowed ? specs.filter(({ name }) => allowed.includes(name)) : specs;
  return { tools: kept.length > 0 ? kept : undefined, toolChoice };
}

const toolFields: ReadonlySet<string> = new Set(["type", "function", "cache_control"]);
const functionFields: ReadonlySet<string> = new Set(["name", "description", "parameters", "strict"]);

function readTool(tool: ChatToolBody, at: number, losses: LossList): ToolSpec[] {
  const { type, function: target, cache_control: cache } = tool;
  if (!target || type !== "function") {
    losses.refuse(["tools", at], whyNoTool(type));
    return [];
  }
  losses.dropOthers(["tools", at], tool, toolFields);
  losses.dropOthers(["tools", at, "function"], target, functionFields);
  const { name, description, parameters, strict } = target;
  const cacheTtl = readCacheTtl(cache);
  return [
    {
      name,
      ...(typeof description === "string" ? { description } : {}),
      parameters: parameters ?? {},
      ...(typeof strict === "boolean" ? { isStrict: strict } : {}),
      ...(cacheTtl === undefined ? {} : { cacheTtl }),
    },
  ];
}

/** @param type of a tool that is not a function */
export function whyNoTool(type: string | null | undefined): string {
  if (type === "custom")
    return "is a custom tool, whose argument is any text: only tools with JSON arguments are translated";
  return "is a tool that only its vendor runs";
}

interface Choice {
  readonly toolChoice?: ModelSettings["toolChoice"];
  /** Names of the only tools that may be called. */
  readonly allowed?: readonly string[];
}

function readChoice(choice: ChatRequestBody["tool_choice"], losses: LossList): Choice {
  if (choice === undefined || choice === null) return {};
  if (typeof choice === "string") {
    if (choice === "auto" || choice === "none" || choice === "required") return { toolChoice: choice };
    if (choice === "any") return { toolChoice: "required" };
    losses.drop(["tool_choice"], "is no choice that providers know");
    return {};
  }
  const name = readName(choice) ?? choice["name"];
  if (typeof name === "string" && choice.type !== "custom") return { toolChoice: { name } };
  const among = choice["allowed_tools"];
  if (choice.type === "allowed_tools" && isRecord(among) && Array.isArray(among["tools"])) {
    const allowed = among["tools"].flatMap((tool) => readName(tool) ?? []);
    return { toolChoice: among["mode"] === "required" ? "required" : "auto", allowed };
  }
  losses.refuse(
    ["tool_choice"],
    choice.type === "custom" ? whyNoTool("custom") : "names a tool that only its vendor runs",
  );
  return {};
}

function readName(tool: unknown): string | undefined {
  const target = isRecord(tool) ? tool["function"] : undefined;
  return isRecord(target) && typeof target["name"] === "string" ? target["name"] : undefined;
}
