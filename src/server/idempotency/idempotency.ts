import type { FastifyReply, FastifyRequest } from "fastify";
import { HeadgateError } from "../../errors.ts";
import type { KeptAnswer } from "../../store/store.ts";
import type { AnswerSink } from "../answer-sink.ts";
import { reportBug, toErrorAnswer, type ErrorShape } from "../send-error.ts";
import type { ServerContext } from "../server-context.ts";
import { createClaims, type Claims, type NewClaim } from "./claims.ts";
import { findAfter, readLastEventId, type EventId } from "./event-ids.ts";
import { isKeptFailure } from "./is-kept-failure.ts";
import { createKeepingSink, type KeepingSink } from "./keeping-sink.ts";
import { nameRequest } from "./name-request.ts";
import { readIdempotencyKey } from "./read-idempotency-key.ts";
import { refuseConflict, refuseMismatch, refuseUnknown } from "./refusals.ts";
import { sendKept } from "./send-kept.ts";

/** How a route answers, and tells of failures. */
export interface AnsweringRoute {
  readonly shape: ErrorShape;
  readonly answer: (request: FastifyRequest, sink: AnswerSink) => Promise<void>;
}

/** Carries requests with an Idempotency-Key out once, and gives all others of the key the same answer. */
export interface Idempotency {
  /**
   * Its work goes on when the client is gone.
   * @throws HeadgateError `idempotency_*`, `store_unavailable`, `overloaded`, or what the route throws
   */
  answer(exchange: KeyedExchange): Promise<void>;
  /** Resolves when nothing is carried out any more, and what became of it is stored. */
  untilIdle(): Promise<void>;
  close(): void;
}

interface KeyedExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: AnsweringRoute;
}

export type IdempotencyContext = Pick<ServerContext, "gateway" | "store" | "clock" | "logger" | "limits">;

/** Of an answer that is kept, and of what a stream holds for clients that are behind. */
const mostAnswerBytes = 1024 * 1024;
const defaultRetentionHours = 24;
const hourMs = 3_600_000;
const retryAfterMs = 1000;

/** A request that this process carries out, or whose end it stores. */
interface Running {
  readonly claim: NewClaim;
  /** Set once its key is claimed. */
  sink?: KeepingSink;
  /** Set once it has its answer; undefined in it: too large to be kept. */
  end?: { readonly kept: KeptAnswer | undefined };
}

export function createIdempotency(context: IdempotencyContext): Idempotency {
  return new KeyedAnswers(context);
}

class KeyedAnswers implements Idempotency {
  readonly #context: IdempotencyContext;
  readonly #claims: Claims;
  /** By the hash of their keys. */
  readonly #running = new Map<string, Running>();
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(context: IdempotencyContext) {
    this.#context = context;
    this.#claims = createClaims(context);
  }

  async answer(exchange: KeyedExchange): Promise<void> {
    const { request, reply } = exchange;
    const key = readIdempotencyKey(request.headers["idempotency-key"] ?? "");
    const lastEvent = readLastEventId(request.headers["last-event-id"]);
    const claim = nameRequest(request, key, this.#findExpiry());
    const running = this.#running.get(claim.keySha256);
    if (running) return this.#join(running, claim, { reply, lastEvent });
    // Who has events of an answer wants the rest of that one, and nothing to be carried out.
    const taken = lastEvent ? undefined : await this.#take(claim);
    return taken ? this.#carryOut(taken, exchange) : this.#recall(claim, { reply, lastEvent });
  }

  async untilIdle(): Promise<void> {
    if (this.#running.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  close(): void {
    this.#claims.close();
  }

  #findExpiry(): number {
    const { clock, gateway } = this.#context;
    return clock.now() + (gateway.snapshot.idempotencyHours ?? defaultRetentionHours) * hourMs;
  }

  async #take(claim: NewClaim): Promise<Running | undefined> {
    // What outlives its connection is bounded here.
    if (this.#running.size >= this.#context.limits.maxInFlight) throw new HeadgateError("overloaded", { retryAfterMs });
    const running: Running = { claim };
    this.#running.set(claim.keySha256, running);
    let isGranted = false;
    try {
      isGranted = await this.#claims.take(claim);
    } finally {
      if (!isGranted) this.#drop(running);
    }
    return isGranted ? running : undefined;
  }

  async #join(running: Running, claim: NewClaim, asked: Asked): Promise<void> {
    const { reply, lastEvent } = asked;
    const { run, requestSha256 } = running.claim;
    if (requestSha256 !== claim.requestSha256) throw refuseMismatch();
    if (running.end) return replay(running.end.kept, run, asked);
    const stream = running.sink?.stream;
    if (!lastEvent || !stream) throw refuseConflict();
    const place = { after: lastEvent.number, isReplayed: true };
    const following = lastEvent.run === run ? stream.follow(reply.raw, place) : undefined;
    if (!following) throw refuseUnknown("no-stream");
    await following;
  }

  /** Answers from what another process, or an earlier one, has left. */
  async #recall(claim: NewClaim, asked: Asked): Promise<void> {
    const known = await this.#claims.find(claim);
    // Without one, the key was freed a moment ago.
    if (!known) throw asked.lastEvent ? refuseUnknown("no-stream") : refuseConflict();
    if (known.requestSha256 !== claim.requestSha256) throw refuseMismatch();
    if (known.state !== "running") replay(known.answer, known.run, asked);
    else throw this.#claims.isAlive(known) ? refuseConflict() : refuseUnknown("interrupted");
  }

  async #carryOut(running: Running, { request, reply, route }: KeyedExchange): Promise<void> {
    const { context, run } = { context: this.#context, run: running.claim.run };
    const sink = createKeepingSink({ context, response: reply.raw, run, mostBytes: mostAnswerBytes });
    running.sink = sink;
    // Its client may leave: what was paid for is there when it comes back.
    request.cancellation = new AbortController().signal;
    try {
      await route.answer(request, sink);
    } catch (thrown) {
      sink.stream?.abandon();
      const error = HeadgateError.from(thrown);
      if (!isKeptFailure(error)) {
        // Before the client knows: it may try again at once.
        await this.#release(running);
        throw thrown;
      }
      reportBug(context.logger, thrown, request.id);
      const kept = { ...toErrorAnswer(error, route.shape, request.id), isStream: false };
      void this.#settle(running, kept);
      if (!reply.raw.destroyed) sendKept(reply.raw, kept, { isReplayed: false });
      return;
    }
    const failure = sink.stream?.failure;
    void (failure && !isKeptFailure(failure) ? this.#release(running) : this.#settle(running, sink.toKept()));
    await sink.delivered;
  }

  async #settle(running: Running, kept: KeptAnswer | undefined): Promise<void> {
    running.end = { kept };
    await this.#claims.settle(running.claim, kept);
    this.#drop(running);
  }

  async #release(running: Running): Promise<void> {
    await this.#claims.release(running.claim);
    this.#drop(running);
  }

  #drop({ claim }: Running): void {
    this.#running.delete(claim.keySha256);
    if (this.#running.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}

/** What a client asks for of an answer that is there. */
interface Asked {
  readonly reply: FastifyReply;
  readonly lastEvent: EventId | undefined;
}

function replay(kept: KeptAnswer | undefined, run: string, { reply, lastEvent }: Asked): void {
  if (!kept) throw refuseUnknown("unkept");
  const isResumed = lastEvent !== undefined && kept.isStream;
  const from = isResumed && lastEvent.run === run ? findAfter(kept.body, lastEvent) : undefined;
  if (isResumed && from === undefined) throw refuseUnknown("no-stream");
  if (!reply.raw.destroyed) sendKept(reply.raw, kept, { from, isReplayed: true });
}
