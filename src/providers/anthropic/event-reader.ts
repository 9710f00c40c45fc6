import type { Part, Usage } from "../../reply.ts";
import type { StreamEvent } from "../../event-stream.ts";
import { HeadgateError } from "../../errors.ts";
import type { AnswerReader, ReadEvent } from "../wire/answer-reader.ts";
import { expectRecord, expectText } from "../wire/expect-shape.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError, toInBandError } from "../wire/provider-failure.ts";
import { ContentReader } from "./content-reader.ts";
import { createUsageTally } from "./read-usage.ts";
import { toFinishReason } from "./to-finish-reason.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads the events of one streamed answer. */
export function createEventReader(peer: string): AnswerReader {
  return new EventReader(peer);
}

class EventReader implements AnswerReader {
  readonly ending = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  readonly #peer: string;
  readonly #content = new ContentReader();
  readonly #usage = createUsageTally();
  #stopReason: string | undefined;
  #hasBegun = false;
  /** The event that has the reason to stop has come, be it without the word. */
  #isEnding = false;

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

  // Servers that imitate Anthropic's leave out the last event, or the word for the reason; a proxy whose own server broke
  // off says that the message is over without either.
  end(isDone: boolean): readonly Part[] {
    const stopReason = this.#stopReason;
    if (isDone && !this.#hasBegun) {
      throw new HeadgateError("provider_protocol", { detail: `${this.#peer} streamed no answer.` });
    }
    if (stopReason === undefined && !(isDone && this.#isEnding)) {
      throw new HeadgateError("stream_cut", { detail: `${this.#peer} ended its stream in the middle of the answer.` });
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
    const { index } = chunk;
    switch (type) {
      case "content_block_delta": {
        const delta = this.#expect(chunk["delta"], "delta");
        return delta ? this.#readDelta(index, delta) : { type: "ignored" };
      }
      case "content_block_start": {
        this.#hasBegun = true;
        const block = this.#expect(chunk["content_block"], "content block");
        if (!block) return { type: "ignored" };
        // Text begins empty; a tool of the vendor's own may keep the client waiting for its first word.
        const isOpaque = !isWorded(block["type"]);
        return { type: "chunk", parts: this.#content.open(index, block), isOpaque };
      }
      case "content_block_stop":
        return { type: "chunk", parts: this.#content.close(index) };
      case "message_start":
        return { type: "chunk", parts: this.#readStart(this.#expect(chunk["message"], "message")) };
      case "message_delta":
        this.#readStopReason(this.#expect(chunk["delta"], "delta"));
        this.#usage.read(chunk["usage"]);
        return { type: "chunk", parts: [] };
      case "message_stop":
        return { type: "done" };
      default:
        return { type: "ignored" };
    }
  }

  #readDelta(index: unknown, delta: Fields): ReadEvent {
    const { type, text, thinking, partial_json: json } = delta;
    const said = expectText(text ?? thinking ?? json, this.#peer, "text");
    const parts = this.#content.extend(index, delta);
    // Seals, citations and the input of the vendor's own tools are told at the end of their blocks, or not at all.
    const isOpaque = parts.length === 0 && (said === undefined ? type !== "text_delta" : said !== "");
    return isOpaque ? { type: "chunk", parts, isOpaque } : { type: "chunk", parts };
  }

  #readStart(message: Fields | undefined): Part[] {
    this.#hasBegun = true;
    if (!message) return [];
    this.#usage.read(message["usage"]);
    const { stop_reason: reason } = message;
    if (typeof reason === "string" && reason !== "") this.#readStopReason(message);
    // A turn that goes on from tool calls of code which the vendor runs has them here, whole.
    return Array.isArray(message["content"]) ? this.#content.readWhole(message["content"]) : [];
  }

  #readStopReason(delta: Fields | undefined): void {
    if (!delta) return;
    this.#isEnding = true;
    const { stop_reason: reason } = delta;
    if (typeof reason === "string" && reason !== "") this.#stopReason = reason;
  }

  #expect(value: unknown, what: string): Fields | undefined {
    return expectRecord(value, this.#peer, what);
  }
}

/** Blocks whose content parts tell. */
function isWorded(type: unknown): boolean {
  return type === "text" || type === "thinking" || type === "redacted_thinking" || type === "tool_use";
}
