import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Part, Usage } from "../../reply.ts";
import { expectRecord, expectRecords, expectText } from "../wire/expect-shape.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { createCandidateReader } from "./candidate-reader.ts";
import { toFinishReason } from "./finish-reason.ts";
import { parseUsage } from "./parse-usage.ts";

/** Reads the pieces of one answer, of which a whole answer has one. Of several candidates only the first is read. */
export interface AnswerBuilder {
  /** True once the model, or the filter before it, has said why it stopped. */
  readonly hasReason: boolean;
  /** True once there was a candidate, or a reason why there is none. */
  readonly hasAnswer: boolean;
  /** @throws HeadgateError what the piece reports if it carries an error; `provider_protocol` if it is garbled */
  read(piece: Readonly<Record<string, unknown>>): Part[];
  readonly usageSoFar: Usage | undefined;
  /** The parts that end the answer: what is still open, usage if any was reported, and finish. */
  end(): Part[];
}

export function createAnswerBuilder(peer: string): AnswerBuilder {
  const reader = createCandidateReader();
  let usage: Usage | undefined;
  let reason: string | undefined;
  let blockReason: string | undefined;
  let hasCandidate = false;

  return {
    get hasReason() {
      return reason !== undefined || blockReason !== undefined;
    },
    get usageSoFar() {
      return usage;
    },
    get hasAnswer() {
      return hasCandidate || blockReason !== undefined;
    },
    read: (piece) => {
      const failure = findInBandError(peer, piece);
      if (failure) throw failure;
      usage = parseUsage(piece["usageMetadata"]) ?? usage;
      blockReason = readBlockReason(piece["promptFeedback"]) ?? blockReason;
      const first = expectRecords(piece["candidates"], peer, "candidates")?.find(({ index }) => (index ?? 0) === 0);
      if (!first) return [];
      hasCandidate = true;
      const content = expectRecord(first["content"], peer, "content");
      const parts = expectRecords(content?.["parts"], peer, "parts") ?? [];
      for (const { text } of parts) expectText(text, peer, "text");
      const found = reader.read(first, parts);
      reason = toWord(first["finishReason"]) ?? reason;
      return found;
    },
    end: () => {
      const found = reader.end();
      if (usage) found.push({ type: "usage", usage });
      const rawReason = reason ?? blockReason;
      const finish = blockReason === undefined ? toFinishReason(reason, reader.callCount > 0) : "content_filter";
      found.push({ type: "finish", reason: finish, ...(rawReason === undefined ? {} : { rawReason }) });
      return found;
    },
  };
}

/** @throws HeadgateError `provider_protocol` if there was no candidate, and no reason why */
export function requireAnswer({ hasAnswer }: AnswerBuilder, peer: string): void {
  if (!hasAnswer) throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a candidate.` });
}

function toWord(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readBlockReason(feedback: unknown): string | undefined {
  const reason = isRecord(feedback) ? toWord(feedback["blockReason"]) : undefined;
  // `BLOCK_REASON_UNSPECIFIED`, and Vertex spells it `BLOCKED_REASON_UNSPECIFIED`.
  return reason?.endsWith("_REASON_UNSPECIFIED") === true ? undefined : reason;
}
