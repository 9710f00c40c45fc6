import { replayAdapters } from "./adapters.ts";
import { loadRecordings, type Recording } from "./recording.ts";
import { createReplayer } from "./replay.ts";

// Replays every recording and prints the count for each vendor. Ends with the figure; exits with 1 below 100 %.

interface Count {
  total: number;
  equal: number;
  deliberate: number;
}

const recordings = loadRecordings();
if (!recordings) console.log("There are no recordings on this machine: those written by hand are replayed.");
const replayer = await createReplayer();
const counts = new Map<string, Count>();
const replayed = new Set<Recording>();
for (const adapter of replayAdapters) {
  const covered = recordings?.filter((recording) => adapter.covers(recording)) ?? adapter.handWritten;
  for (const recording of covered) {
    replayed.add(recording);
    const key = `${adapter.name} / ${recording.provider}`;
    const count = counts.get(key) ?? { total: 0, equal: 0, deliberate: 0 };
    counts.set(key, count);
    count.total++;
    const differences = await replayer.replay(adapter, recording);
    const reason = adapter.differences?.[recording.id];
    if (differences.length === 0) count.equal++;
    else if (reason !== undefined) count.deliberate++;
    for (const difference of differences) console.log(`${recording.id}: ${difference}${reason ? ` (${reason})` : ""}`);
  }
}
await replayer.close();

for (const [key, { total, equal, deliberate }] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(
    `${key.padEnd(40)} ${equal} of ${total} equal${deliberate > 0 ? `, ${deliberate} deliberately not` : ""}`,
  );
}
const left = recordings?.filter((recording) => !replayed.has(recording)) ?? [];
if (left.length > 0) {
  const kinds = Map.groupBy(left, ({ provider, meta }) => `${provider} ${meta.endpoint}`);
  console.log(`Without an adapter: ${[...kinds].map(([kind, { length }]) => `${kind} (${length})`).join(", ")}`);
}
const sum = [...counts.values()].reduce((all, { total, equal, deliberate }) => ({
  total: all.total + total,
  equal: all.equal + equal,
  deliberate: all.deliberate + deliberate,
}));
console.log(`replay: ${sum.equal} of ${sum.total} equal, ${sum.deliberate} deliberately not`);
process.exitCode = sum.equal + sum.deliberate === sum.total ? 0 : 1;
