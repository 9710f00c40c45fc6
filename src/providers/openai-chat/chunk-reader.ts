import type { FinishReason, Part, Usage } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import type { StreamEvent } from "../../event-stream.ts";
import { parseUsage } from "./parse-usage.ts";
import { readMessage, toArgumentsText, toFinishReason } from "./read-message.ts";
import { findInBandError } from "./to-provider-error.ts";

/** What one event of a stream was. */
type ReadEvent =
  | { readonly type: "done" }
  /** Nothing of the dialect: a ping, or a vendor's own event. */
  | { readonly type: "ignored" }
  | { readonly type: "chunk"; readonly parts: readonly Part[]; readonly isUsageOnly: boolean };

export interface ChunkReader {
  /** True once the model has said why it stopped: what comes now only rounds the answer off. */
  readonly hasReason: boolean;
  /** Reads one event. @throws HeadgateError what an error event reports; `provider_protocol` if it cannot be read */
  read(event: StreamEvent): ReadEvent;
  /**
   * The parts that end the answer: usage, if any was reported, and finish. `isDone` says that `[DONE]` was read.
   * Real servers leave out either mark (Cerebras, Perplexity and Writer send no `[DONE]`, Snowflake no finish reason),
   * so one of the two is enough; with neither the stream was cut.
   * @throws HeadgateError `stream_cut`; `provider_protocol` if there was `[DONE]` and no answer at all
   */
  end(isDone: boolean): readonly Part[];
}

/** Reads the events of one streamed answer. Of several choices only the first is read. */
export function createChunkReader(peer: string): ChunkReader {
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
      const chunk = parseChunk(peer, data);
      const failure = findInBandError(peer, event.event === "error" ? { error: chunk, ...chunk } : chunk);
      if (failure) throw failure;
      // Vendors report usage at the end, or its latest state in each chunk: the last one holds.
      usage = parseUsage(chunk["usage"]) ?? usage;
      const { choices } = chunk;
      if (!Array.isArray(choices)) return { type: "ignored" };
      const first: unknown = choices.find((choice) => isRecord(choice) && (choice["index"] ?? 0) === 0);
      const parts = isRecord(first) ? readChoice(first) : [];
      return { type: "chunk", parts, isUsageOnly: choices.length === 0 && isRecord(chunk["usage"]) };
    },
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

function parseChunk(peer: string, data: string): Record<string, unknown> {
  try {
    const chunk = parseJson(data);
    if (isRecord(chunk)) return chunk;
  } catch (cause) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} streamed an event that is not JSON.`, cause });
  }
  throw new HeadgateError("provider_protocol", { detail: `${peer} streamed an event that is not an object.` });
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

/** Reads what the end of a stream left without a closing line: an event, or half of one, which tells nothing. */
export function dropHalfEvent(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!HeadgateError.is(error, "provider_protocol")) throw error;
  }
}
