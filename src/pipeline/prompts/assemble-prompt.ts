import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Stage } from "../stage.ts";

/** Renders the endpoint's released prompt with the call's input, and notes which version and bytes those were. */
export function assemblePrompt(): Stage {
  return async (call, next) => {
    const { endpoint, input, notes } = call;
    if (!endpoint) return next(call);
    const prompt = endpoint.prompts.get(endpoint.release);
    if (!prompt) {
      const detail = `The endpoint "${endpoint.name}" serves prompt version ${endpoint.release}, which it does not have.`;
      throw new HeadgateError("project_invalid", { detail });
    }
    if (!isRecord(input)) {
      throw new HeadgateError("input_invalid", { detail: "The input must be a JSON object." });
    }
    notes.prompt = { version: prompt.version, sha256: prompt.sha256 };
    return next({
      ...call,
      messages: prompt.render(input),
      // What this one call asks for goes over what the prompt's author chose.
      settings: { ...prompt.settings, ...call.settings },
      output: { name: endpoint.name, schema: endpoint.output.jsonSchema },
    });
  };
}
