import type { Call, Dialect } from "../../call.ts";
import type { EndpointReuse } from "../../endpoint/snapshot.ts";

const dialects: ReadonlySet<Dialect> = new Set<Dialect>([
  "openai-chat",
  "openai-responses",
  "openai-embeddings",
  "anthropic-messages",
]);

/** Whether, and for how long, the call's answer may serve others. Undefined: it may not. */
export function findReuse({ endpoint, foreign, task, snapshot }: Call): EndpointReuse | undefined {
  if (endpoint) return endpoint.reuse;
  const reuse = snapshot.reuse?.dialects;
  if (!reuse || !foreign || !dialects.has(foreign.dialect) || task?.type === "count-tokens") return undefined;
  // Answers are kept in words: what a request asks for beyond them, such as a vendor's own tools, its answer may hold.
  const isInWords =
    foreign.losses?.every(({ effect, isPrefill }) => effect === "dropped" || isPrefill === true) ?? true;
  return isInWords ? reuse : undefined;
}
