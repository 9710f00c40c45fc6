import { cutPowerRepeatedly } from "./powercut/cut-power.ts";
import { raceForLock } from "./powercut/race-for-lock.ts";

/**
 * The embedded store under simulated power cuts, and its lock under races.
 * node test/faults/drill-powercut.ts [--short] [--without-fsync] [--seed=1]
 */
const isShort = process.argv.includes("--short");
const mode = process.argv.includes("--without-fsync") ? "default" : "durable";
const seed = Number(
  process.argv.find((argument) => argument.startsWith("--seed="))?.slice(7) ?? Date.now() % 1_000_000,
);
const print = (line: string): void => console.log(line);

print(`seed ${seed}${mode === "default" ? ", with PGlite's own file system, which does not sync" : ""}`);
const cuts = await cutPowerRepeatedly({ count: isShort ? 4 : 30, mode, seed, print });
const races = await raceForLock({ count: isShort ? 10 : 60, seed, print });
const isGood = cuts.unopenable === 0 && cuts.lost === 0 && races.singleWinners === races.count;
process.exitCode = isGood ? 0 : 1;
print(
  `powercut: ${cuts.count} cuts, ${cuts.unopenable} unopenable, ${cuts.lost} of ${cuts.acknowledged} acknowledged rows lost; ` +
    `lock: ${races.count} races, ${races.singleWinners} single winners`,
);
