import type { Workload } from "./workload.ts";

/** What the techniques find in a workload, as shares of its requests. */
export interface WorkloadShape {
  readonly requests: number;
  readonly items: number;
  /** Asked before by the same tenant, word for word but for blanks. Twins aside. */
  readonly exactRepeats: number;
  /** Asked before by the same tenant, in other words or capitals. */
  readonly rewordings: number;
  /** At the same moment as another that is the same. */
  readonly twins: number;
}

export function describeWorkload({ items, bursts }: Workload): WorkloadShape {
  const texts = new Set<string>();
  const matters = new Set<string>();
  const counts = { requests: 0, exactRepeats: 0, rewordings: 0, twins: 0 };
  for (const burst of bursts) {
    const { item, text, tenant } = burst[0]!;
    const typed = `${tenant} ${text.replaceAll(/\s+/g, " ").trim()}`;
    const meant = `${tenant} ${item.id}`;
    counts.requests += burst.length;
    counts.twins += burst.length - 1;
    if (texts.has(typed)) counts.exactRepeats++;
    else if (matters.has(meant)) counts.rewordings++;
    texts.add(typed);
    matters.add(meant);
  }
  const { requests, exactRepeats, rewordings, twins } = counts;
  return {
    requests,
    items: items.length,
    exactRepeats: exactRepeats / requests,
    rewordings: rewordings / requests,
    twins: twins / requests,
  };
}
