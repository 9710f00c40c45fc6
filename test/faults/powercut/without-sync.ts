import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";

/** PGlite as it comes, for the proof that the drill finds what it looks for. */
export async function openWithoutSync(folder: string): Promise<(ids: readonly string[]) => Promise<void>> {
  const engine = await PGlite.create(join(folder, "pgdata-18"));
  await engine.exec("create table if not exists headgate_requests (request_id uuid primary key, filler text)");
  return async (ids) => {
    const sql = "insert into headgate_requests select id, repeat('s', 400) from unnest($1::uuid[]) as given (id)";
    await engine.query(sql, [ids]);
  };
}
