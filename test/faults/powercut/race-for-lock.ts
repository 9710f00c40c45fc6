import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "./random.ts";

export interface RaceOptions {
  readonly count: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

export interface RaceResult {
  readonly count: number;
  /** Races with exactly one winner, and exactly one heir where the winner was killed. */
  readonly singleWinners: number;
}

const racers = 4;
const tryMs = 60;

/** Lets four processes run for one folder's lock; kills half of the winners, and the others run for what they held. */
export async function raceForLock({ count, seed, print }: RaceOptions): Promise<RaceResult> {
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "headgate-race-"));
  let running = await Promise.all(Array.from({ length: racers }, () => startRacer(folder)));
  let singleWinners = 0;
  for (let race = 1; race <= count; race++) {
    const winners = await run(running);
    const isKilled = random() < 0.5;
    let heirs: ChildProcess[] = [];
    if (isKilled) {
      for (const winner of winners) await kill(winner);
      running = running.filter((racer) => !winners.includes(racer));
      heirs = await run(running);
    }
    if (winners.length === 1 && (!isKilled || heirs.length === 1)) singleWinners++;
    if (race % 10 === 0 || winners.length !== 1 || (isKilled && heirs.length !== 1)) {
      print(
        `race ${race}/${count}: ${winners.length} winner, ${isKilled ? `killed; ${heirs.length} heir` : "kept alive"}`,
      );
    }
    await Promise.all(running.map((racer) => ask(racer, "free")));
    while (running.length < racers) running.push(await startRacer(folder));
  }
  for (const racer of running) racer.disconnect();
  rmSync(folder, { recursive: true, force: true });
  return { count, singleWinners };
}

async function run(running: readonly ChildProcess[]): Promise<ChildProcess[]> {
  const answers = await Promise.all(running.map((racer) => ask(racer, "run")));
  return running.filter((_, at) => answers[at] === "won");
}

async function startRacer(folder: string): Promise<ChildProcess> {
  const racer = fork(new URL("./racer.ts", import.meta.url), [folder, String(tryMs)]);
  await nextMessage(racer);
  return racer;
}

async function ask(racer: ChildProcess, command: "run" | "free"): Promise<unknown> {
  const answer = nextMessage(racer);
  racer.send(command);
  return await answer;
}

function nextMessage(racer: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => racer.once("message", resolve));
}

async function kill(racer: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => racer.once("exit", resolve));
  racer.kill("SIGKILL");
  await ended;
}
