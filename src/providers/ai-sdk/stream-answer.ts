import type { Part } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { CallGuard } from "./call-guard.ts";
import type { ContentReader } from "./content-reader.ts";
import type { PartSource } from "./part-source.ts";
import { toCut, toFailure, type FailureContext } from "./to-failure.ts";

export interface StreamedAnswer {
  readonly source: PartSource;
  readonly reader: ContentReader;
  readonly guard: CallGuard;
  readonly failure: () => FailureContext;
}

/**
 * The parts of a streamed answer, for one reader. Resolves once the model has streamed something, which is its
 * warnings as a rule. Parts that came before a failure are passed on first. @throws HeadgateError
 */
export async function streamAnswer(answer: StreamedAnswer): Promise<AsyncIterable<Part>> {
  const { source, guard } = answer;
  let parts: Part[] = [];
  let at = 0;
  let isOver = false;
  let error: HeadgateError | undefined;

  async function readMore(): Promise<void> {
    parts = [];
    at = 0;
    try {
      isOver = await readPart(answer, parts);
    } catch (thrown) {
      isOver = true;
      error = toStreamFailure(thrown, answer.failure());
    }
    if (!isOver) return;
    if (error) guard.leave();
    else guard.end();
    source.cancel();
  }

  await readMore();
  if (error && parts.length === 0) throw error;
  const iterator: AsyncIterator<Part> = {
    next: async () => {
      while (at === parts.length && !isOver) await readMore();
      const value = parts[at];
      if (value !== undefined) {
        at++;
        return { done: false, value };
      }
      const failure = error;
      error = undefined;
      if (failure) throw failure;
      return { done: true, value: undefined };
    },
    return: () => {
      if (!isOver) {
        guard.leave();
        source.cancel();
      }
      isOver = true;
      error = undefined;
      parts = [];
      at = 0;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** Adds what the next part says; true at the answer's end. */
async function readPart({ source, reader, guard, failure }: StreamedAnswer, parts: Part[]): Promise<boolean> {
  const part = await guard.wait(() => source.next());
  if (part === undefined) throw toCut(failure().peer);
  if (!isRecord(part)) return false;
  parts.push(...reader.read(part));
  if (!reader.end) return false;
  const { usage, reason, rawReason } = reader.end;
  if (usage) parts.push({ type: "usage", usage });
  parts.push({ type: "finish", reason, ...(rawReason === undefined ? {} : { rawReason }) });
  return true;
}

/** A connection that breaks once the answer has begun is a cut stream. */
function toStreamFailure(thrown: unknown, context: FailureContext): HeadgateError {
  if (HeadgateError.is(thrown)) return thrown;
  const isStatus = isRecord(thrown) && Number(thrown["statusCode"]) >= 400;
  const failure = toFailure(thrown, context);
  return failure.code === "provider_unavailable" && !isStatus ? toCut(context.peer) : failure;
}
