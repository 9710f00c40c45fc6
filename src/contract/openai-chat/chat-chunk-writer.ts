import type { Part, Source, Usage } from "../../reply.ts";
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
  let shown: ChunkHead = {
    id: toAnswerId(options),
    created: toSeconds(options.createdAtMs),
    model: options.model,
  };
  let head = writeHead(shown);
  const noUsage = options.includeUsage ? ',"usage":null' : "";
  const toDelta = createDeltas(options);
  const sources: Source[] = [];
  let hasBegun = false;
  // Undefined before the first word; whether all of them are a refusal's.
  let isRefusal: boolean | undefined;
  let usage: Usage | undefined;
  let relayed: Uint8Array | undefined;
  let rescue = "";

  // Everything but the delta is the same in every chunk, and serialised once.
  function writeDelta(delta: object, finishReason: string | null = null, logprobs = "null", more = ""): string {
    const reason = finishReason === null ? "null" : `"${finishReason}"`;
    const choice = `{"index":0,"delta":${JSON.stringify(delta)},"logprobs":${logprobs},"finish_reason":${reason}}`;
    return `data: ${head},"choices":[${choice}]${noUsage}${more}}\n\n`;
  }

  function writePart(part: Part): string {
    if (part.type === "text") isRefusal = part.isRefusal === true && isRefusal !== false;
    if (part.type === "text" && part.isRefusal === true) return writeDelta({ refusal: part.text });
    if (part.type === "text" && part.logprobs) {
      return writeDelta({ content: part.text }, null, JSON.stringify(toForeignLogprobs(part.logprobs)));
    }
    if (part.type === "finish") {
      // All in one piece, as OpenAI has it: its clients keep the last.
      const found = sources.length === 0 ? "" : writeDelta({ annotations: sources.map(toAnnotation) });
      const tier = writeTier(usage);
      const end = options.includeUsage ? writeUsage(head, usage, tier) : "";
      return found + writeDelta({}, toForeignReason(part.reason, isRefusal === true), "null", tier + rescue) + end;
    }
    const delta = toDelta(part);
    return delta ? writeDelta(delta) : "";
  }

  /** Goes on as the model that takes over, in the answer that the client has begun to read. */
  function resume({ sent, target: { model } }: ResumedPart): void {
    if (relayed) takeOver(relayed, sent);
    shown = { ...shown, model };
    head = writeHead(shown);
    rescue = `,"headgate":${JSON.stringify({ rescued: true, model } satisfies RescueNote)}`;
  }

  function takeOver(bytes: Uint8Array, sent: readonly Part[]): void {
    shown = { ...shown, ...readHead(bytes) };
    relayed = undefined;
    hasBegun = true;
    for (const part of sent) {
      if (part.type === "text") isRefusal = part.isRefusal === true && isRefusal !== false;
      // Which calls have begun.
      toDelta(part);
    }
  }

  return {
    write: (part) => {
      if (part.type === "resumed") resume(part);
      else if (part.type === "usage") usage = part.usage;
      else if (part.type === "source") sources.push(part.source);
      const chunk = writePart(part);
      if (chunk === "" || hasBegun) return chunk;
      hasBegun = true;
      return writeDelta({ role: "assistant", content: isRefusal === true ? null : "" }) + chunk;
    },
    watch: (bytes) => {
      if (!relayed && bytes.length > 0) relayed = copyBytes(bytes, mostHeadBytes);
    },
    end: () => "data: [DONE]\n\n",
  };
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
