import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { pino } from "pino";
import { systemClock } from "../../../src/clock.ts";
import { openEmbedded } from "../../../src/store/embedded/open-embedded.ts";

/**
 * Opens a folder after a cut and prints the id of every row in it.
 * node reader.ts <folder> durable|default
 */
const [folder = "", mode = "durable"] = process.argv.slice(2);
const hasTableSql = "select to_regclass('headgate_requests') is not null as found";
const idsSql = "select request_id from headgate_requests";

const ids = mode === "default" ? await readDefault() : await readDurable();
process.stdout.write(`${ids.join("\n")}\n`);

async function readDurable(): Promise<string[]> {
  const log = pino({ enabled: false });
  const database = await openEmbedded({ folder, clock: systemClock, log, statementLimitMs: 60_000 });
  const [table] = await database.query<{ found: boolean }>({ text: hasTableSql });
  const rows = table?.found ? await database.query<{ request_id: string }>({ text: idsSql }) : [];
  // Reads every page, and with it its checksum.
  await database.query({ text: "vacuum (disable_page_skipping)" });
  await database.close();
  return rows.map((row) => row.request_id);
}

async function readDefault(): Promise<string[]> {
  const engine = await PGlite.create(join(folder, "pgdata-18"));
  const { rows: found } = await engine.query<{ found: boolean }>(hasTableSql);
  const { rows } = found[0]?.found ? await engine.query<{ request_id: string }>(idsSql) : { rows: [] };
  await engine.close();
  return rows.map((row) => row.request_id);
}
