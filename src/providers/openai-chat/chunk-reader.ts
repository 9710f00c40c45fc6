import type { FinishReason, Part, Usage } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { parseUsage } from "./parse-usage.ts";
import { readMessage, toArgumentsText, toFinishReason } from "./read-message.ts";
import type { AnswerReader } from "../wire/answer-reader.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";

export interface ChunkReaderOptions {
  readonly peer: string;
  /** Pass on the chunk that only reports usage. False if the client did not ask for it; it is counted all the same. */
  readonly showsUsage: boolean;
}

/** An event without any of these changes neither usage nor finish, and is no error. Escaped text cannot hold them. */
export const mayMatter = /"usage"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"|^event|\[DONE\]/m;

/** Reads the events of one streamed answer. Of several choices only the first is read. */
export function createChunkReader({ peer, showsUsage }: ChunkReaderOptions): AnswerReader {
  const toolCalls = createToolCallIndex();
  let usage: Usage | undefined;
  let reason: unknown;
  let hasChoice = false;
  let isRefusal = false;

  function readChoice(choice: Record<string, unknown>): Part[] {
    hasChoice = true;
    reason = choice["finish_reason"] ?? reason;
    const { delta } = choice;
    if (!isRecord(delta)) return [];
    const parts: Part[] = [];
    const { text, reasoning, refusal } = readMessage(delta);
    if (reasoning !== "") parts.push({ type: "reasoning", text: reasoning });
    if (text !== "") parts.push({ type: "text", text });
    if (refusal !== "") {
      isRefusal = true;
      parts.push({ type: "text", text: refusal });
    }
    if (Array.isArray(delta["tool_calls"])) parts.push(...delta["tool_calls"].filter(isRecord).map(toolCalls.read));
    return parts;
  }

  return {
    get hasReason() {
      return reason !== undefined && reason !== null;
    },
    read: (event) => {
      const data = event.data.trim();
      if (data === "[DONE]") return { type: "done" };
      if (data === "") return { type: "ignored" };
      const chunk = parseObject(data, peer, "streamed an event");
      const failure = findInBandError(peer, event.event === "error" ? { error: chunk, ...chunk } : chunk);
      if (failure) throw failure;
      // Vendors report usage at the end, or its latest state in each chunk: the last one holds.
      usage = parseUsage(chunk["usage"]) ?? usage;
      const { choices } = chunk;
      if (!Array.isArray(choices)) return { type: "ignored" };
      const first: unknown = choices.find((choice) => isRecord(choice) && (choice["index"] ?? 0) === 0);
      const parts = isRecord(first) ? readChoice(first) : [];
      const isHidden = !showsUsage && choices.length === 0 && isRecord(chunk["usage"]);
      return { type: "chunk", parts, isHidden };
    },
    // Real servers leave out either mark (Cerebras, Perplexity and Writer send no `[DONE]`, Snowflake no finish reason),
    // so one of the two is enough; with neither the stream was cut.
    end: (isDone) => {
      if (!isDone && (reason === undefined || reason === null)) {
        throw new HeadgateError("stream_cut", { detail: `${peer} ended its stream in the middle of the answer.` });
      }
      if (!hasChoice) {
        throw new HeadgateError("provider_protocol", { detail: `${peer} streamed no answer.` });
      }
      const finish: FinishReason = isRefusal ? "content_filter" : toFinishReason(reason, toolCalls.count > 0);
      return [...(usage ? [{ type: "usage", usage } as const] : []), { type: "finish", reason: finish }];
    },
  };
}

/**
 * Numbers tool calls in the order they begin. Vendors leave out `index`, or give parallel calls the same one; a new id
 * begins a new call.
 */
function createToolCallIndex(): { readonly count: number; read: (call: Record<string, unknown>) => Part } {
  const current = new Map<unknown, { readonly index: number; readonly id: string | undefined }>();
  let count = 0;
  let latest: unknown;
  return {
    get count() {
      return count;
    },
    read: (call) => {
      const id = typeof call["id"] === "string" && call["id"] !== "" ? call["id"] : undefined;
      const slot: unknown = call["index"] ?? (id === undefined ? latest : undefined);
      latest = slot;
      let known = current.get(slot);
      if (!known || (id !== undefined && known.id !== undefined && known.id !== id)) {
        known = { index: count++, id };
        current.set(slot, known);
      }
      const target = isRecord(call["function"]) ? call["function"] : {};
      const name = typeof target["name"] === "string" && target["name"] !== "" ? target["name"] : undefined;
      return {
        type: "tool-call",
        index: known.index,
        ...(id === undefined ? {} : { id }),
        ...(name === undefined ? {} : { name }),
        arguments: toArgumentsText(target["arguments"]),
      };
    },
  };
}
