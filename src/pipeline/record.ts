import type { AttemptNote, Call, CallNotes, Dialect } from "../call.ts";
import type { FinishReason, Outcome, Part } from "../reply.ts";
import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import type { Journal } from "../store/journal.ts";
import type { CallRecord } from "../store/store.ts";
import type { Stage } from "./stage.ts";
import { sumCost, type PriceOf } from "./sum-cost.ts";
import { watchParts } from "./watch-parts.ts";
import type { PartsEnd } from "./watch-parts.ts";

export interface RecordOptions {
  readonly journal: Pick<Journal, "append">;
  readonly clock: Clock;
  readonly priceOf: PriceOf;
  /** Called with every record, before it is stored: its cost takes the place of what the call had set aside. */
  readonly settle: (call: Call, record: CallRecord) => void;
  /** Called with every record, for the log line. */
  readonly onRecord: (record: CallRecord, error: HeadgateError | undefined) => void;
}

/** What a call ended in. */
type Ending =
  | { readonly type: "finished"; readonly reason: FinishReason; readonly outcome?: Outcome }
  | { readonly type: "failed"; readonly error: HeadgateError };

/** Outermost stage: every accepted call gives exactly one record, and it is safe before the client can see the answer's end. */
export function record(options: RecordOptions): Stage {
  const write = async (call: Call, ending: Ending): Promise<void> => {
    const nowMs = options.clock.now();
    const costMicroUsd = await sumCost(call, options.priceOf);
    const row = toRecord(call, ending, { nowMs, costMicroUsd });
    options.settle(call, row);
    options.onRecord(row, ending.type === "failed" ? ending.error : undefined);
    call.onUsed?.(row.inputTokens + row.outputTokens);
    await options.journal.append(row);
  };
  // A call that failed is reported with its own error, even if the journal fails as well.
  const writeFailure = (call: Call, error: HeadgateError): Promise<void> =>
    write(call, { type: "failed", error }).catch(() => {});

  return async (call, next) => {
    let reply;
    try {
      reply = await next(call);
    } catch (thrown) {
      // Bugs become `internal` here, where they are logged: whoever sees them later has nothing to add.
      const error = HeadgateError.from(thrown);
      await writeFailure(call, error);
      throw error;
    }
    if (reply.whole) {
      await write(call, { type: "finished", reason: reply.whole.finishReason, outcome: reply.whole.outcome });
      return reply;
    }
    let isWritten = false;
    const parts = watchParts(reply.parts, {
      onPart: (part: Part) => {
        if (part.type !== "finish") return undefined;
        isWritten = true;
        return write(call, { type: "finished", reason: part.reason, outcome: part.outcome });
      },
      onEnd: async (end) => {
        if (isWritten) return;
        const error = toFailure(end);
        await writeFailure(call, error);
        if (end.type === "done") throw error;
      },
    });
    return { parts };
  };
}

function toFailure(end: PartsEnd): HeadgateError {
  if (end.type === "failed") return HeadgateError.from(end.error);
  return new HeadgateError(end.type === "left" ? "request_cancelled" : "stream_cut");
}

interface Measured {
  readonly nowMs: number;
  readonly costMicroUsd: number | null;
}

function toRecord(call: Call, ending: Ending, { nowMs, costMicroUsd }: Measured): CallRecord {
  const { notes, endpoint } = call;
  return {
    requestId: call.requestId,
    startedAtMs: call.startedAtMs,
    durationMs: elapsedMs(call, nowMs),
    ...(notes.firstPartAtMs === undefined ? {} : { firstPartMs: elapsedMs(call, notes.firstPartAtMs) }),
    surface: toSurface(call),
    tenant: call.tenant,
    keyId: call.keyId,
    team: call.team,
    endpoint: endpoint?.name,
    contract: endpoint?.contract,
    promptVersion: notes.prompt?.version,
    promptSha256: notes.prompt?.sha256,
    snapshotId: call.snapshot.id,
    tier: notes.target?.tier,
    rule: notes.target?.rule,
    provider: notes.target?.provider,
    model: notes.target?.model,
    ...toStatus(ending),
    isStream: call.stream,
    ...sumUsage(notes),
    costMicroUsd,
    ...toReuse(notes),
    ...(notes.routing ? { ruleSet: notes.routing.version, routeFeatures: notes.routing.features } : {}),
    attempts: notes.attempts.length,
    ...(isPlain(notes.attempts) ? {} : { attemptDetails: notes.attempts }),
    ...(notes.rungs.length > 0 ? { rungs: notes.rungs } : {}),
  };
}

const surfaces = {
  "openai-chat": "chat",
  "openai-responses": "responses",
  "openai-embeddings": "embeddings",
  "openai-moderations": "moderations",
  "anthropic-messages": "messages",
} as const satisfies Record<Dialect, CallRecord["surface"]>;

function toSurface({ endpoint, task, foreign }: Call): CallRecord["surface"] {
  if (endpoint) return "endpoint";
  if (task?.type === "count-tokens") return "count-tokens";
  return foreign ? surfaces[foreign.dialect] : "chat";
}

/** One model call that went well: the record's other fields tell it all. */
function isPlain([first, ...others]: readonly AttemptNote[]): boolean {
  return first?.finishReason !== undefined && first.warnings === undefined && others.length === 0;
}

// Starts carry microseconds that the clock does not have.
function elapsedMs(call: Call, atMs: number): number {
  return Math.max(0, Math.round(atMs - call.startedAtMs));
}

function toReuse({
  cache,
}: CallNotes): Pick<CallRecord, "cache" | "savedInputTokens" | "savedOutputTokens" | "savedMicroUsd"> {
  const { status = "none", saved } = cache ?? {};
  if (!saved) return { cache: status };
  const { inputTokens, outputTokens, microUsd } = saved;
  return {
    cache: status,
    savedInputTokens: inputTokens,
    savedOutputTokens: outputTokens,
    ...(microUsd === null ? {} : { savedMicroUsd: microUsd }),
  };
}

type UsageFields = Pick<
  CallRecord,
  "inputTokens" | "outputTokens" | "cachedInputTokens" | "cacheWriteTokens" | "reasoningTokens" | "isUsageEstimated"
>;

function toStatus(ending: Ending): Pick<CallRecord, "status" | "errorCode" | "finishReason"> {
  if (ending.type === "finished") return { status: ending.outcome?.status ?? "ok", finishReason: ending.reason };
  const { code } = ending.error;
  return { status: code === "request_cancelled" ? "cancelled" : "error", errorCode: code };
}

function sumUsage({ attempts }: CallNotes): UsageFields {
  let [inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens] = [0, 0, 0, 0, 0];
  let isUsageEstimated = false;
  for (const { usage } of attempts) {
    if (!usage) continue;
    inputTokens += usage.inputTokens;
    outputTokens += usage.outputTokens;
    cachedInputTokens += usage.cachedInputTokens ?? 0;
    cacheWriteTokens += usage.cacheWriteTokens ?? 0;
    reasoningTokens += usage.reasoningTokens ?? 0;
    isUsageEstimated ||= usage.isEstimated === true;
  }
  return {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens > 0 ? { cachedInputTokens } : {}),
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
    ...(isUsageEstimated ? { isUsageEstimated } : {}),
  };
}
