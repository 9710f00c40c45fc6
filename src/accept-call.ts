import { setMaxListeners } from "node:events";
import type { Call, CallNotes, Reply } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { LoadedEndpoint, Snapshot } from "./endpoint/snapshot.ts";
import { HeadgateError } from "./errors.ts";
import type { Caller, ChatRequest, EndpointRequest, Gateway } from "./gateway.ts";
import type { Next } from "./pipeline/stage.ts";
import { watchParts } from "./pipeline/watch-parts.ts";

/** Deadline of chat relays, which declare none; endpoints have their own. */
const chatTimeoutMs = 600_000;

export interface AcceptOptions {
  readonly currentSnapshot: () => Snapshot;
  /** The whole pipeline. */
  readonly run: Next;
  readonly clock: Clock;
}

export interface CallAcceptor extends Gateway {
  /** Refuses new calls, ends those at work with `shutting_down`, and waits for their records, at most `timeoutMs`. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

/** Turns requests into calls: pins the snapshot, starts the one deadline, and lets go of both when the reply has ended. */
export function acceptCalls(options: AcceptOptions): CallAcceptor {
  const { currentSnapshot, run, clock } = options;
  const takeStart = createStartClock(clock);
  const running = new Set<RunningCall>();
  let isClosing = false;
  return {
    get snapshot() {
      return currentSnapshot();
    },
    callEndpoint: async (request) => {
      const snapshot = currentSnapshot();
      const endpoint = findEndpoint(snapshot, request);
      return start(request, endpoint.timeoutMs, (base) => ({ ...base, snapshot, endpoint, input: request.input }));
    },
    chat: async (request) => {
      const snapshot = currentSnapshot();
      return start(request, chatTimeoutMs, (base) => ({ ...base, ...toChatFields(request), snapshot }));
    },
    close: async (timeoutMs) => {
      isClosing = true;
      const late = Promise.withResolvers<void>();
      const cancelTimer = clock.after(timeoutMs, late.resolve);
      const endings = [...running].map((call) => {
        call.abort(new HeadgateError("shutting_down"));
        return call.ended;
      });
      await Promise.race([Promise.all(endings), late.promise]);
      cancelTimer();
    },
  };

  async function start(
    caller: Caller,
    timeoutMs: number,
    complete: (base: Omit<Call, "snapshot">) => Call,
  ): Promise<Reply> {
    if (isClosing) throw new HeadgateError("shutting_down");
    const startedAtMs = takeStart();
    const { signal, abort, unbind } = bindSignal(caller.signal, clock, timeoutMs);
    const ended = Promise.withResolvers<void>();
    const current = { abort, ended: ended.promise };
    running.add(current);
    const release = (): void => {
      unbind();
      running.delete(current);
      ended.resolve();
    };
    const call = complete({
      requestId: caller.requestId,
      startedAtMs,
      deadlineMs: startedAtMs + timeoutMs,
      signal,
      tenant: caller.tenant,
      keyId: caller.keyId,
      messages: [],
      settings: {},
      stream: caller.stream,
      notes: createNotes(),
    });
    try {
      const reply = await run(call);
      if (!reply.whole) return { parts: watchParts(reply.parts, { onEnd: release }) };
      release();
      return reply;
    } catch (error) {
      release();
      throw error;
    }
  }
}

interface RunningCall {
  readonly abort: (reason: HeadgateError) => void;
  readonly ended: Promise<void>;
}

function findEndpoint(snapshot: Snapshot, request: EndpointRequest): LoadedEndpoint {
  const endpoint = snapshot.endpoints.get(`${request.endpoint}/v${request.contract}`);
  if (endpoint) return endpoint;
  const known = [...snapshot.endpoints.keys()].map((key) => `/api/${key}`).join(", ");
  throw new HeadgateError("endpoint_not_found", { detail: `Known endpoints: ${known || "none"}.` });
}

function toChatFields(
  request: ChatRequest,
): Pick<Call, "requestedModel" | "messages" | "settings" | "output" | "tools" | "foreign"> {
  return {
    requestedModel: request.model,
    messages: request.messages,
    settings: request.settings,
    output: request.output,
    tools: request.tools,
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

function createNotes(): CallNotes {
  return { nextReason: "first", attempts: [], rungs: [], warnings: [] };
}

interface BoundSignal {
  readonly signal: AbortSignal;
  readonly abort: (reason: HeadgateError) => void;
  readonly unbind: () => void;
}

/** One signal for both ways a call can end early; its reason is the error to report. */
function bindSignal(client: AbortSignal, clock: Clock, timeoutMs: number): BoundSignal {
  const controller = new AbortController();
  // Each model call of a split input listens; their number is bounded elsewhere.
  setMaxListeners(0, controller.signal);
  const onClientGone = (): void => controller.abort(new HeadgateError("request_cancelled"));
  const cancelTimer = clock.after(timeoutMs, () => {
    controller.abort(new HeadgateError("deadline_exceeded", { detail: `The call took longer than ${timeoutMs} ms.` }));
  });
  if (client.aborted) onClientGone();
  else client.addEventListener("abort", onClientGone, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unbind: () => {
      cancelTimer();
      client.removeEventListener("abort", onClientGone);
    },
  };
}
