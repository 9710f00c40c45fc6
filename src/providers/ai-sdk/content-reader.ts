import type { FinishReason, Part, Source, Usage } from "../../reply.ts";
import { isRecord } from "../../json.ts";
import type { SpecificationVersion } from "./foreign-model.ts";
import { passWarnings } from "./pass-warnings.ts";
import { readReasoning, readThoughtSignature } from "./reasoning-metadata.ts";
import { readUsage } from "./read-usage.ts";
import { toCut, toFailure, type FailureContext } from "./to-failure.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface ContentReaderOptions {
  readonly version: SpecificationVersion;
  /** The model's `provider`. */
  readonly provider: string;
  readonly failure: () => FailureContext;
  readonly warn: (warning: string) => void;
}

export interface AnswerEnd {
  readonly usage: Usage | undefined;
  readonly reason: FinishReason;
  readonly rawReason?: string;
}

interface OpenTool {
  readonly index: number;
  /** Text that is no JSON until the whole call comes. */
  readonly isText: boolean;
  hasArguments: boolean;
}

interface OpenReasoning {
  text: string;
  metadata: Record<string, unknown>;
}

/** Reads the parts of a streamed answer, and the content of a whole one, in all versions of the specification. */
export class ContentReader {
  /** Set once `finish` has been read. */
  end: AnswerEnd | undefined;
  readonly #options: ContentReaderOptions;
  readonly #tools = new Map<unknown, OpenTool>();
  readonly #reasoning = new Map<unknown, OpenReasoning>();
  #toolCallCount = 0;

  constructor(options: ContentReaderOptions) {
    this.#options = options;
  }

  /** @throws HeadgateError what an error part reports; `stream_cut` for a finish that says so */
  read(part: Fields): Part[] {
    switch (part["type"]) {
      case "text":
        return writeText(part["text"]);
      case "text-delta":
        return writeText(part["delta"]);
      case "text-end":
        return readCitations(part["citations"]);
      case "reasoning":
        return [...this.#extendReasoning({ ...part, id: "", delta: part["text"] }), ...this.#endReasoning({ id: "" })];
      case "reasoning-start":
      case "reasoning-delta":
        return this.#extendReasoning(part);
      case "reasoning-end":
        return this.#endReasoning(part);
      case "tool-input-start":
        return this.#beginTool(part);
      case "tool-input-delta":
        return this.#extendTool(part);
      case "tool-call":
        return this.#completeTool(part);
      case "source":
        return readSources(part).map((source) => ({ type: "source", source }));
      default:
        return this.#readOther(part);
    }
  }

  /** Ends a whole answer, or a stream at its `finish` part. */
  finish({ finishReason, usage: reported, providerMetadata: metadata }: Fields): AnswerEnd {
    const { version, provider } = this.#options;
    const usage = readUsage(reported, { version, provider, metadata });
    const unified = isRecord(finishReason) ? finishReason["unified"] : finishReason;
    const raw = isRecord(finishReason) ? finishReason["raw"] : undefined;
    const reason = reasons[String(unified)] ?? "other";
    const hasCalls = this.#toolCallCount > 0 && (reason === "stop" || reason === "other");
    const rawReason = typeof raw === "string" ? { rawReason: raw } : {};
    return { usage, reason: hasCalls ? "tool_calls" : reason, ...rawReason };
  }

  #readOther(part: Fields): Part[] {
    const { warn, provider, failure } = this.#options;
    switch (part["type"]) {
      case "stream-start":
        passWarnings(part["warnings"], provider, warn);
        return [];
      case "file":
      case "reasoning-file":
        warn("The answer holds a file, which is not passed on.");
        return [];
      case "error":
        throw toFailure(part["error"], failure());
      case "finish": {
        const end = this.finish(part);
        if (isCut(part["finishReason"], end)) throw toCut(failure().peer);
        this.end = end;
        return [];
      }
      default:
        // Metadata, pings, tools that the vendor runs, and what is yet to come.
        return [];
    }
  }

  #extendReasoning({ id, delta, providerMetadata }: Fields): Part[] {
    const known = this.#reasoning.get(id) ?? { text: "", metadata: {} };
    this.#reasoning.set(id, known);
    if (isRecord(providerMetadata)) known.metadata = { ...known.metadata, ...providerMetadata };
    if (typeof delta !== "string" || delta === "") return [];
    known.text += delta;
    return [{ type: "reasoning", text: delta }];
  }

  #endReasoning({ id, providerMetadata = {} }: Fields): Part[] {
    const known = this.#reasoning.get(id);
    this.#reasoning.delete(id);
    const block =
      known &&
      readReasoning(known.text, { ...known.metadata, ...(isRecord(providerMetadata) ? providerMetadata : {}) });
    return block ? [{ type: "reasoning-block", block }] : [];
  }

  #beginTool({ id, toolName, providerExecuted, inputEncoding }: Fields): Part[] {
    if (providerExecuted === true) return [];
    const tool = { index: this.#toolCallCount++, isText: inputEncoding === "text", hasArguments: false };
    this.#tools.set(id, tool);
    return [{ type: "tool-call", index: tool.index, id: asText(id), name: asText(toolName), arguments: "" }];
  }

  #extendTool({ id, delta }: Fields): Part[] {
    const tool = this.#tools.get(id);
    if (!tool || tool.isText || typeof delta !== "string" || delta === "") return [];
    tool.hasArguments = true;
    return [{ type: "tool-call", index: tool.index, arguments: delta }];
  }

  #completeTool({ toolCallId: id, toolName, input, providerExecuted, providerMetadata }: Fields): Part[] {
    if (providerExecuted === true) return [];
    const known = this.#tools.get(id);
    this.#tools.delete(id);
    const text = typeof input === "string" ? input : JSON.stringify(input ?? {});
    const signature = readThoughtSignature(providerMetadata);
    const sealed = signature === undefined ? {} : { signature };
    if (!known) {
      const index = this.#toolCallCount++;
      return [{ type: "tool-call", index, id: asText(id), name: asText(toolName), arguments: text, ...sealed }];
    }
    const rest = known.hasArguments ? "" : text;
    return rest === "" && signature === undefined
      ? []
      : [{ type: "tool-call", index: known.index, arguments: rest, ...sealed }];
  }
}

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
};

/** v4 says it. Before that a provider whose vendor gave no reason says nothing either, and has no usage. */
function isCut(finishReason: unknown, { usage, rawReason }: AnswerEnd): boolean {
  if (!isRecord(finishReason)) return finishReason === "unknown" && usage === undefined;
  const { unified } = finishReason;
  return unified === "interrupted" || (unified === "other" && rawReason === undefined && usage === undefined);
}

function writeText(text: unknown): Part[] {
  return typeof text === "string" && text !== "" ? [{ type: "text", text }] : [];
}

function readCitations(citations: unknown): Part[] {
  if (!Array.isArray(citations)) return [];
  return citations
    .filter(isRecord)
    .flatMap(({ source }) => (isRecord(source) ? readSources(source) : []))
    .map((source) => ({ type: "source", source }));
}

/** Documents have no address. */
function readSources({ sourceType, url, title }: Fields): Source[] {
  if (sourceType !== "url" || typeof url !== "string") return [];
  return [typeof title === "string" && title !== "" ? { url, title } : { url }];
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
