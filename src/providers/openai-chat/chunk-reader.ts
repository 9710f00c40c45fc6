import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Part, Usage } from "../../reply.ts";
import type { AnswerReader, ReadEvent } from "../wire/answer-reader.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { createChoiceReader } from "./choice-reader.ts";
import { parseUsage } from "./parse-usage.ts";
import { createSourceReader } from "./read-sources.ts";

export interface ChunkReaderOptions {
  readonly peer: string;
  /** Pass on the chunk that only reports usage. False if the client did not ask for it; it is counted all the same. */
  readonly showsUsage: boolean;
}

/**
 * An event without any of these changes neither usage nor finish, and is no error. Escaped text cannot hold them.
 * Tool calls and refusals count, since they say what a plain `stop` meant, and choices beside the first, which end too.
 */
export const mayMatter =
  /"usage"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"|"refusal"\s*:\s*"[^"]|"tool_calls"\s*:\s*\[\s*\{|"index"\s*:\s*[1-9]|^event|\[DONE\]/m;

/** Reads the events of one streamed answer. Of several choices only the first is read, and the others to their end. */
export function createChunkReader({ peer, showsUsage }: ChunkReaderOptions): AnswerReader {
  const sources = createSourceReader();
  const choice = createChoiceReader(sources);
  const others = createOtherChoices();
  let usage: Usage | undefined;
  let tier: unknown;

  function readChunk(chunk: Record<string, unknown>, first: Record<string, unknown> | undefined): ReadEvent {
    tier = chunk["service_tier"] ?? tier;
    // Vendors report usage at the end, or its latest state in each chunk: the last one holds.
    usage = parseUsage(chunk["usage"] ?? readGroqUsage(chunk), tier) ?? usage;
    const { choices } = chunk;
    if (!Array.isArray(choices)) return { type: "ignored" };
    const parts: Part[] = [];
    for (const source of sources.readBody(chunk)) parts.push({ type: "source", source });
    if (first) choice.read(first, parts);
    if (choices.length > (first ? 1 : 0)) others.read(choices);
    return { type: "chunk", parts, isHidden: !showsUsage && choices.length === 0 && isRecord(chunk["usage"]) };
  }

  const hasReason = (): boolean => choice.rawReason !== undefined && !others.areOpen;

  return {
    get usageSoFar() {
      return usage;
    },
    get hasReason() {
      return hasReason();
    },
    read: (event) => {
      const data = event.data.trim();
      if (data === "[DONE]") return { type: "done" };
      if (data === "") return { type: "ignored" };
      const chunk = parseObject(data, peer, "streamed an event");
      const first = readFirst(chunk["choices"]);
      const failure =
        findInBandError(peer, event.event === "error" ? { error: chunk, ...chunk } : chunk) ??
        (first && findInBandError(peer, first));
      if (failure) throw failure;
      return readChunk(chunk, first);
    },
    // Real servers leave out either mark (Cerebras, Perplexity and Writer send no `[DONE]`, Snowflake no finish reason),
    // so one of the two is enough; with neither the stream was cut.
    end: (isDone) => {
      const { rawReason, reason, hasBegun } = choice;
      if (!isDone && !hasReason()) {
        throw new HeadgateError("stream_cut", { detail: `${peer} ended its stream in the middle of the answer.` });
      }
      if (!hasBegun) {
        throw new HeadgateError("provider_protocol", { detail: `${peer} streamed no answer.` });
      }
      const parts: Part[] = [];
      choice.close(parts);
      if (usage) parts.push({ type: "usage", usage });
      parts.push({ type: "finish", reason, ...(rawReason === undefined ? {} : { rawReason }) });
      return parts;
    },
  };
}

/** Choices beside the first: only whether all that have begun have ended. */
interface OtherChoices {
  readonly areOpen: boolean;
  read(choices: readonly unknown[]): void;
}

function createOtherChoices(): OtherChoices {
  const hasEnded = new Map<unknown, boolean>();
  return {
    get areOpen() {
      return hasEnded.size > 0 && [...hasEnded.values()].includes(false);
    },
    read: (choices) => {
      for (const { index = 0, finish_reason: said } of choices.filter(isRecord)) {
        if (index !== 0) hasEnded.set(index, hasEnded.get(index) === true || typeof said === "string");
      }
    },
  };
}

function readFirst(choices: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(choices)) return undefined;
  const first: unknown = choices.find((choice) => isRecord(choice) && (choice["index"] ?? 0) === 0);
  return isRecord(first) ? first : undefined;
}

/** Where Groq says it if it was not asked. */
function readGroqUsage(chunk: Record<string, unknown>): unknown {
  const own = chunk["x_groq"];
  return isRecord(own) ? own["usage"] : undefined;
}
