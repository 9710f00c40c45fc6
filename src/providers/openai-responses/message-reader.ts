import { isRecord } from "../../json.ts";
import type { Part } from "../../reply.ts";
import { readLogprobs, readSource } from "./read-annotations.ts";

/** Reads the texts, refusals and citations of one message item. */
export interface MessageReader {
  addText(contentIndex: unknown, delta: string, logprobs?: unknown): Part[];
  addRefusal(contentIndex: unknown, delta: string): Part[];
  addAnnotation(contentIndex: unknown, annotation: unknown): Part[];
  /** A piece of content is whole: what has not been streamed of it. */
  finishContent(contentIndex: unknown, content: Readonly<Record<string, unknown>>): Part[];
  /** The item is whole: what has not been streamed of it. */
  finish(item: Readonly<Record<string, unknown>>): Part[];
}

/** What all messages of an answer add up to. */
export interface SaidText {
  chars: number;
  isRefusal: boolean;
}

interface Content {
  readonly offset: number;
  chars: number;
  annotations: number;
}

export function createMessageReader(said: SaidText): MessageReader {
  const contents = new Map<unknown, Content>();

  function find(index: unknown): Content {
    const known = contents.get(index);
    if (known) return known;
    const content: Content = { offset: said.chars, chars: 0, annotations: 0 };
    contents.set(index, content);
    return content;
  }

  function addText(index: unknown, delta: string, logprobs?: unknown): Part[] {
    if (delta === "") return [];
    find(index).chars += delta.length;
    said.chars += delta.length;
    const read = readLogprobs(logprobs);
    return [read ? { type: "text", text: delta, logprobs: read } : { type: "text", text: delta }];
  }

  function addRefusal(index: unknown, delta: string): Part[] {
    said.isRefusal = true;
    const hasText = addText(index, delta).length > 0;
    return hasText ? [{ type: "text", text: delta, isRefusal: true }] : [];
  }

  function addAnnotation(index: unknown, annotation: unknown): Part[] {
    const content = find(index);
    content.annotations++;
    const source = readSource(annotation, content.offset);
    return source ? [{ type: "source", source }] : [];
  }

  function finishContent(index: unknown, content: Readonly<Record<string, unknown>>): Part[] {
    const { type, text, refusal, annotations, logprobs } = content;
    const known = find(index);
    if (type === "refusal") return addRefusal(index, typeof refusal === "string" ? refusal.slice(known.chars) : "");
    if (typeof text !== "string") return [];
    // Log-probabilities belong to whole texts here; those of streamed ones came with their pieces.
    const rest = addText(index, text.slice(known.chars), known.chars === 0 ? logprobs : undefined);
    const uncited = Array.isArray(annotations) ? annotations.slice(known.annotations) : [];
    return [...rest, ...uncited.flatMap((annotation) => addAnnotation(index, annotation))];
  }

  return {
    addText,
    addRefusal,
    addAnnotation,
    finishContent,
    finish: ({ content }) => {
      if (!Array.isArray(content)) return [];
      return content.flatMap((piece: unknown, index) => (isRecord(piece) ? finishContent(index, piece) : []));
    },
  };
}
