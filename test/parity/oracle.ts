import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { Recording } from "../replay/recording.ts";

/** The AI SDK's own provider for a dialect, reading the same bytes as ours. */
export interface Oracle {
  /** As in the table of counts; the replay adapter that it is held against has the same name. */
  readonly name: string;
  /** Whether the AI SDK can read the recording at all. */
  covers(recording: Recording): boolean;
  /** @param fetch answers with the recording's bytes */
  create(recording: Recording, fetch: typeof globalThis.fetch): LanguageModelV4;
  /** Deliberate differences, by recording id, each with the reason why we are right. */
  readonly differences?: Readonly<Record<string, string>>;
  /** Differences that hold for many recordings: the reason, or undefined. `field` is as in the comparison. */
  explain?(recording: Recording, field: ComparedField): string | undefined;
}

export type ComparedField = keyof Comparable;

/** What both sides say of one recording. */
export interface Comparable {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly name: string; readonly input: unknown }[];
  readonly finishReason: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly cachedInputTokens: number | undefined;
  readonly cacheWriteTokens: number | undefined;
  readonly reasoningTokens: number | undefined;
}
