import type { Clock } from "../../clock.ts";

/** Reads by a name, of a place that may be slow. `read` never rejects. */
export type LookUp<Found> = (name: string, read: () => Promise<Found | undefined>) => Promise<Found | undefined>;

const waitMs = 25;
/** Those beyond find nothing at once: nobody is to wait in a crowd for what another can tell. */
const mostReads = 32;

/** Looks things up, each once for all who want it at the same time, and waits 25 ms at most. */
export function createLookUps<Found>(clock: Clock): LookUp<Found> {
  const known = new Map<string, Promise<Found | undefined>>();
  let readsAtWork = 0;

  return (name, read) => {
    const underWay = known.get(name);
    if (underWay) return underWay;
    if (readsAtWork >= mostReads) return Promise.resolve(undefined);
    readsAtWork++;
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(waitMs, () => late.resolve(undefined));
    const reading = read().finally(() => readsAtWork--);
    const looking = Promise.race([reading, late.promise]).finally(() => {
      cancel();
      known.delete(name);
    });
    known.set(name, looking);
    return looking;
  };
}
