import { setMaxListeners } from "node:events";
import type { Clock } from "./clock.ts";
import { HeadgateError } from "./errors.ts";

/** The calls at work in this process: how each may be ended early, and how all of them are at the end. */
export interface RunningCalls {
  /**
   * One signal for all ways a call can end early; its reason is the error to report. `end` lets go of it.
   * @throws HeadgateError `shutting_down`
   */
  readonly begin: (
    client: AbortSignal,
    timeoutMs: number,
  ) => { readonly signal: AbortSignal; readonly end: () => void };
  /** Refuses new calls, ends those at work with `shutting_down`, and waits for them, at most `timeoutMs`. Safe to call again. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

export function createRunningCalls(clock: Clock): RunningCalls {
  const running = new Set<AbortController>();
  const idle = Promise.withResolvers<void>();
  let isClosing = false;

  return {
    begin: (client, timeoutMs) => {
      if (isClosing) throw new HeadgateError("shutting_down");
      const controller = new AbortController();
      running.add(controller);
      // Each model call of a split input listens; their number is bounded elsewhere.
      setMaxListeners(0, controller.signal);
      const onClientGone = (): void => controller.abort(new HeadgateError("request_cancelled"));
      const cancelTimer = clock.after(timeoutMs, () => {
        controller.abort(
          new HeadgateError("deadline_exceeded", { detail: `The call took longer than ${timeoutMs} ms.` }),
        );
      });
      if (client.aborted) onClientGone();
      else client.addEventListener("abort", onClientGone, { once: true });
      return {
        signal: controller.signal,
        end: () => {
          cancelTimer();
          client.removeEventListener("abort", onClientGone);
          running.delete(controller);
          if (isClosing && running.size === 0) idle.resolve();
        },
      };
    },
    close: async (timeoutMs) => {
      isClosing = true;
      if (running.size === 0) return;
      const deadline = Promise.withResolvers<void>();
      const cancelTimer = clock.after(timeoutMs, deadline.resolve);
      for (const controller of running) controller.abort(new HeadgateError("shutting_down"));
      await Promise.race([idle.promise, deadline.promise]);
      cancelTimer();
    },
  };
}
