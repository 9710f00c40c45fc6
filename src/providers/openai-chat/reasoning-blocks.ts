import { isRecord } from "../../json.ts";
import type { ReasoningBlock } from "../../message.ts";
import { asText } from "./read-message.ts";

/** Gathers what a message or its deltas say of reasoning into blocks that can be handed back. */
export interface ReasoningBlocks {
  /** @param reasoning what is shown of it, which counts where there are no `reasoning_details` */
  add(message: Readonly<Record<string, unknown>>, reasoning: string): void;
  /** The blocks since the last time; none if nothing came. */
  take(): readonly ReasoningBlock[];
}

interface OpenBlock {
  readonly index: unknown;
  readonly vendor: ReasoningBlock["vendor"];
  text: string;
  signature: string | undefined;
  encrypted: string | undefined;
  id: string | undefined;
}

export function createReasoningBlocks(): ReasoningBlocks {
  let open: OpenBlock[] = [];
  let plain = "";
  let hasDetails = false;

  function addDetail(detail: Record<string, unknown>): void {
    const index = detail["index"];
    const last = open.at(-1);
    // The pieces of one block share its index; where there is none, only what is sealed stands alone.
    const isMore = last !== undefined && last.index === index && (index !== undefined || detail["data"] === undefined);
    const block: OpenBlock = isMore ? last : newBlock(detail);
    if (!isMore) open.push(block);
    block.text += asText(detail["text"]) || asText(detail["summary"]);
    block.signature = asText(detail["signature"]) || block.signature;
    const data = asText(detail["data"]);
    if (data !== "") block.encrypted = (block.encrypted ?? "") + data;
    block.id ??= asText(detail["id"]) || undefined;
  }

  return {
    add: (message, reasoning) => {
      const details = message["reasoning_details"];
      if (Array.isArray(details)) {
        hasDetails ||= details.length > 0;
        for (const detail of details) if (isRecord(detail)) addDetail(detail);
      }
      plain += reasoning;
    },
    take: () => {
      const blocks = hasDetails ? open.map(toBlock) : plain === "" ? [] : [{ vendor: "other", text: plain } as const];
      open = [];
      plain = "";
      hasDetails = false;
      return blocks;
    },
  };
}

function newBlock(detail: Record<string, unknown>): OpenBlock {
  const vendor = toVendor(asText(detail["format"]));
  return { index: detail["index"], vendor, text: "", signature: undefined, encrypted: undefined, id: undefined };
}

function toVendor(format: string): ReasoningBlock["vendor"] {
  if (format.startsWith("anthropic")) return "anthropic";
  if (format.startsWith("openai")) return "openai";
  return format.startsWith("google") ? "google" : "other";
}

function toBlock({ vendor, text, signature, encrypted, id }: OpenBlock): ReasoningBlock {
  return {
    vendor,
    text,
    ...(signature === undefined ? {} : { signature }),
    ...(encrypted === undefined ? {} : { encrypted }),
    ...(id === undefined ? {} : { id }),
  };
}
