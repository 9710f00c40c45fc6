import type { ModelSettings, OutputFormat, ReasoningEffort, ToolSpec } from "../../message.ts";
import type { LossList } from "../loss-list.ts";
import type { ResponsesRequestBody } from "./responses-request-schema.ts";

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const satisfies ReasoningEffort[];
const verbosities = ["low", "medium", "high"] as const;
const unknownValue = "only OpenAI's own models know this value";

export function readSettings(request: ResponsesRequestBody, losses: LossList): ModelSettings {
  const { temperature, top_p: topP, max_output_tokens: maxOutputTokens, parallel_tool_calls: parallel } = request;
  const reasoningEffort = pick(request.reasoning?.effort, efforts, () =>
    losses.drop(["reasoning", "effort"], unknownValue),
  );
  const verbosity = pick(request.text?.verbosity, verbosities, () => losses.drop(["text", "verbosity"], unknownValue));
  const topLogprobs = readTopLogprobs(request);
  const toolChoice = readToolChoice(request, losses);
  const user = request.safety_identifier ?? request.user;
  const { service_tier: serviceTier } = request;
  return {
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...(typeof topP === "number" ? { topP } : {}),
    ...(typeof maxOutputTokens === "number" ? { maxOutputTokens } : {}),
    ...(typeof parallel === "boolean" ? { parallelToolCalls: parallel } : {}),
    ...(reasoningEffort ? { reasoningEffort } : {}),
    // `medium` is what every model does without it.
    ...(verbosity && verbosity !== "medium" ? { verbosity } : {}),
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
    ...(toolChoice ? { toolChoice } : {}),
    ...(request.text?.format?.type === "json_object" ? { jsonMode: true } : {}),
    ...(typeof user === "string" ? { user } : {}),
    // `auto` is what happens without it.
    ...(typeof serviceTier === "string" && serviceTier !== "auto" ? { serviceTier } : {}),
  };
}

function pick<Value extends string>(
  value: string | null | undefined,
  known: readonly Value[],
  onUnknown: () => void,
): Value | undefined {
  if (typeof value !== "string") return undefined;
  const found = known.find((one) => one === value);
  if (!found) onUnknown();
  return found;
}

function readTopLogprobs({ include, top_logprobs: wanted }: ResponsesRequestBody): number | undefined {
  const isIncluded = include?.includes("message.output_text.logprobs") === true;
  return isIncluded || (typeof wanted === "number" && wanted > 0) ? (wanted ?? 0) : undefined;
}

function readToolChoice({ tool_choice: choice }: ResponsesRequestBody, losses: LossList): ModelSettings["toolChoice"] {
  if (choice === undefined || choice === null) return undefined;
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  if (typeof choice === "string") {
    losses.refuse(["tool_choice"], unknownValue);
    return undefined;
  }
  if (choice.type === "function" && typeof choice.name === "string") return { name: choice.name };
  if (choice.type === "allowed_tools") return choice.mode === "required" ? "required" : "auto";
  const why = choice.type === "custom" ? whyNoTool("custom") : "chooses a tool that runs at OpenAI only";
  losses.refuse(["tool_choice"], why);
  return undefined;
}

function whyNoTool(type: string): string {
  if (type === "custom")
    return "is a custom tool, whose argument is any text: only tools with JSON arguments are translated";
  return "is a tool that runs at OpenAI only";
}

export function readOutput({ text }: ResponsesRequestBody, losses: LossList): OutputFormat | undefined {
  const format = text?.format;
  if (!format || format.type === "text" || format.type === "json_object") return undefined;
  if (format.type !== "json_schema" || !format.schema) {
    losses.refuse(["text", "format"], "asks for a form that only OpenAI's own models know");
    return undefined;
  }
  const { name, description, schema, strict } = format;
  return {
    name: name ?? "answer",
    ...(typeof description === "string" ? { description } : {}),
    schema,
    ...(typeof strict === "boolean" ? { isStrict: strict } : {}),
  };
}

const toolFields = new Set(["type", "name", "description", "parameters", "strict"]);

/** Functions only; of these, the ones that `tool_choice` allows. */
export function readTools(request: ResponsesRequestBody, losses: LossList): readonly ToolSpec[] | undefined {
  const allowed = readAllowedNames(request, losses);
  const specs = (request.tools ?? []).flatMap((tool, index): ToolSpec[] => {
    const { type, name, description, parameters, strict } = tool;
    if (type !== "function" || typeof name !== "string") {
      losses.refuse(["tools", index], whyNoTool(type));
      return [];
    }
    losses.dropOthers(["tools", index], tool, toolFields);
    if (allowed && !allowed.has(name)) return [];
    return [
      {
        name,
        ...(typeof description === "string" ? { description } : {}),
        parameters: parameters ?? { type: "object", properties: {} },
        ...(typeof strict === "boolean" ? { isStrict: strict } : {}),
      },
    ];
  });
  return specs.length === 0 ? undefined : specs;
}

function readAllowedNames(
  { tool_choice: choice }: ResponsesRequestBody,
  losses: LossList,
): ReadonlySet<string> | undefined {
  if (typeof choice !== "object" || choice === null || choice.type !== "allowed_tools") return undefined;
  const names = new Set<string>();
  for (const [index, { type, name }] of (choice.tools ?? []).entries()) {
    if (type === "function" && typeof name === "string") names.add(name);
    else losses.refuse(["tool_choice", "tools", index], whyNoTool(type));
  }
  return names;
}
