/** Whether an answer may serve later requests of the same tenant that ask for the same. */
export interface ReuseDefinition {
  /** How long an answer is kept, in seconds. */
  readonly ttlSeconds: number;
  /** Also answers requests that mean the same in other words. @default false */
  readonly semantic?: boolean | SemanticReuseDefinition;
}

interface SemanticReuseDefinition {
  /** Least cosine similarity of two inputs, 0 to 1. @default the one that was measured */
  readonly similarity?: number;
}

/** Reuse for the whole project. */
export interface ProjectReuseDefinition {
  /** Memory for answers, in bytes, in each process. @default 67108864 */
  readonly maxMemoryBytes?: number;
  /** False: answers are kept in memory only. @default true */
  readonly isStored?: boolean;
  /** For requests in the OpenAI and Anthropic dialects that name a model. @default false: such answers are not kept */
  readonly dialects?: false | Omit<ReuseDefinition, "semantic">;
}
