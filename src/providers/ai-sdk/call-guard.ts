import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { ProviderContext } from "../provider.ts";

/** Ends a call at its deadline and when it is cancelled, whatever the model does: models may ignore their signal. */
export interface CallGuard {
  /** For the model. Aborts when the call ends early, for whatever reason. */
  readonly signal: AbortSignal;
  /**
   * Settles as the work does, or rejects as soon as the call has to end. One at a time.
   * @param drop gets what the work gives too late
   */
  wait<T>(work: () => T | PromiseLike<T>, drop?: (late: T) => void): Promise<T>;
  /** The call is over: nothing is waited for any more. */
  end(): void;
  /** Nobody wants the answer any more. */
  leave(): void;
}

/** `setTimeout` takes no more. */
const longestTimerMs = 2 ** 31 - 1;

export function createCallGuard(context: ProviderContext, clock: Clock, peer: string): CallGuard {
  const { signal, deadlineMs } = context;
  const controller = new AbortController();
  let failure: HeadgateError | undefined;
  let rejectWork: ((error: HeadgateError) => void) | undefined;

  function fail(error: HeadgateError): void {
    failure = error;
    end();
    rejectWork?.(error);
    controller.abort(error);
  }

  function onAbort(): void {
    const isLate = clock.now() >= deadlineMs;
    fail(HeadgateError.is(signal.reason) ? signal.reason : isLate ? toLate() : new HeadgateError("request_cancelled"));
  }

  function toLate(): HeadgateError {
    return new HeadgateError("deadline_exceeded", { detail: `${peer} did not answer in time.` });
  }

  function end(): void {
    cancelTimer();
    signal.removeEventListener("abort", onAbort);
  }

  const leftMs = deadlineMs - clock.now();
  const cancelTimer = clock.after(Math.min(Math.max(leftMs, 0), longestTimerMs), () => fail(toLate()));
  if (signal.aborted) onAbort();
  else if (leftMs <= 0) fail(toLate());
  else signal.addEventListener("abort", onAbort, { once: true });

  return {
    signal: controller.signal,
    end,
    leave: () => {
      end();
      controller.abort();
    },
    wait: (work, drop) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        rejectWork = reject;
        Promise.resolve()
          .then(work)
          .then((value) => {
            if (failure) drop?.(value);
            resolve(value);
          })
          .catch(reject);
      }),
  };
}
