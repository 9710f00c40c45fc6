import type { FinishReason, Part, Source, Usage } from "../../reply.ts";
import type { DialectHead, PartWriter, RescueNote } from "../dialect.ts";
import { toForeignTier } from "../openai-tier.ts";
import { copyBytes, readRelayedEvents } from "../relayed-events.ts";
import { toReasoningDetails } from "./reasoning-details.ts";
import { toForeignUsage } from "./to-usage.ts";
import {
  toAnnotation,
  toAnswerId,
  toCallId,
  toForeignLogprobs,
  toForeignReason,
  toSeconds,
  toSignature,
} from "./write-chat.ts";

export interface ChatChunkWriterOptions extends DialectHead {
  /** The client set `stream_options.include_usage`: the last chunk reports usage, all others have `usage: null`. */
  readonly includeUsage: boolean;
}

type ToolCallPart = Extract<Part, { type: "tool-call" }>;
type ResumedPart = Extract<Part, { type: "resumed" }>;

/** The answer's head is in the first of its events, which is small. */
const mostHeadBytes = 8192;

/** Turns the typed parts of one answer into OpenAI's events. */
export function createChatChunkWriter(options: ChatChunkWriterOptions): PartWriter {
  return new ChatChunks(options);
}

class ChatChunks implements PartWriter {
  readonly #options: ChatChunkWriterOptions;
  readonly #noUsage: string;
  readonly #toDelta: (part: Part) => object | undefined;
  readonly #sources: Source[] = [];
  #shown: ChunkHead;
  #head: string;
  #hasBegun = false;
  /** Undefined before the first word; whether all of them are a refusal's. */
  #isRefusal: boolean | undefined;
  #usage: Usage | undefined;
  /** How an answer begins that is relayed. */
  #relayed: Uint8Array | undefined;
  #rescue = "";

  constructor(options: ChatChunkWriterOptions) {
    this.#options = options;
    this.#shown = { id: toAnswerId(options), created: toSeconds(options.createdAtMs), model: options.model };
    this.#head = writeHead(this.#shown);
    this.#noUsage = options.includeUsage ? ',"usage":null' : "";
    this.#toDelta = createDeltas(options);
  }

  write(part: Part): string {
    if (part.type === "resumed") this.#resume(part);
    else if (part.type === "usage") this.#usage = part.usage;
    else if (part.type === "source") this.#sources.push(part.source);
    else if (part.type === "text") this.#see(part);
    const chunk = this.#writePart(part);
    if (chunk === "" || this.#hasBegun) return chunk;
    this.#hasBegun = true;
    return this.#writeDelta({ role: "assistant", content: this.#isRefusal === true ? null : "" }) + chunk;
  }

  watch(bytes: Uint8Array): void {
    if (!this.#relayed && bytes.length > 0) this.#relayed = copyBytes(bytes, mostHeadBytes);
  }

  end(): string {
    return "data: [DONE]\n\n";
  }

  // Everything but the delta is the same in every chunk, and serialised once.
  #writeDelta(delta: object, finishReason: string | null = null, logprobs = "null", more = ""): string {
    const reason = finishReason === null ? "null" : `"${finishReason}"`;
    const choice = `{"index":0,"delta":${JSON.stringify(delta)},"logprobs":${logprobs},"finish_reason":${reason}}`;
    return `data: ${this.#head},"choices":[${choice}]${this.#noUsage}${more}}\n\n`;
  }

  #writePart(part: Part): string {
    if (part.type === "text" && part.isRefusal === true) return this.#writeDelta({ refusal: part.text });
    if (part.type === "text" && part.logprobs) {
      return this.#writeDelta({ content: part.text }, null, JSON.stringify(toForeignLogprobs(part.logprobs)));
    }
    if (part.type === "finish") return this.#writeEnd(part.reason);
    const delta = this.#toDelta(part);
    return delta ? this.#writeDelta(delta) : "";
  }

  #writeEnd(reason: FinishReason): string {
    // All in one piece, as OpenAI has it: its clients keep the last.
    const found = this.#sources.length === 0 ? "" : this.#writeDelta({ annotations: this.#sources.map(toAnnotation) });
    const tier = writeTier(this.#usage);
    const end = this.#options.includeUsage ? writeUsage(this.#head, this.#usage, tier) : "";
    // Not in a chunk of its own: without a choice in it, many a simple client would fail on that.
    const last = this.#writeDelta({}, toForeignReason(reason, this.#isRefusal === true), "null", tier + this.#rescue);
    return found + last + end;
  }

  #see({ isRefusal }: Extract<Part, { type: "text" }>): void {
    this.#isRefusal = isRefusal === true && this.#isRefusal !== false;
  }

  /** Goes on as the model that takes over, in the answer that the client has begun to read. */
  #resume({ sent, target: { model } }: ResumedPart): void {
    if (this.#relayed) this.#takeOver(this.#relayed, sent);
    this.#shown = { ...this.#shown, model };
    this.#head = writeHead(this.#shown);
    this.#rescue = `,"headgate":${JSON.stringify({ rescued: true, model } satisfies RescueNote)}`;
  }

  #takeOver(bytes: Uint8Array, sent: readonly Part[]): void {
    this.#shown = { ...this.#shown, ...readHead(bytes) };
    this.#relayed = undefined;
    this.#hasBegun = true;
    for (const part of sent) {
      if (part.type === "text") this.#see(part);
      // Which calls have begun.
      this.#toDelta(part);
    }
  }
}

/** What is the same in all chunks of an answer. */
interface ChunkHead {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

function writeHead({ id, created, model }: ChunkHead): string {
  return JSON.stringify({ id, object: "chat.completion.chunk", created, model }).slice(0, -1);
}

/** What a relayed answer says of itself. Azure begins with a chunk that has no id. */
function readHead(bytes: Uint8Array): Partial<ChunkHead> {
  const { id, created } = readRelayedEvents(bytes).find((chunk) => chunk["id"]) ?? {};
  return {
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof created === "number" ? { created } : {}),
  };
}

/** What a part adds to the message; undefined for parts that clients do not know. */
function createDeltas(head: DialectHead): (part: Part) => object | undefined {
  const begunCalls = new Set<number>();
  let blocks = 0;

  // Id and name go out once for each call, whatever the provider repeats.
  function toCallDelta({ index, id, name, arguments: text, signature }: ToolCallPart): object {
    const sealed = toSignature(signature);
    if (begunCalls.has(index)) return { index, function: { arguments: text }, ...sealed };
    begunCalls.add(index);
    const target = { name: name ?? "", arguments: text };
    return { index, id: id || toCallId(head, index), type: "function", function: target, ...sealed };
  }

  return (part) => {
    switch (part.type) {
      case "text":
        return { content: part.text };
      case "reasoning":
        return { reasoning_content: part.text };
      case "reasoning-block": {
        const details = toReasoningDetails(part.block, blocks++);
        return details.length === 0 ? undefined : { reasoning_details: details };
      }
      case "tool-call":
        return { tool_calls: [toCallDelta(part)] };
      default:
        return undefined;
    }
  };
}

/** Which tier it was is known at the end only. */
function writeTier(usage: Usage | undefined): string {
  const tier = toForeignTier(usage?.serviceTier);
  return tier === undefined ? "" : `,"service_tier":"${tier}"`;
}

function writeUsage(head: string, usage: Usage | undefined, tier: string): string {
  return usage ? `data: ${head},"choices":[],"usage":${JSON.stringify(toForeignUsage(usage))}${tier}}\n\n` : "";
}
