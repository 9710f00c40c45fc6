import type { AttemptReason, Call } from "../../call.ts";
import type { Completion } from "../../reply.ts";

/** Two model calls wrote the answer. */
const rescues: ReadonlySet<AttemptReason> = new Set(["restart", "continue"]);

/** Whether an answer is complete, clean and given by the model that its key names: only then may it be given again. */
export function mayKeep(call: Call, completion: Completion): boolean {
  const { endpoint, notes } = call;
  if (notes.warnings.length > 0 || notes.attempts.some(({ reason }) => rescues.has(reason))) return false;
  if (!isOfModel(call)) return false;
  const { outcome, finishReason, text, toolCalls, result } = completion;
  if (endpoint) return finishReason === "stop" && outcome?.status === "ok" && outcome.warnings.length === 0;
  const saysSomething = text !== "" || toolCalls.length > 0 || result !== undefined;
  return saysSomething && (finishReason === "stop" || finishReason === "tool_calls");
}

function isOfModel({ route, notes: { target } }: Call): boolean {
  const { deployments = [] } = route?.candidates[0] ?? {};
  return deployments.some(({ provider, model }) => provider === target?.provider && model === target.model);
}
