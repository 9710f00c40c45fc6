import type { ModelSettings, ToolSpec } from "../../message.ts";

/** `tools` and `toolConfig` of a request; empty without tools. */
export function toTools(
  tools: readonly ToolSpec[] | undefined,
  choice: ModelSettings["toolChoice"],
): Record<string, unknown> {
  if (!tools || tools.length === 0) return {};
  const mode = toMode(tools, choice);
  return {
    tools: [{ functionDeclarations: tools.map(toDeclaration) }],
    ...(mode ? { toolConfig: { functionCallingConfig: mode } } : {}),
  };
}

function toDeclaration({ name, description, parameters }: ToolSpec): Record<string, unknown> {
  return { name, ...(description === undefined ? {} : { description }), parametersJsonSchema: parameters };
}

function toMode(tools: readonly ToolSpec[], choice: ModelSettings["toolChoice"]): Record<string, unknown> | undefined {
  if (typeof choice === "object") return { mode: "ANY", allowedFunctionNames: [choice.name] };
  if (choice === "none") return { mode: "NONE" };
  if (choice === "required") return { mode: "ANY" };
  // Like AUTO, but calls are made to fit their schemas.
  if (tools.some(({ isStrict }) => isStrict === true)) return { mode: "VALIDATED" };
  return choice === "auto" ? { mode: "AUTO" } : undefined;
}
