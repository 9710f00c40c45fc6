import type { Call } from "../call.ts";
import type { Reply } from "../reply.ts";

export type Next = (call: Call) => Promise<Reply>;

/** One step of the pipeline. May change the call on the way down, the reply on the way up, or call `next` more than once. */
export type Stage = (call: Call, next: Next) => Promise<Reply>;

export function compose(stages: readonly Stage[], last: Next): Next {
  return stages.reduceRight<Next>((next, stage) => (call) => stage(call, next), last);
}
