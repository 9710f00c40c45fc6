import { chunkCases } from "./chunk-cases.ts";
import { median } from "./load.ts";

/**
 * CPU per event of a streamed answer, from the provider's bytes to the bytes for the client, without sockets. Cases take
 * turns in one process, so that noise hits all of them.
 */
const isShort = process.argv.includes("--short");
const rounds = isShort ? 5 : 25;
const runsPerRound = isShort ? 20 : 60;
// The short run is for telling gross slowdowns on a busy machine.
const slack = isShort ? 1.5 : 1;
const bars = { relay: 10 * slack, translation: 15 * slack };

const samples = new Map<string, number[]>();
for (const subject of chunkCases) for (let warmUp = 0; warmUp < 30; warmUp++) await subject.run();
for (let round = 0; round < rounds; round++) {
  for (const subject of chunkCases) {
    const { name, events } = subject;
    const start = process.cpuUsage();
    for (let count = 0; count < runsPerRound; count++) {
      if ((await subject.run()) === 0) throw new Error(`${name} sent nothing.`);
    }
    const { user, system } = process.cpuUsage(start);
    samples.set(name, [...(samples.get(name) ?? []), (user + system) / (runsPerRound * events)]);
  }
}

const results = [...samples].map(([name, micros]) => ({ name, micros: median(micros) }));
for (const { name, micros } of results) console.log(`${name.padEnd(48)} ${micros.toFixed(2)} us/event`);
const worst = (kind: string): number =>
  Math.max(...results.flatMap(({ name, micros }) => (name.startsWith(kind) ? [micros] : [])), 0);
const [relay, translation] = [worst("relay"), worst("translation")];
console.log(`bench:chunks: relay ${relay.toFixed(2)} us/event, translation ${translation.toFixed(2)} us/event`);
process.exitCode = relay <= bars.relay && translation <= bars.translation ? 0 : 1;
