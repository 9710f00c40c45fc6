import type { Call, CallNotes } from "../../call.ts";
import { collect, type Reply } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { joinNotes } from "../join-notes.ts";
import type { Next } from "../stage.ts";
import { measurePieces, packPieces, type CountTokens } from "./split-text.ts";
import { replaceText, type TextField } from "./text-fields.ts";

export interface MapReduceOptions {
  readonly call: Call;
  /** The field that is split; the other fields go with every chunk. */
  readonly field: TextField;
  /** Tokens that the field may have in one model call. */
  readonly maxTokens: number;
  readonly countTokens: CountTokens;
  readonly next: Next;
}

/** Of one request, in all rounds: more cost more than anyone expects of one request. */
const maxChunks = 64;
const maxRounds = 3;
const maxAtOnce = 3;

/**
 * Answers for a text that is too long for one call: asks for each chunk, then once more with the answers as the text.
 * Only that last call streams.
 * @throws HeadgateError `input_too_long` if it would take more than 64 chunks, or the answers do not get shorter.
 */
export async function mapReduce({ call, field, maxTokens, countTokens, next }: MapReduceOptions): Promise<Reply> {
  let { text } = field;
  let chunksLeft = maxChunks;
  for (let round = 0; round < maxRounds; round++) {
    const chunks = packPieces(await measurePieces(text, maxTokens, countTokens), maxTokens);
    if (chunks.length > chunksLeft) throw tooLong(`Splitting it takes more than ${maxChunks} chunks.`);
    chunksLeft -= chunks.length;
    if (round === 0) call.notes.warnings.push(`input_split:${chunks.length}`);
    const answers = await askForChunks(call, field, chunks, next);
    text = answers.map(toPlainText).join("\n\n");
    if ((await countTokens(text)) > maxTokens) continue;
    throwIfAborted(call.signal);
    call.notes.nextReason = "chunk";
    return next({ ...call, input: replaceText(call.input, field.path, text) });
  }
  throw tooLong("Even the answers for its chunks are too long for one call.");
}

async function askForChunks(call: Call, field: TextField, chunks: readonly string[], next: Next): Promise<unknown[]> {
  const answers: unknown[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  let nextIndex = 0;
  const work = async (): Promise<void> => {
    while (nextIndex < chunks.length) {
      throwIfAborted(signal);
      const index = nextIndex++;
      const input = replaceText(call.input, field.path, chunks[index]!);
      answers[index] = await askForChunk({ ...call, input, signal, stream: false }, next);
    }
  };
  const workers = Array.from({ length: Math.min(maxAtOnce, chunks.length) }, work);
  try {
    await Promise.all(workers);
  } finally {
    // After a failure the others' answers are of no use; their notes still belong to the record.
    stop.abort(new HeadgateError("request_cancelled"));
    await Promise.allSettled(workers);
  }
  return answers;
}

// Chunks run side by side, so each takes its own notes, which join the call's when it ends.
async function askForChunk(call: Call, next: Next): Promise<unknown> {
  const notes: CallNotes = {
    ...call.notes,
    nextReason: "chunk",
    attempts: [],
    rungs: [],
    warnings: [],
    cache: undefined,
  };
  try {
    const { outcome } = await collect(await next({ ...call, notes }));
    return outcome?.output;
  } finally {
    joinNotes(call.notes, notes);
  }
}

/** Output fields as a model reads them best: names and values, lists as lists. */
function toPlainText(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `- ${toInline(item)}`).join("\n");
  if (!isRecord(value)) return toInline(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${Array.isArray(inner) ? `\n${toPlainText(inner)}` : toInline(inner)}`)
    .join("\n");
}

function toInline(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw HeadgateError.is(signal.reason)
    ? signal.reason
    : new HeadgateError("request_cancelled", { cause: signal.reason });
}

function tooLong(detail: string): HeadgateError {
  return new HeadgateError("input_too_long", { detail });
}
