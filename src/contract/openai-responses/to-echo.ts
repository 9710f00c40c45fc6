import type { ResponsesRequestBody } from "./responses-request-schema.ts";

/** The fields of a Response that repeat what was asked for; what was not asked for is null, or the documented default. */
export function toEcho(request: ResponsesRequestBody): Readonly<Record<string, unknown>> {
  const { text, reasoning, user } = request;
  return {
    background: false,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: {
      effort: reasoning?.effort ?? null,
      summary: reasoning?.summary ?? reasoning?.generate_summary ?? null,
    },
    safety_identifier: request.safety_identifier ?? null,
    temperature: request.temperature ?? null,
    text: { ...text, format: text?.format ?? { type: "text" } },
    tool_choice: request.tool_choice ?? "auto",
    tools: (request.tools ?? []).map((tool) => (tool.type === "function" ? toFunctionTool(tool) : tool)),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? null,
    truncation: request.truncation ?? "disabled",
    ...(typeof user === "string" ? { user } : {}),
    metadata: request.metadata ?? {},
  };
}

function toFunctionTool(tool: NonNullable<ResponsesRequestBody["tools"]>[number]): Record<string, unknown> {
  return { ...tool, parameters: tool.parameters ?? null, strict: tool.strict ?? null };
}
