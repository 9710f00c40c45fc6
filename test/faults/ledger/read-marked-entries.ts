import { setTimeout as sleep } from "node:timers/promises";
import type { HostileEntry } from "../../../src/testing/hostile-provider/hostile-ledger.ts";
import type { HostileProcess } from "../hostile-process.ts";

/** What the provider has written and charged for one request. */
export interface Charged {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costMicroUsd: number;
  /** All of it was written. */
  readonly isWhole: boolean;
}

export interface MarkedEntries {
  /** By the ids in the questions, once nothing more comes. */
  finish(): Promise<ReadonlyMap<string, Charged>>;
}

const pauseMs = 400;
const lastLooks = 100;

/** Follows the provider's ledger while it still has the bodies, which name the requests: it forgets the older ones. */
export function readMarkedEntries(upstream: HostileProcess, inputMicroUsd: number): MarkedEntries {
  const ids = new Map<number, string>();
  const charged = new Map<string, Charged>();
  let isOver = false;
  let after = 0;

  /** Returns how many of the entries are still open. */
  async function look(): Promise<number> {
    const entries = await upstream.readLedger(after, true);
    for (const entry of entries) {
      const id = ids.get(entry.id) ?? /Call ([0-9a-f-]{36}):/.exec(JSON.stringify(entry.json) ?? "")?.[1];
      if (id !== undefined) ids.set(entry.id, id);
    }
    const firstOpen = entries.findIndex(({ end }) => end === "open");
    const ended = firstOpen === -1 ? entries : entries.slice(0, firstOpen);
    for (const entry of ended) {
      const id = ids.get(entry.id);
      ids.delete(entry.id);
      if (id === undefined) throw new Error(`Request ${entry.id} at the provider names no call.`);
      charged.set(id, add(charged.get(id), entry, inputMicroUsd));
    }
    after = ended.at(-1)?.id ?? after;
    return entries.length - ended.length;
  }

  async function follow(): Promise<void> {
    for (;;) {
      if (isOver) return;
      await look();
      await sleep(pauseMs);
    }
  }
  const following = follow();

  return {
    finish: async () => {
      isOver = true;
      await following;
      for (let looks = 0; (await look()) > 0; looks++) {
        if (looks === lastLooks) throw new Error("The provider still answers.");
        await sleep(pauseMs);
      }
      return charged;
    },
  };
}

function add(known: Charged | undefined, entry: HostileEntry, inputMicroUsd: number): Charged {
  const { inputTokens, outputTokens, end, dialect } = entry;
  // Its ledger charges the input with the first token of an answer, and vectors have none.
  const costMicroUsd = dialect === "openai-embeddings" ? inputTokens * inputMicroUsd : entry.costMicroUsd;
  return {
    inputTokens: (known?.inputTokens ?? 0) + inputTokens,
    outputTokens: (known?.outputTokens ?? 0) + outputTokens,
    costMicroUsd: (known?.costMicroUsd ?? 0) + costMicroUsd,
    isWhole: (known?.isWhole ?? true) && end === "finished",
  };
}
