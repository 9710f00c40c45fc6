import { isRecord } from "../../json.ts";
import type { ReasoningBlock } from "../../message.ts";
import type { Part } from "../../reply.ts";

/** Reads one reasoning item: summaries, open reasoning, and what seals them. */
export interface ReasoningReader {
  /** @param piece which of the item's summaries or texts it continues */
  addText(piece: string, delta: string): Part[];
  /** The item is whole: what has not been streamed of it, and the block. */
  finish(item: Readonly<Record<string, unknown>>): Part[];
}

const pieceBreak = "\n\n";

export function createReasoningReader(vendor: ReasoningBlock["vendor"]): ReasoningReader {
  const charsOf = new Map<string, number>();
  let text = "";
  let isFinished = false;

  function addText(piece: string, delta: string): Part[] {
    if (delta === "" || isFinished) return [];
    const known = charsOf.get(piece);
    charsOf.set(piece, (known ?? 0) + delta.length);
    // Each summary begins with a heading; run together they could not be read.
    const said = known === undefined && text !== "" ? pieceBreak + delta : delta;
    text += said;
    return [{ type: "reasoning", text: said }];
  }

  function addRest(name: string, pieces: unknown): Part[] {
    if (!Array.isArray(pieces)) return [];
    return pieces.flatMap((piece: unknown, index) => {
      const whole = isRecord(piece) && typeof piece["text"] === "string" ? piece["text"] : "";
      return addText(`${name}${index}`, whole.slice(charsOf.get(`${name}${index}`) ?? 0));
    });
  }

  return {
    addText,
    finish: (item) => {
      if (isFinished) return [];
      const rest = [...addRest("summary", item["summary"]), ...addRest("content", item["content"])];
      isFinished = true;
      const block = toBlock(item, text, vendor);
      return block ? [...rest, { type: "reasoning-block", block }] : rest;
    },
  };
}

function toBlock(
  { id, encrypted_content: encrypted }: Readonly<Record<string, unknown>>,
  text: string,
  vendor: ReasoningBlock["vendor"],
): ReasoningBlock | undefined {
  const isSealed = typeof encrypted === "string" && encrypted !== "";
  const hasId = typeof id === "string" && id !== "";
  if (!isSealed && !hasId && text === "") return undefined;
  return {
    vendor,
    text,
    ...(isSealed ? { encrypted } : {}),
    ...(hasId ? { id } : {}),
  };
}
