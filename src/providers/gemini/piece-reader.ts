import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import type { Part } from "../../reply.ts";
import type { AnswerReader } from "../wire/answer-reader.ts";
import { parseObject } from "../wire/parse-object.ts";
import { createAnswerBuilder } from "./answer-builder.ts";

/** Reads the events of one streamed answer. Google ends its streams without a mark: the finish reason has to do. */
export function createPieceReader(peer: string): AnswerReader {
  const answer = createAnswerBuilder(peer);
  return {
    get hasReason() {
      return answer.hasReason;
    },
    get usageSoFar() {
      return answer.usageSoFar;
    },
    read: ({ data }) => {
      // Some servers between Google and here end the stream as OpenAI does.
      if (data === "" || data === "[DONE]") return { type: "ignored" };
      const parts: Part[] = parsePieces(data, peer, "streamed an event").flatMap((piece) => answer.read(piece));
      return { type: "chunk", parts };
    },
    end: () => {
      if (answer.hasReason) return answer.end();
      throw new HeadgateError("stream_cut", { detail: `${peer} ended its stream in the middle of the answer.` });
    },
  };
}

/**
 * Reads one piece, or the list of all that a server makes of a stream which it was not asked to send as events.
 * @throws HeadgateError `provider_protocol`
 */
export function parsePieces(text: string, peer: string, did: string): Record<string, unknown>[] {
  if (!text.trimStart().startsWith("[")) return [parseObject(text, peer, did)];
  let pieces: unknown[];
  try {
    pieces = parseJson(text) as unknown[];
  } catch (cause) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} ${did} that is not JSON.`, cause });
  }
  if (pieces.every(isRecord)) return pieces;
  throw new HeadgateError("provider_protocol", { detail: `${peer} ${did} that is not a list of JSON objects.` });
}
