import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "./random.ts";
import { nameRow } from "./row-id.ts";

export interface CutOptions {
  readonly count: number;
  /** `default`: PGlite's own file system, to prove that the drill finds losses. */
  readonly mode: "durable" | "default";
  readonly seed: number;
  readonly print: (line: string) => void;
}

export interface CutResult {
  readonly count: number;
  readonly unopenable: number;
  readonly acknowledged: number;
  readonly lost: number;
}

// A first start makes about 1,500 writes; one cut in five falls into it.
const firstStartWrites = 1500;
const laterWrites = 6000;
const cutLimitMs = 120_000;

/** Cuts the power of a writer again and again, and looks each time whether all that it promised is there. */
export async function cutPowerRepeatedly({ count, mode, seed, print }: CutOptions): Promise<CutResult> {
  const random = createRandom(seed);
  const result = { count, unopenable: 0, acknowledged: 0, lost: 0 };
  let folder = mkdtempSync(join(tmpdir(), "headgate-powercut-"));
  let promised = new Set<string>();
  for (let cut = 0; cut < count; cut++) {
    const isFirstStart = cut % 5 === 0;
    if (isFirstStart) {
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(join(tmpdir(), "headgate-powercut-"));
      promised = new Set();
    }
    const range = isFirstStart && cut % 10 === 0 ? firstStartWrites : laterWrites;
    const cutAt = 1 + Math.floor(random() * range);
    const acknowledged = await runWriter({ folder, cut, cutAt, seed: Math.floor(random() * 1e9), mode });
    for (const id of acknowledged) promised.add(id);
    const found = readBack(folder, mode);
    const lost = found ? [...promised].filter((id) => !found.has(id)).length : promised.size;
    result.acknowledged += acknowledged.length;
    result.lost += lost;
    if (!found) result.unopenable++;
    print(
      `cut ${cut + 1}/${count} at write ${cutAt}${isFirstStart ? " of a new folder" : ""}: ` +
        `${acknowledged.length} rows acknowledged, ${found ? `${lost} of ${promised.size} lost` : "UNOPENABLE"}`,
    );
    // Each loss counts once.
    promised = new Set([...promised].filter((id) => found?.has(id)));
    if (!found) {
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(join(tmpdir(), "headgate-powercut-"));
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return result;
}

interface WriterOptions {
  readonly folder: string;
  readonly cut: number;
  readonly cutAt: number;
  readonly seed: number;
  readonly mode: string;
}

async function runWriter({ folder, cut, cutAt, seed, mode }: WriterOptions): Promise<string[]> {
  const root = join(folder, "store");
  mkdirSync(root, { recursive: true });
  const writer = spawn(
    process.execPath,
    [new URL("./writer.ts", import.meta.url).pathname, root, String(cut), String(seed), mode],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: `--import=${new URL("./unsynced-disk.ts", import.meta.url).href}`,
        HEADGATE_CUT_ROOT: root,
        HEADGATE_CUT_AT: String(cutAt),
        HEADGATE_CUT_SEED: String(seed),
        HEADGATE_CUT_THREAD: mode === "default" ? "main" : "worker",
      },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: cutLimitMs,
    },
  );
  let acknowledged = "";
  writer.stdout.setEncoding("utf8").on("data", (text: string) => {
    acknowledged += text;
  });
  const signal = await new Promise((resolve) => writer.once("close", (_code, by) => resolve(by)));
  if (signal !== "SIGKILL") throw new Error(`The writer ended by itself (${String(signal)}).`);
  return acknowledged
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => {
      const [batch = 0, rows = 0] = line.split(" ").map(Number);
      return Array.from({ length: rows }, (_, row) => nameRow(cut, batch, row));
    });
}

/** The ids of all rows in the folder; undefined if it does not open. */
function readBack(folder: string, mode: string): Set<string> | undefined {
  const reader = spawnSync(
    process.execPath,
    [new URL("./reader.ts", import.meta.url).pathname, join(folder, "store"), mode],
    {
      encoding: "utf8",
      maxBuffer: 1024 * 1024 * 1024,
      timeout: cutLimitMs,
    },
  );
  if (reader.status !== 0) {
    console.error(reader.stderr.split("\n").findLast((line) => /^\S*Error/.test(line)) ?? reader.stderr);
    return undefined;
  }
  return new Set(reader.stdout.split("\n").filter((id) => id !== ""));
}
