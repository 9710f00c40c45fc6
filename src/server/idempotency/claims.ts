import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { createRequestId } from "../../ids.ts";
import type { Claim, ClaimName, KeptAnswer, KnownClaim, Store } from "../../store/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { within } from "../within.ts";
import { createClaimQueue } from "./claim-queue.ts";

export type NewClaim = Omit<Claim, "owner">;

/** The keys that this process has claimed, and what is known of all others. */
export interface Claims {
  /** Resolves to whether the key is the claim's now, which is then committed. @throws HeadgateError `store_unavailable` */
  take(claim: NewClaim): Promise<boolean>;
  /** @throws HeadgateError `store_unavailable` */
  find(claim: NewClaim): Promise<KnownClaim | undefined>;
  /** Whether a claim that runs is at work in another process. */
  isAlive(known: KnownClaim): boolean;
  /** Never rejects. @param answer undefined: too large to be kept */
  settle(claim: NewClaim, answer: KeptAnswer | undefined): Promise<void>;
  /** Never rejects. */
  release(claim: NewClaim): Promise<void>;
  /** Says no more that the claims are alive. */
  close(): void;
}

export interface ClaimsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Longest that a request waits for the store, in milliseconds. */
const storeTimeoutMs = 5000;
/** How long a process that says nothing counts as alive: long enough for one that is busy or cut off for a while. */
const leaseMs = 30_000;
const renewalMs = 10_000;

export function createClaims(options: ClaimsOptions): Claims {
  return new StoredClaims(options);
}

class StoredClaims implements Claims {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #owner: string;
  readonly #commit: (claim: Claim) => Promise<boolean>;
  readonly #held = new Map<string, ClaimName>();
  #cancelRenewal: (() => void) | undefined;

  constructor({ store, clock, logger }: ClaimsOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#owner = createRequestId(clock.now());
    this.#commit = createClaimQueue((claims) => {
      const nowMs = clock.now();
      return store.claimKeys(claims, { nowMs, aliveUntilMs: nowMs + leaseMs });
    });
  }

  async take(claim: NewClaim): Promise<boolean> {
    const taking = this.#commit({ ...claim, owner: this.#owner });
    try {
      const isGranted = await within(this.#clock, storeTimeoutMs, taking);
      if (isGranted) this.#hold(claim);
      return isGranted;
    } catch (error) {
      // A statement that was late may still be carried out.
      taking.then((isGranted) => (isGranted ? this.release(claim) : undefined)).catch(() => {});
      throw explain(error);
    }
  }

  async find({ tenant, keySha256 }: NewClaim): Promise<KnownClaim | undefined> {
    try {
      const finding = this.#store.findClaim(tenant, keySha256, this.#clock.now());
      return await within(this.#clock, storeTimeoutMs, finding);
    } catch (error) {
      throw explain(error);
    }
  }

  // An embedded store has one process, so another one's claims are from before; and this one knows what it works on.
  isAlive({ owner, aliveUntilMs }: KnownClaim): boolean {
    return this.#store.kind === "postgres" && owner !== this.#owner && aliveUntilMs > this.#clock.now();
  }

  settle(claim: NewClaim, answer: KeptAnswer | undefined): Promise<void> {
    return this.#end(claim, this.#store.settleClaim(claim, answer, claim.expiresAtMs));
  }

  release(claim: NewClaim): Promise<void> {
    return this.#end(claim, this.#store.releaseClaim(claim));
  }

  close(): void {
    this.#cancelRenewal?.();
  }

  #hold(claim: NewClaim): void {
    this.#held.set(claim.run, claim);
    this.#cancelRenewal ??= this.#clock.after(renewalMs, this.#renew);
  }

  readonly #renew = (): void => {
    this.#cancelRenewal = undefined;
    if (this.#held.size === 0) return;
    this.#cancelRenewal = this.#clock.after(renewalMs, this.#renew);
    this.#store.renewClaims([...this.#held.values()], this.#clock.now() + leaseMs).catch((error: unknown) => {
      this.#logger.warn(
        { event: "idempotency.not_renewed", err: error },
        "Claims of idempotency keys could not be renewed; it is tried again.",
      );
    });
  };

  async #end({ run }: NewClaim, work: Promise<void>): Promise<void> {
    try {
      await within(this.#clock, storeTimeoutMs, work);
    } catch (error) {
      this.#logger.warn(
        { event: "idempotency.not_stored", err: error },
        "What became of a request with an Idempotency-Key could not be stored; its key is answered with idempotency_unknown.",
      );
    } finally {
      this.#held.delete(run);
    }
  }
}

function explain(error: unknown): unknown {
  if (!HeadgateError.is(error, "store_unavailable")) return error;
  return new HeadgateError("store_unavailable", {
    detail:
      "A request with an Idempotency-Key is carried out only while the store can remember it. Send it again later, or without the key.",
    cause: error,
  });
}
