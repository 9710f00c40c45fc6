import type { Part, Usage } from "../../reply.ts";
import type { StreamEvent } from "../../event-stream.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { AnswerReader, ReadEvent } from "../wire/answer-reader.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError, toInBandError } from "../wire/provider-failure.ts";
import { ContentReader } from "./content-reader.ts";
import { createUsageTally } from "./read-usage.ts";
import { toFinishReason } from "./to-finish-reason.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An event without any of these changes neither usage nor finish, and is no error. Escaped text cannot hold them. */
export const mayMatter =
  /"type"\s*:\s*"(?:message_(?:start|delta|stop)|error)"|"error"\s*:|^event:\s*(?:message_|error)/m;

/** Reads the events of one streamed answer. */
export function createEventReader(peer: string): AnswerReader {
  return new EventReader(peer);
}

class EventReader implements AnswerReader {
  readonly #peer: string;
  readonly #content = new ContentReader();
  readonly #usage = createUsageTally();
  #stopReason: string | undefined;
  #hasBegun = false;

  constructor(peer: string) {
    this.#peer = peer;
  }

  get hasReason(): boolean {
    return this.#stopReason !== undefined;
  }

  get usageSoFar(): Usage | undefined {
    return this.#usage.toUsage();
  }

  read({ event, data }: StreamEvent): ReadEvent {
    // Proxies that speak OpenAI's dialect as well end every stream its way.
    if (data.trim() === "" || data === "[DONE]") return { type: "ignored" };
    const chunk = parseObject(data, this.#peer, "streamed an event");
    const type = chunk["type"] ?? event;
    if (type === "error") throw toInBandError(this.#peer, chunk);
    const failure = findInBandError(this.#peer, chunk);
    if (failure) throw failure;
    return this.#readChunk(type, chunk);
  }

  // Of the two marks of the end one is enough: servers that imitate Anthropic's leave out either.
  end(isDone: boolean): readonly Part[] {
    const stopReason = this.#stopReason;
    if (!isDone && stopReason === undefined) {
      throw new HeadgateError("stream_cut", { detail: `${this.#peer} ended its stream in the middle of the answer.` });
    }
    if (!this.#hasBegun) {
      throw new HeadgateError("provider_protocol", { detail: `${this.#peer} streamed no answer.` });
    }
    const usage = this.#usage.toUsage();
    return [
      ...this.#content.closeAll(),
      ...(usage ? [{ type: "usage", usage } as const] : []),
      {
        type: "finish",
        reason: toFinishReason(stopReason, this.#content.toolCallCount > 0),
        ...(stopReason === undefined ? {} : { rawReason: stopReason }),
      },
    ];
  }

  #readChunk(type: unknown, chunk: Fields): ReadEvent {
    const { index, delta } = chunk;
    switch (type) {
      case "content_block_delta":
        return { type: "chunk", parts: isRecord(delta) ? this.#content.extend(index, delta) : [] };
      case "content_block_start":
        return this.#readBlockStart(chunk);
      case "content_block_stop":
        return { type: "chunk", parts: this.#content.close(index) };
      case "message_start":
        return { type: "chunk", parts: this.#readStart(chunk["message"]) };
      case "message_delta":
        if (isRecord(delta)) this.#readStopReason(delta);
        this.#usage.read(chunk["usage"]);
        return { type: "chunk", parts: [] };
      case "message_stop":
        return { type: "done" };
      default:
        return { type: "ignored" };
    }
  }

  #readStart(message: unknown): Part[] {
    this.#hasBegun = true;
    if (!isRecord(message)) return [];
    this.#usage.read(message["usage"]);
    this.#readStopReason(message);
    // A turn that goes on from tool calls of code which the vendor runs has them here, whole.
    return Array.isArray(message["content"]) ? this.#content.readWhole(message["content"]) : [];
  }

  #readBlockStart({ index, content_block: block }: Fields): ReadEvent {
    this.#hasBegun = true;
    if (!isRecord(block)) return { type: "ignored" };
    // Text begins empty; a tool of the vendor's own may keep the client waiting for its first word.
    const isContent = block["type"] !== "text" && block["type"] !== "thinking";
    return { type: "chunk", parts: this.#content.open(index, block), isContent };
  }

  #readStopReason({ stop_reason: reason }: Fields): void {
    if (typeof reason === "string") this.#stopReason = reason;
  }
}
