import type { KeyScope } from "../store/store.ts";
import type { AdmitHook } from "./admit-request.ts";
import type { Idempotency } from "./idempotency/idempotency.ts";
import type { KeyRing } from "./key-ring.ts";
import type { LimitedRoute } from "./limit-rate.ts";
import type { LoadGuard } from "./load-guard.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { ServerDependencies, ServerLimits } from "./server-dependencies.ts";
import type { StartQueue } from "./start-queue.ts";
import type { Traffic } from "./traffic.ts";

/** What routes work with: the server's dependencies and the parts it built from them. */
export interface ServerContext extends ServerDependencies {
  readonly limits: Required<Omit<ServerLimits, "maxRssBytes">>;
  readonly keys: KeyRing;
  readonly guard: LoadGuard;
  readonly starts: StartQueue;
  readonly traffic: Traffic;
  readonly limiter: RateLimiter;
  readonly idempotency: Idempotency;
  readonly startedAtMs: number;
  /** The hook that lets only callers with the scope in; with a route, only as many as the rate limits take. */
  readonly admit: (scope: KeyScope, route?: LimitedRoute) => AdmitHook;
}
