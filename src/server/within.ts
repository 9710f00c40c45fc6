import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";

/** Waits for the store no longer than `ms`. @throws HeadgateError `store_unavailable` */
export async function within<Result>(clock: Clock, ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => late.reject(new HeadgateError("store_unavailable")));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
    // It may still fail when nobody waits for it any more.
    work.catch(() => {});
  }
}
