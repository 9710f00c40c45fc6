import type { Call } from "./call.ts";
import type { Reply } from "./reply.ts";
import type { Clock } from "./clock.ts";
import type { LoadedEndpoint, Snapshot } from "./endpoint/snapshot.ts";
import { HeadgateError } from "./errors.ts";
import type { Caller, ModelCall, EndpointRequest, Gateway } from "./gateway.ts";
import type { Next } from "./pipeline/stage.ts";
import { watchParts } from "./pipeline/watch-parts.ts";
import { createRunningCalls } from "./running-calls.ts";
import type { RunningCalls } from "./running-calls.ts";

/** Deadline of calls in foreign dialects, which declare none; endpoints have their own. */
const modelTimeoutMs = 600_000;

export interface AcceptOptions {
  readonly currentSnapshot: () => Snapshot;
  /** The whole pipeline. */
  readonly run: Next;
  readonly clock: Clock;
}

export interface CallAcceptor extends Gateway {
  /** Lets go of the calls at work once their records are written. */
  readonly close: RunningCalls["close"];
}

/** Turns requests into calls: pins the snapshot, starts the one deadline, and lets go of both when the reply has ended. */
export function acceptCalls(options: AcceptOptions): CallAcceptor {
  const { currentSnapshot, run, clock } = options;
  const takeStart = createStartClock(clock);
  const running = createRunningCalls(clock);

  async function start(
    caller: Caller,
    timeoutMs: number,
    complete: (base: Omit<Call, "snapshot">) => Call,
  ): Promise<Reply> {
    const { signal, end } = running.begin(caller.signal, timeoutMs);
    const startedAtMs = takeStart();
    const call = complete({
      requestId: caller.requestId,
      startedAtMs,
      deadlineMs: startedAtMs + timeoutMs,
      signal,
      tenant: caller.tenant,
      keyId: caller.keyId,
      keyName: caller.keyName,
      team: caller.team,
      metadata: caller.metadata,
      cacheControl: caller.cacheControl,
      onUsed: caller.onUsed,
      messages: [],
      settings: {},
      stream: caller.stream,
      // One map for the whole call: pieces of its work have notes of their own, and share it.
      notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [], holds: new Map() },
    });
    try {
      const reply = await run(call);
      const { target, providerWarnings: warnings, cache } = call.notes;
      if (!reply.whole) return { parts: watchParts(reply.parts, { onEnd: end }), target, warnings, cache };
      end();
      return { ...reply, target, warnings, cache };
    } catch (error) {
      end();
      throw error;
    }
  }

  return {
    get snapshot() {
      return currentSnapshot();
    },
    callEndpoint: async (request) => {
      const snapshot = currentSnapshot();
      const endpoint = findEndpoint(snapshot, request);
      return start(request, endpoint.timeoutMs, (base) => ({ ...base, snapshot, endpoint, input: request.input }));
    },
    callModel: async (request) => {
      const snapshot = currentSnapshot();
      return start(request, modelTimeoutMs, (base) => ({ ...base, ...toModelFields(request), snapshot }));
    },
    close: running.close,
  };
}

function findEndpoint(snapshot: Snapshot, request: EndpointRequest): LoadedEndpoint {
  const endpoint = snapshot.endpoints.get(`${request.endpoint}/v${request.contract}`);
  if (endpoint) return endpoint;
  const known = [...snapshot.endpoints.keys()].map((key) => `/api/${key}`).join(", ");
  throw new HeadgateError("endpoint_not_found", { detail: `Known endpoints: ${known || "none"}.` });
}

function toModelFields(
  request: ModelCall,
): Pick<Call, "requestedModel" | "messages" | "settings" | "output" | "tools" | "task" | "foreign"> {
  return {
    requestedModel: request.model,
    messages: request.messages,
    settings: request.settings,
    output: request.output,
    tools: request.tools,
    task: request.task,
    foreign: request.foreign,
  };
}

/**
 * No two calls of a process start at the same moment, to the microsecond that Postgres keeps. A client may send the same
 * X-Request-Id again and again: id and start together still name one call, so none hides another's record.
 */
function createStartClock(clock: Clock): () => number {
  let lastMicros = 0;
  return () => {
    lastMicros = Math.max(clock.now() * 1000, lastMicros + 1);
    return lastMicros / 1000;
  };
}
