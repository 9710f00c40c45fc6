import type { CacheControl, CacheStatus, Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { EndpointReuse } from "../../endpoint/snapshot.ts";
import { HeadgateError, type ErrorCode } from "../../errors.ts";
import type { Completion, Reply } from "../../reply.ts";
import { joinCacheNote } from "../join-notes.ts";
import type { Next, Stage } from "../stage.ts";
import { sumCost, type PriceOf } from "../sum-cost.ts";
import type { AnswerCache, CacheRules } from "./answer-cache.ts";
import { toAnswerKey, type AnswerKey } from "./answer-key.ts";
import { findReuse } from "./find-reuse.ts";
import { Flight } from "./flight.ts";
import { fromShared, toCompletion, toShared, type KeptAnswer, type SavedUsage } from "./kept-answer.ts";
import { mayKeep } from "./may-keep.ts";
import type { LogRoom } from "./part-log.ts";
import { replayAnswer } from "./replay-answer.ts";

/** Finds kept answers of requests that mean the same in other words. */
export interface SemanticIndex {
  /** The key of such an answer, of the same tenant. Undefined: none is near enough. Never rejects. */
  findSimilar(call: Call, key: AnswerKey): Promise<AnswerKey | undefined>;
  /** An answer to the call is kept by the key from now on. */
  add(call: Call, key: AnswerKey): void;
}

export interface ReuseReplyOptions {
  readonly answers: AnswerCache;
  readonly clock: Clock;
  readonly priceOf: PriceOf;
  /** Absent: only the same request is answered again. */
  readonly semantic?: SemanticIndex;
}

const defaultMemoryBytes = 64 * 1024 * 1024;
const maxLogsBytes = 64 * 1024 * 1024;

/**
 * Answers a request from what was answered before, or together with those that ask for the same at this moment: where its
 * endpoint, or the project for foreign dialects, has it so. Only a request that is the same by its key, tenant included, is
 * the same request.
 */
export function reuseReply(options: ReuseReplyOptions): Stage {
  const sharing = new Sharing(options);
  return (call, next) => {
    const reuse = findReuse(call);
    if (reuse) return sharing.answer(call, next, reuse);
    return call.cacheControl?.onlyIfCached === true ? Promise.reject(notCached()) : next(call);
  };
}

function notCached(): HeadgateError {
  const detail = "The request wants a kept answer or none (Cache-Control: only-if-cached).";
  return new HeadgateError("not_cached", { detail });
}

/** Failures that are about whoever the execution was begun for, and not about what was asked. */
const ownFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["budget_exceeded", "rate_limited", "price_unknown"]);

class Sharing {
  readonly #options: ReuseReplyOptions;
  /** Under way, by hash of the key; those of calls at work, so their number is bounded as theirs. */
  readonly #flights = new Map<string, Flight>();
  readonly #room: LogRoom = { leftBytes: maxLogsBytes };

  constructor(options: ReuseReplyOptions) {
    this.#options = options;
  }

  async answer(call: Call, next: Next, reuse: EndpointReuse): Promise<Reply> {
    const key = toAnswerKey(call.tenant, call);
    const control = call.cacheControl ?? {};
    const sinceMs = toSinceMs(this.#options.clock.now(), reuse, control);
    if (control.noCache !== true) {
      const found = this.#options.answers.find(key, sinceMs, toRules(call));
      const kept = found instanceof Promise ? await found : found;
      if (kept) return this.#give(call, kept, "hit");
    }
    const flight = this.#findFlight(call, key, control);
    if (!flight && reuse.semantic && control.noCache !== true) {
      const kept = await this.#findSimilar(call, key, sinceMs);
      if (kept) return this.#give(call, kept, "semantic");
    }
    if (control.onlyIfCached === true) throw notCached();
    if (control.noStore !== true) return this.#share(call, next, { key, reuse, control });
    joinCacheNote(call.notes, { status: "bypass" });
    return next(call);
  }

  #give(call: Call, kept: KeptAnswer, status: CacheStatus): Reply {
    const { notes, stream } = call;
    const { createdAtMs, target, took, warnings } = kept;
    const nowMs = this.#options.clock.now();
    const ageSeconds = Math.max(0, Math.floor((nowMs - createdAtMs) / 1000));
    joinCacheNote(notes, { status, ageSeconds, saved: took });
    if (notes.target) notes.target = { ...notes.target, ...target };
    notes.providerWarnings.push(...warnings);
    notes.firstPartAtMs ??= nowMs;
    return replayAnswer(toCompletion(kept), stream);
  }

  async #findSimilar(call: Call, key: AnswerKey, sinceMs: number): Promise<KeptAnswer | undefined> {
    const { semantic, answers } = this.#options;
    const similar = await semantic?.findSimilar(call, key);
    return similar?.tenant === key.tenant ? answers.find(similar, sinceMs, toRules(call)) : undefined;
  }

  #findFlight(call: Call, { hash }: AnswerKey, { noCache, noStore, onlyIfCached }: CacheControl): Flight | undefined {
    if (noCache === true || noStore === true || onlyIfCached === true) return undefined;
    const flight = this.#flights.get(hash);
    return flight?.canJoin(call) === true ? flight : undefined;
  }

  /** Together with twins that are under way, or as the first that later ones join. */
  async #share(call: Call, next: Next, asked: Asked): Promise<Reply> {
    const { cache } = call.notes;
    for (;;) {
      const twin = this.#findFlight(call, asked.key, asked.control);
      const flight = twin ?? this.#begin(call, next, asked);
      const reader = flight.read(call);
      joinCacheNote(call.notes, { status: twin ? "join" : asked.control.noCache === true ? "bypass" : "miss" });
      try {
        return await reader.reply();
      } catch (error) {
        const isOthers = HeadgateError.is(error) && ownFailures.has(error.code);
        if (!twin || !(isOthers || reader.isUntold) || call.signal.aborted) throw error;
        // One of those that waited is the first now, and the others join it.
        call.notes.cache = cache;
      }
    }
  }

  #begin(call: Call, next: Next, asked: Asked): Flight {
    const { hash } = asked.key;
    const flight = new Flight({
      call,
      next,
      clock: this.#options.clock,
      room: this.#room,
      onEnd: async (ended, sum) => {
        const took = await this.#measure(ended.call);
        if (sum) this.#keep(ended.call, sum(), took, asked);
        if (this.#flights.get(hash) === ended) this.#flights.delete(hash);
        return took;
      },
    });
    this.#flights.set(hash, flight);
    return flight;
  }

  async #measure(call: Call): Promise<SavedUsage> {
    const microUsd = await sumCost(call, this.#options.priceOf);
    let [inputTokens, outputTokens] = [0, 0];
    for (const { usage } of call.notes.attempts) {
      inputTokens += usage?.inputTokens ?? 0;
      outputTokens += usage?.outputTokens ?? 0;
    }
    return { inputTokens, outputTokens, microUsd };
  }

  #keep(call: Call, completion: Completion, took: SavedUsage, { key, reuse }: Asked): void {
    if (!mayKeep(call, completion)) return;
    const { answers, clock, semantic } = this.#options;
    const { provider, model } = call.notes.target!;
    const createdAtMs = clock.now();
    const warnings = call.notes.providerWarnings;
    const shared = fromShared(toShared(completion));
    const answer: KeptAnswer = { createdAtMs, target: { provider, model }, ...shared, warnings, took };
    const isKept = answers.keep(key, answer, createdAtMs + reuse.ttlSeconds * 1000, toRules(call));
    if (isKept && reuse.semantic) semantic?.add(call, key);
  }
}

interface Asked {
  readonly key: AnswerKey;
  readonly reuse: EndpointReuse;
  readonly control: CacheControl;
}

function toRules({ snapshot: { reuse = {} } }: Call): CacheRules {
  return { maxMemoryBytes: reuse.maxMemoryBytes ?? defaultMemoryBytes, isStored: reuse.isStored ?? true };
}

/** When an answer must have been given to be used now. */
function toSinceMs(nowMs: number, { ttlSeconds }: EndpointReuse, { maxAgeSeconds = Infinity }: CacheControl): number {
  // One that is exactly as old as it may be is still good for max-age; its time to live is over.
  return Math.max(nowMs - ttlSeconds * 1000 + 1, nowMs - maxAgeSeconds * 1000);
}
