import type { Call } from "../../call.ts";
import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Stage } from "../stage.ts";

/** Renders the endpoint's released prompt with the call's input, and notes which version and bytes those were. */
export function assemblePrompt(): Stage {
  return async (call, next) => next(call.endpoint ? renderPrompt(call, call.endpoint) : call);
}

/** The call with its prompt; once more, where its input has changed since. */
export function renderPrompt(call: Call, endpoint: LoadedEndpoint): Call {
  const { input, notes } = call;
  const prompt = endpoint.prompts.get(endpoint.release);
  if (!prompt) {
    const detail = `The endpoint "${endpoint.name}" serves prompt version ${endpoint.release}, which it does not have.`;
    throw new HeadgateError("project_invalid", { detail });
  }
  if (!isRecord(input)) {
    throw new HeadgateError("input_invalid", { detail: "The input must be a JSON object." });
  }
  notes.prompt = { version: prompt.version, sha256: prompt.sha256 };
  return {
    ...call,
    messages: prompt.render(input),
    // What this one call asks for goes over what the prompt's author chose.
    settings: { ...prompt.settings, ...call.settings },
    output: { name: endpoint.name, schema: endpoint.output.jsonSchema },
  };
}
