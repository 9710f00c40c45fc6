import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../clock.ts";
import { sha256 } from "../ids.ts";
import { openStore } from "../store/connect.ts";
import { ownMigrations, readMigrations } from "../store/migrate.ts";

/** A folder of its own for a test. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

export function createTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "headgate-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * A folder with an empty embedded store: a copy, which takes a tenth of a second where a first start takes seconds. The
 * original is kept in node_modules/.cache.
 */
export async function createStoreFolder(): Promise<TemporaryFolder> {
  const folder = createTemporaryFolder();
  cpSync(await prepareOriginal(), folder.path, { recursive: true });
  return folder;
}

async function prepareOriginal(): Promise<string> {
  const original = join(import.meta.dirname, "../../node_modules/.cache/headgate", `store-${nameContent()}`);
  if (existsSync(original)) return original;
  mkdirSync(dirname(original), { recursive: true });
  const unfinished = mkdtempSync(`${original}-`);
  const store = await openStore({ folder: unfinished, clock: systemClock });
  await store.close();
  try {
    renameSync(unfinished, original);
  } catch {
    // Another test process was faster.
    rmSync(unfinished, { recursive: true, force: true });
  }
  return original;
}

/** Names what the original is made of, so that a change makes a new one. */
function nameContent(): string {
  const engine = readFileSync(
    join(import.meta.dirname, "../../node_modules/@electric-sql/pglite/package.json"),
    "utf8",
  );
  const schema = readMigrations(ownMigrations).map((migration) => migration.sha256);
  return sha256([engine, ...schema].join("\n")).slice(0, 16);
}
