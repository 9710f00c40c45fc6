import type { Claim } from "../../store/store.ts";

const mostAtOnce = 500;

interface Waiting extends PromiseWithResolvers<boolean> {
  readonly claim: Claim;
}

/**
 * Commits claims in groups: those of one turn of the event loop together, and while a group is on its way the next one
 * gathers. Each resolves to whether it was granted.
 * @param commit resolves to the runs that were granted
 */
export function createClaimQueue(
  commit: (claims: readonly Claim[]) => Promise<ReadonlySet<string>>,
): (claim: Claim) => Promise<boolean> {
  const waiting: Waiting[] = [];
  let isAtWork = false;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, mostAtOnce);
      try {
        const granted = await commit(group.map(({ claim }) => claim));
        for (const { claim, resolve } of group) resolve(granted.has(claim.run));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isAtWork = false;
  }

  return (claim) => {
    const entry = { claim, ...Promise.withResolvers<boolean>() };
    waiting.push(entry);
    if (!isAtWork) {
      isAtWork = true;
      setImmediate(() => void work());
    }
    return entry.promise;
  };
}
