import { isRecord } from "../../json.ts";
import type { Part, TokenLogprob } from "../../reply.ts";
import { createCallReader } from "./call-reader.ts";
import { readLogprobs } from "./read-logprobs.ts";
import { readSources } from "./read-sources.ts";

/** Reads what the model says, piece by piece. */
export interface CandidateReader {
  /** Calls of the client's tools. */
  readonly callCount: number;
  /** @param parts of its content */
  read(candidate: Readonly<Record<string, unknown>>, parts: readonly Record<string, unknown>[]): Part[];
  /** What is still open. */
  end(): Part[];
}

export function createCandidateReader(): CandidateReader {
  const calls = createCallReader();
  const thoughts = createThoughtReader();
  const sources = createSourceReader();

  function readPart(part: Record<string, unknown>, logprobs: TokenLogprob[] | undefined, found: Part[]): void {
    const { text, functionCall } = part;
    const { thoughtSignature } = part;
    const signature = typeof thoughtSignature === "string" && thoughtSignature !== "" ? thoughtSignature : undefined;
    if (isRecord(functionCall)) {
      thoughts.close(undefined, found);
      calls.read(functionCall, signature, found);
    } else if (typeof text === "string") {
      if (part["thought"] === true) {
        thoughts.add(text, found);
        if (signature !== undefined) thoughts.close(signature, found);
        return;
      }
      // Text begins, or a signature stands alone after it: either way the thoughts before it are complete.
      if (text === "") {
        if (signature !== undefined) thoughts.close(signature, found);
        return;
      }
      const areOpen = thoughts.isOpen;
      if (areOpen) thoughts.close(signature, found);
      sources.addText(text);
      found.push({ type: "text", text, ...(logprobs ? { logprobs } : {}) });
      // A signature of thoughts that ended before must not cut the text in two.
      if (!areOpen) thoughts.close(signature, found);
    }
    // Generated images, code that Google ran, and calls of Google's own tools have no words here.
  }

  return {
    get callCount() {
      return calls.count;
    },
    read: ({ groundingMetadata, logprobsResult }, parts) => {
      const found: Part[] = [];
      let logprobs = logprobsResult === undefined ? undefined : readLogprobs(logprobsResult);
      for (const part of parts) {
        readPart(part, logprobs, found);
        // They are of the whole piece, so they go with its first text.
        if (found.at(-1)?.type === "text") logprobs = undefined;
      }
      if (isRecord(groundingMetadata)) sources.read(groundingMetadata, found);
      return found;
    },
    end: () => {
      const found: Part[] = [];
      thoughts.close(undefined, found);
      calls.close(found);
      return found;
    },
  };
}

/** Passes thoughts on as they come, and keeps them until their stretch ends. */
function createThoughtReader(): {
  readonly isOpen: boolean;
  add(text: string, found: Part[]): void;
  close(signature: string | undefined, found: Part[]): void;
} {
  let stretch = "";
  return {
    get isOpen() {
      return stretch !== "";
    },
    add: (text, found) => {
      if (text === "") return;
      stretch += text;
      found.push({ type: "reasoning", text });
    },
    close: (signature, found) => {
      if (stretch === "" && signature === undefined) return;
      const block = { vendor: "google", text: stretch, ...(signature === undefined ? {} : { signature }) } as const;
      found.push({ type: "reasoning-block", block });
      stretch = "";
    },
  };
}

/** Passes each source on once: Google repeats them in every piece. */
function createSourceReader(): {
  addText(text: string): void;
  read(metadata: Readonly<Record<string, unknown>>, found: Part[]): void;
} {
  const seen = new Set<string>();
  let answer = "";
  return {
    addText: (text) => {
      answer += text;
    },
    read: (metadata, found) => {
      for (const source of readSources(metadata, answer)) {
        if (seen.has(source.url)) continue;
        seen.add(source.url);
        found.push({ type: "source", source });
      }
    },
  };
}
