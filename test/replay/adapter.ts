import type { Dialect } from "../../src/call.ts";
import type { Clock } from "../../src/clock.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Outbound } from "../../src/outbound.ts";
import type { Provider } from "../../src/providers/provider.ts";
import type { FinishReason, Usage } from "../../src/reply.ts";
import type { Recording } from "./recording.ts";

/** What a recording holds, read in the most naive way, without the code under test. */
export type Expected =
  | {
      readonly type: "answer";
      readonly text: string;
      /** "" where the vendor shows none. */
      readonly reasoning: string;
      /** Arguments as text; where the vendor sends a JSON value, its `JSON.stringify`. */
      readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
      readonly finishReason: FinishReason;
      readonly rawFinishReason?: string;
      /** Undefined where the recording reports none. Fields that are undefined or 0 count as absent. */
      readonly usage: Usage | undefined;
    }
  | { readonly type: "embeddings"; readonly count: number; readonly dimensions: number; readonly inputTokens?: number }
  | { readonly type: "token-count"; readonly inputTokens: number }
  | { readonly type: "failure"; readonly code: ErrorCode };

/** How the recordings of one dialect go through the provider that speaks it. */
export interface ReplayAdapter {
  /** As in the table of counts. */
  readonly name: string;
  /** Whether the recording is of this dialect. */
  covers(recording: Recording): boolean;
  create(options: {
    /** Of the replay upstream, without path. */
    readonly url: string;
    readonly recording: Recording;
    readonly outbound: Outbound;
    readonly clock: Clock;
  }): Provider;
  expect(recording: Recording): Expected;
  /** True for a library that makes its own connections, and reads its own streams. */
  readonly hasOwnConnections?: true;
  /** For a dialect that is relayed: streams are also checked to come through byte for byte. */
  readonly dialect?: Dialect;
  /** Deliberate differences from what the recording says, by recording id, each with its reason. */
  readonly differences?: Readonly<Record<string, string>>;
  /** Recordings in the same shapes, written by hand, for machines without the real ones. */
  readonly handWritten: readonly Recording[];
}
