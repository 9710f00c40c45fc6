import type { Clock } from "../../clock.ts";
import type { AnswerKey } from "./answer-key.ts";

/** Looks one thing up. Resolves to undefined if it is not there, or not in time. */
export type LookUp<Found> = (key: AnswerKey) => Promise<Found | undefined>;

export interface LookUpsOptions<Found> {
  readonly clock: Clock;
  /** What is there of each, in order. Never rejects. */
  readonly read: (keys: readonly AnswerKey[]) => Promise<readonly (Found | undefined)[]>;
}

interface Wanted<Found> {
  readonly key: AnswerKey;
  readonly resolve: (found: Found | undefined) => void;
  isLate: boolean;
}

const waitMs = 25;
/** A read takes more than what it reads: while these are under way, what else is wanted waits for the next one. */
const mostReads = 2;
const mostKeysOfRead = 64;
/** Those beyond find nothing at once: nobody is to wait in a crowd for what the model can tell. */
const mostWanted = 1000;

/** Looks things up, each once for all who want it at the same time, many in one read, and waits 25 ms at most for each. */
export function createLookUps<Found>({ clock, read }: LookUpsOptions<Found>): LookUp<Found> {
  const known = new Map<string, Promise<Found | undefined>>();
  let waiting: Wanted<Found>[] = [];
  let readsAtWork = 0;

  function readNext(): void {
    waiting = waiting.filter(({ isLate }) => !isLate);
    if (readsAtWork >= mostReads || waiting.length === 0) return;
    const wanted = waiting.splice(0, mostKeysOfRead);
    readsAtWork++;
    void read(wanted.map(({ key }) => key)).then((found) => {
      for (const [index, { resolve }] of wanted.entries()) resolve(found[index]);
      readsAtWork--;
      readNext();
    });
  }

  return (key) => {
    const underWay = known.get(key.hash);
    if (underWay) return underWay;
    if (known.size >= mostWanted) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<Found | undefined>();
    const wanted: Wanted<Found> = { key, resolve, isLate: false };
    const cancel = clock.after(waitMs, () => {
      wanted.isLate = true;
      resolve(undefined);
    });
    const looking = promise.finally(() => {
      cancel();
      known.delete(key.hash);
    });
    known.set(key.hash, looking);
    waiting.push(wanted);
    readNext();
    return looking;
  };
}
