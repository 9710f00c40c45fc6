import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Part, Usage } from "../../reply.ts";
import type { AnswerReader, ReadEvent } from "../wire/answer-reader.ts";
import { expectRecords } from "../wire/expect-shape.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { createChoiceReader, isReason } from "./choice-reader.ts";
import { parseUsage } from "./parse-usage.ts";
import { asText } from "./read-message.ts";
import { createSourceReader } from "./read-sources.ts";

export interface ChunkReaderOptions {
  readonly peer: string;
  /** Pass on the chunk that only reports usage. False if the client did not ask for it; it is counted all the same. */
  readonly showsUsage: boolean;
  /** False: the vendor never says why its models stopped, and `[DONE]` has to do. */
  readonly saysReason: boolean;
}

/** Reads the events of one streamed answer. Of several choices only the first is read, and the others to their end. */
export function createChunkReader({ peer, showsUsage, saysReason }: ChunkReaderOptions): AnswerReader {
  const sources = createSourceReader();
  const choice = createChoiceReader(sources, peer);
  const others = createOtherChoices();
  let usage: Usage | undefined;
  let tier: unknown;

  function readChunk(chunk: Fields, choices: readonly Fields[] | undefined, first: Fields | undefined): ReadEvent {
    tier = chunk["service_tier"] ?? tier;
    // Vendors report usage at the end, or its latest state in each chunk: the last one holds.
    usage = parseUsage(chunk["usage"] ?? readGroqUsage(chunk), tier) ?? usage;
    if (!choices) return { type: "ignored" };
    const parts: Part[] = [];
    for (const source of sources.readBody(chunk)) parts.push({ type: "source", source });
    let isOpaque = first !== undefined && choice.read(first, parts);
    if (choices.length > (first ? 1 : 0)) isOpaque = others.read(choices) || isOpaque;
    if (isOpaque) return { type: "chunk", parts, isOpaque };
    return { type: "chunk", parts, isHidden: !showsUsage && choices.length === 0 && isRecord(chunk["usage"]) };
  }

  const hasReason = (): boolean => choice.rawReason !== undefined && !others.areOpen;

  return {
    ending: "data: [DONE]\n\n",
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
      const choices = expectRecords(chunk["choices"], peer, "choices");
      const first = choices?.find(({ index }) => (index ?? 0) === 0);
      const failure =
        findInBandError(peer, event.event === "error" ? { error: chunk, ...chunk } : chunk) ??
        (first && findInBandError(peer, first));
      if (failure) throw failure;
      return readChunk(chunk, choices, first);
    },
    // Real servers leave out `[DONE]` (Cerebras, Perplexity, Writer); and a router sends it after an answer that broke off.
    end: (isDone) => {
      const { rawReason, reason, hasBegun } = choice;
      if (isDone && !hasBegun) {
        throw new HeadgateError("provider_protocol", { detail: `${peer} streamed no answer.` });
      }
      if (!hasReason() && (saysReason || !isDone || others.areOpen)) {
        throw new HeadgateError("stream_cut", { detail: `${peer} ended its stream in the middle of the answer.` });
      }
      const parts: Part[] = [];
      choice.close(parts);
      if (usage) parts.push({ type: "usage", usage });
      parts.push({ type: "finish", reason, ...(rawReason === undefined ? {} : { rawReason }) });
      return parts;
    },
  };
}

type Fields = Record<string, unknown>;

/** Choices beside the first: only whether all that have begun have ended. */
interface OtherChoices {
  readonly areOpen: boolean;
  /** Whether one of them says something, which parts do not. */
  read(choices: readonly Fields[]): boolean;
}

function createOtherChoices(): OtherChoices {
  const begun = new Set<unknown>();
  const ended = new Set<unknown>();
  return {
    get areOpen() {
      return begun.size > ended.size;
    },
    read: (choices) => {
      let isSaying = false;
      for (const { index = 0, finish_reason: said, delta } of choices) {
        if (index === 0) continue;
        begun.add(index);
        if (isReason(said)) ended.add(index);
        isSaying ||= isRecord(delta) && (asText(delta["content"]) !== "" || Array.isArray(delta["tool_calls"]));
      }
      return isSaying;
    },
  };
}

/** Where Groq says it if it was not asked. */
function readGroqUsage(chunk: Record<string, unknown>): unknown {
  const own = chunk["x_groq"];
  return isRecord(own) ? own["usage"] : undefined;
}
